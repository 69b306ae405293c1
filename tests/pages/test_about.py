"""About: what is kept, every network's card, the licences; what an operator opens, says and closes."""

from types import SimpleNamespace

from streamlit.testing.v1 import AppTest

from core.checkpoints import names
from tests.pages.visit import open_page, translate
from ui.catalog import PAGES
from ui.files import ROOT


def shell(**query: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "ui" / "shell" / "main.py"), default_timeout=60)
    for name, value in query.items():
        at.query_params[name] = value
    return at.run()


def words(at: AppTest) -> str:
    return "\n".join(element.value for element in at.markdown)


def test_it_says_how_long_a_photo_is_kept(monkeypatch):
    monkeypatch.setenv("CAMADAS_SESSION_KEPT_S", "90")
    assert "90 seconds" in words(open_page("about"))
    assert "90 segundos" in words(open_page("about", "pt"))


def test_it_says_who_computes(monkeypatch):
    assert "nothing is sent to one" in words(open_page("about"))
    monkeypatch.setattr("core.about.host", lambda: SimpleNamespace(engine="ray", session_kept_s=60.0))
    assert "computes with others" in words(open_page("about"))
    assert "calcula junto com outros" in words(open_page("about", "pt"))


def test_it_has_every_network_and_its_card():
    at = open_page("about", about_tab="Networks")
    assert not at.exception
    assert at.selectbox(key="about_card").options == names()
    assert all(name in words(at) for name in names())
    assert "| right in 92.1 % | 4,608,824 |" in words(at)
    at.selectbox(key="about_card").set_value("vae_photos").run()
    assert "n_code 128, likelihood gaussian" in words(at)
    assert not at.exception


def test_it_has_the_licences():
    assert "torch, torchvision" in words(open_page("about", about_tab="Licences"))


def test_the_operators_words_are_shown(monkeypatch):
    monkeypatch.setenv("CAMADAS_GREETING", "Welcome, class 9b")
    monkeypatch.setenv("CAMADAS_FOOTER", "Run by the school")
    at = shell()
    assert not at.exception
    assert "Welcome, class 9b" in words(at)
    assert "Run by the school" in words(at)


def test_they_stand_at_the_foot_of_about_too_which_does_not_lead_to_itself(monkeypatch):
    def about() -> None:
        from ui.page import foot

        foot(is_about=True)

    assert not AppTest.from_function(about).run().main.children
    monkeypatch.setenv("CAMADAS_FOOTER", "Run by the school")
    at = AppTest.from_function(about).run()
    assert words(at) == "Run by the school"
    assert not at.get("page_link")


def test_one_language_needs_no_switch(monkeypatch):
    monkeypatch.setenv("CAMADAS_LANGUAGES", "pt")
    at = shell(lang="en")
    assert translate(PAGES[0].promise, "pt") in words(at)
    assert not [group for group in at.sidebar.get("button_group") if group.key == "language_switch"]


def test_only_open_pages_are_offered(monkeypatch):
    monkeypatch.setenv("CAMADAS_PAGES", "moons,colorization")
    at = shell()
    assert not at.exception
    assert [header.value for header in at.subheader] == ["Networks", "Projects"]
