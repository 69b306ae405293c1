"""What the tests of pages do: open a page, give it a photo, read its figures."""

from streamlit.testing.v1 import AppTest

from tests.messages import read
from ui.files import ROOT

PORTUGUESE = {message.id: message.string for message in read()}


def translate(message: str, language: str) -> str:
    return PORTUGUESE[message] if language == "pt" else message


def open_page(slug: str, language: str = "en", **query: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "pages" / f"{slug}.py"), default_timeout=60)
    at.session_state["language"] = language
    for name, value in query.items():
        at.query_params[name] = value
    return at.run()


def upload(at: AppTest, data: bytes, name: str = "photo.png", mime: str = "image/png") -> AppTest:
    at.button(key="photo_picker_page").click().run()
    return at.file_uploader[0].set_value((name, data, mime)).run()


def metrics(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}
