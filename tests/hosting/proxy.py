"""A real nginx with the project's own configuration, a certificate of its own making and one or more app servers."""

import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.browser.browse import PATIENCE_S, counted, free_port, listens
from ui.files import ROOT

TEMPLATE = ROOT / "hosting" / "nginx.conf.template"
AROUND = """
daemon off; master_process on; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    types {{ }} default_type text/plain;
    include {folder}/site.conf;
}}
"""


def filled_in(values: dict[str, str]) -> str:
    """The configuration as nginx's image would fill it in."""
    return re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], TEMPLATE.read_text())


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine, good for a day, and its key."""
    pem, key = folder / "camadas.pem", folder / "camadas.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(pem), "-keyout", str(key)]
    subprocess.run(command, check=True, capture_output=True)
    return pem, key


def trusting(pem: Path) -> ssl.SSLContext:
    """Accepts this certificate and no other."""
    return ssl.create_default_context(cafile=str(pem))


@contextmanager
def proxied(folder: Path, servers: Sequence[str], base: str = "") -> Iterator[tuple[str, Path]]:
    """nginx before the servers, until the block ends; gives the app's address, with its base path, and the certificate.

    Args:
        folder: for its files.
        servers: addresses, http://127.0.0.1:PORT.
        base: path under which the app is, with slashes around it or without.
    """
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    assert found, "nginx is not installed: run `make test-hosting`"
    pem, key = certificate(folder)
    port = free_port()
    values = {
        "HOSTING_SERVERS": " ".join(
            f"server {urlsplit(server).netloc} max_fails=3 fail_timeout=2s;" for server in servers
        ),
        "HOSTING_PORT": str(port),
        "HOSTING_NAME": "127.0.0.1",
        "HOSTING_BASE": base,
        "HOSTING_CERTIFICATE": str(pem),
        "HOSTING_KEY": str(key),
    }
    (folder / "site.conf").write_text(filled_in(values))
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
    command = [found, "-c", str(folder / "nginx.conf"), "-p", str(folder)]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    process = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not listens(port):
            assert process.poll() is None, (folder / "error.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)  # between two looks at a server that is starting
        yield f"https://127.0.0.1:{port}/{base.strip('/')}".rstrip("/"), pem
    finally:
        process.terminate()
        process.wait(timeout=20)


def sessions(server: str) -> float:
    """How many visitors a server has."""
    return counted(server)["camadas_sessions", "active"]
