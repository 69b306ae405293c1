"""The page of the classifier: its figures are core's, and pictures of nothing get an honest answer."""

import numpy as np
import pytest

from core.cifar10 import Settings, as_seen, ask
from core.images import encode, fit_within
from tests.pages.visit import metrics, open_page, translate, upload


def heading(at) -> str:
    return next(element.value for element in at.markdown if element.value.startswith("### "))


@pytest.mark.parametrize("language", ["en", "pt"])
def test_the_figures_are_cores(language, sample):
    at = open_page("cifar10", language)
    answer = ask(as_seen(sample), "cifar10")
    share = f"{100 * answer.probabilities.max():.1f} %".replace(".", "," if language == "pt" else ".")
    assert metrics(at)[translate("Probability", language)] == share
    assert heading(at) == f"### {translate('cat', language).capitalize()}, {share}"


def test_the_square_decides(sample):
    at = open_page("cifar10")
    at.slider(key="cifar10_size").set_value(0.3)
    at.slider(key="cifar10_down").set_value(1.0).run()
    answer = ask(as_seen(sample, **Settings(size=0.3, down=1.0).model_dump()), "cifar10")
    assert metrics(at)["Probability"] == f"{100 * answer.probabilities.max():.1f} %"


@pytest.mark.parametrize("shape", [(40, 2000), (1, 1), (32, 32)], ids=["panorama", "pixel", "as the nets see"])
def test_any_picture_gets_an_answer(shape):
    at = open_page("cifar10")
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    upload(at, encode(image, "png"))
    assert not at.exception
    answer = ask(as_seen(fit_within(image, 1024)), "cifar10")  # pages work on so many pixels
    said = "None of these" if not answer.is_known else f"{100 * answer.probabilities.max():.1f} %"
    assert said in heading(at)


def test_what_is_unlike_all_ten_is_said_to_be_none_of_them():
    at = open_page("cifar10")
    flat = np.full((64, 64, 3), 128, np.uint8)
    upload(at, encode(flat, "png"))
    assert heading(at).startswith("### None of these (")


def test_the_card_speaks_in_the_table():
    at = open_page("cifar10", cifar10_tab="How often it is right")
    table = next(element.value for element in at.markdown if "Calibration error" in element.value)
    assert table.count("%") >= 10
