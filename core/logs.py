"""The log: lines of text, or of JSON for whoever collects them; never a photo, a file's name or an address."""

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

from core.host import host

ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b(?:[0-9a-fA-F]{0,4}:){3,7}[0-9a-fA-F]{0,4}\b")
reference: ContextVar[str] = ContextVar("reference", default="")  # of the request that is answered
QUIET = ("uvicorn", "streamlit", "camadas", "alembic", "optuna", "ray")


class Lines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, who says it, what, and under which reference."""
        found = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": without_addresses(record.getMessage()),
            "reference": getattr(record, "reference", "") or reference.get(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            found["traceback"] = without_addresses(self.formatException(record.exc_info))
        return json.dumps(found)


def without_addresses(text: str) -> str:
    """A text in which no address of the network is left.

    >>> without_addresses("refused 192.0.2.7:443 and 2001:db8::1")
    'refused …:443 and …'
    """
    return ADDRESS.sub("…", text)


def begin() -> None:
    """Let all that is logged go through `Lines`, where the operator wants them."""
    if host().log != "json":
        logging.getLogger("camadas.requests").setLevel(logging.WARNING)
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.root.handlers = [handler]
    logging.root.setLevel(logging.INFO)
    logging.getLogger("uvicorn.access").disabled = True  # ui.gate says it, without addresses
    logging.getLogger("uvicorn.error").addFilter(_is_no_socket)
    for name in list(logging.root.manager.loggerDict):
        if name.startswith(QUIET):
            logger = logging.getLogger(name)
            logger.handlers, logger.propagate = [], True


def _is_no_socket(record: logging.LogRecord) -> bool:
    """Uvicorn's word of a WebSocket has its whole path, a run's token included; ui.gate says it without."""
    return "WebSocket" not in record.getMessage()
