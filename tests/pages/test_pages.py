"""Every page of the catalog, in both languages, through Streamlit's own test runner."""

import importlib

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core import checkpoints
from tests.pages.visit import needed_by, open_page, other_value, translate
from ui.catalog import ALL, PAGES
from ui.files import ROOT

SLUGS = [page.slug for page in PAGES]
EVERY = [page.slug for page in ALL]

CUT_SHORT = {
    "autoencoders": "vae_mnist_32",
    "compression": "ae_mnist_32",
    "denoising": "denoising_mnist",
    "latent_plane": "vae_mnist_2",
    "style_optimization": "tiny_vgg",
    "style_transfer": "style",
}


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize("slug", EVERY)
def test_every_page_opens(slug, language):
    at = open_page(slug, language)
    assert not at.exception
    assert not at.error
    entry = next(page for page in ALL if page.slug == slug)
    assert at.title[0].value == ("Camadas" if slug == "home" else translate(entry.title, language))
    assert at.markdown[0].value == translate(entry.promise, language)


@pytest.mark.parametrize("language", ["en", "pt"])
def test_the_shell_speaks_the_language(language):
    at = AppTest.from_file(str(ROOT / "ui" / "shell" / "main.py"), default_timeout=60)
    at.query_params["lang"] = language
    at.run()
    assert not at.exception
    assert at.title[0].value == "Camadas"
    assert at.sidebar.button(key="photo_remove").label == translate("Remove", language)


def in_link(value: object) -> str | list[str]:
    return [str(part) for part in value] if isinstance(value, tuple) else str(value)


@pytest.mark.parametrize("slug", [s for s in SLUGS if (ROOT / "core" / f"{s}.py").exists()])
@pytest.mark.parametrize("language", ["en", "pt"])
def test_the_link_carries_the_settings(slug, language):
    model = importlib.import_module(f"core.{slug}").Settings
    tab = {f"{slug}_tab": translate("Code", language)}  # which all settings must get through
    for name, field in model.model_fields.items():
        key, other = f"{slug}_{name}", other_value(field)
        needed = tab | {f"{slug}_{needed}": in_link(value) for needed, value in needed_by(model, name).items()}
        at = open_page(slug, language, **{**needed, key: in_link(other)})
        assert not at.exception
        assert at.session_state[key] == (list(other) if isinstance(other, tuple) else other)
        wrong = open_page(slug, language, **{**needed, key: "nonsense"})
        assert not wrong.exception
        is_text = field.annotation is str  # what is wrong with it, the page says
        default = list(field.default) if isinstance(other, tuple) else field.default
        assert wrong.session_state[key] == ("nonsense" if is_text else default)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_download_works_on_whole_photos(slug, monkeypatch, sample):
    given = []
    monkeypatch.setattr("ui.photo.download", lambda _slug, _tag, function: given.append(function))
    at = open_page(slug)
    assert not at.exception
    assert given or "photo.download" not in (ROOT / "pages" / f"{slug}.py").read_text()
    for function in given:
        for image in (sample, sample[:1, :1].copy(), np.tile(sample[:3], (1, 6, 1))):
            before = image.copy()
            result = function(image)
            assert result.shape == image.shape
            assert result.dtype == np.uint8
            assert np.array_equal(image, before)


def test_a_problem_stays_on_its_page_and_can_be_dismissed():
    at = AppTest.from_file(str(ROOT / "ui" / "shell" / "main.py"), default_timeout=60).run()
    at.sidebar.button(key="photo_picker_sidebar").click().run()
    at = at.file_uploader[0].set_value(("a.jpg", b"words", "image/jpeg")).run()
    assert len(at.error) == 1
    at.sidebar.button(key="photo_remove").click().run()
    assert not at.error


def test_samples_and_remove():
    at = AppTest.from_file(str(ROOT / "ui" / "shell" / "main.py"), default_timeout=60)
    at.query_params["photo"] = "rocket"
    at.run()
    assert any("Rocket · 640 × 427" in caption.value for caption in at.sidebar.caption)
    at.sidebar.button(key="photo_remove").click().run()
    assert any("Cat · 451 × 300" in caption.value for caption in at.sidebar.caption)


@pytest.mark.parametrize(("slug", "name"), CUT_SHORT.items())
def test_a_checkpoint_that_is_cut_short_gets_a_sentence(slug, name, monkeypatch, tmp_path):
    path_of, file = checkpoints.path_of, checkpoints.path_of(name, tmp_path)
    whole = path_of(name).read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    monkeypatch.setattr(
        checkpoints, "path_of", lambda asked, *folder: file if asked == name else path_of(asked, *folder)
    )
    checkpoints._resident.cache_clear()
    at = open_page(slug)
    assert not at.exception
    assert [error for error in at.error if file.name in error.value.replace("\\", "")]
