"""Draw the home page's pictures with the shipped checkpoints: python -m tests.pictures [SLUG …]."""

import sys
from collections.abc import Callable

import numpy as np
from playwright.sync_api import Page, sync_playwright

from core.cifar10 import Settings as CifarSettings
from core.cifar10 import shown
from core.colorization import Settings, colorize, without_colour
from core.compression import Settings as CompressionSettings
from core.compression import ways, within
from core.denoising import Settings as DenoisingSettings
from core.denoising import mend
from core.denoising import shown as enlarged
from core.filters import Settings as FilterSettings
from core.filters import apply
from core.images import decode, encode
from core.style_transfer import Settings as StyleSettings
from core.style_transfer import stylized
from tests.browser.browse import launch, open_page, serving, visiting
from ui.files import asset


def colorization() -> np.ndarray:
    """A sample, its left half grey, its right half as the network colours it."""
    photo = decode(asset("samples/chelsea.jpg").read_bytes())
    greyed = without_colour(photo)
    picture = colorize(greyed, Settings()).image
    middle = photo.shape[1] // 2
    picture[:, :middle] = greyed[:, :middle]
    picture[:, middle - 1 : middle + 1] = 255
    return picture[: photo.shape[1] * 9 // 16]


def style_transfer() -> np.ndarray:
    """A sample, its right half in two styles, one above the other."""
    photo = decode(asset("samples/chelsea.jpg").read_bytes())
    above = stylized(photo, StyleSettings()).image
    picture = stylized(photo, StyleSettings(style="Stained glass", seed=2)).image
    picture[: len(photo) * 9 // 32] = above[: len(photo) * 9 // 32]
    middle = photo.shape[1] // 2
    picture[:, :middle] = photo[:, :middle]
    return np.ascontiguousarray(picture[: photo.shape[1] * 9 // 16])


def style_optimization() -> np.ndarray:
    """Both pictures of the race, at its end."""
    ends = ".lab[data-state=finished]"

    def race(page: Page) -> None:
        page.get_by_role("button", name="Start").click()
        page.locator(ends).wait_for(timeout=120_000)

    return screenshot("/style_optimization?style_optimization_steps=80", ".plots", race)


def convolution() -> np.ndarray:
    """The boards of the page, in the middle of their walk."""
    return screenshot("/convolution", ".walk .boards", lambda page: page.get_by_role("button", name="Play").click())


def filters() -> np.ndarray:
    """A sample, its right half as edges."""
    photo = decode(asset("samples/chelsea.jpg").read_bytes())
    chosen = FilterSettings(filters=("edge detection",))
    picture = apply(photo, chosen)[0].image
    middle = photo.shape[1] // 2
    picture[:, :middle] = photo[:, :middle]
    return np.ascontiguousarray(picture[: photo.shape[1] * 9 // 16])


def layers() -> np.ndarray:
    """The table of the page."""
    return screenshot("/layers", ".stack .scroll", lambda page: page.locator(".stack[data-state=ready]").wait_for())


def sound() -> np.ndarray:
    """The spectrogram after a room."""
    chart = "[data-testid=stPlotlyChart] >> nth=3"
    path = "/sound?sound_kernel=room"
    return screenshot(path, chart, lambda page: page.locator(chart).wait_for())


def words() -> np.ndarray:
    """The matrix of a sentence."""
    chart = "[data-testid=stPlotlyChart] >> nth=0"
    return screenshot("/words", chart, lambda page: page.locator(chart).wait_for())


def moons() -> np.ndarray:
    """The network and its plane after some training."""
    return screenshot("/moons", ".lab .views", lambda page: page.get_by_role("button", name="Start").click())


def sweep() -> np.ndarray:
    """The grids after some training."""
    return screenshot("/sweep", ".lab .grids", lambda page: page.get_by_role("button", name="Start").click())


def study() -> np.ndarray:
    """The parallel coordinates of a study."""
    chart = "[data-testid=stPlotlyChart] >> nth=2"

    def act(page: Page) -> None:
        page.get_by_role("button", name="Start").click()
        page.get_by_text("Trial 40 of 40").wait_for()

    return screenshot("/study", chart, act)


def cifar10() -> np.ndarray:
    """A sample, beside what the network sees of it."""
    return np.ascontiguousarray(shown(decode(asset("samples/chelsea.jpg").read_bytes()), CifarSettings())[:, :, :3])


def evaluation() -> np.ndarray:
    """The confusion matrix."""
    return screenshot("/evaluation", ".confusion", lambda page: page.locator(".confusion button").first.wait_for())


def activations() -> np.ndarray:
    """The maps of a layer."""
    return screenshot("/activations", ".tiles", lambda page: page.locator(".path button").nth(2).click())


def augmentation_gain() -> np.ndarray:
    """Both curves, at their end."""

    def to_the_end(page: Page) -> None:
        page.get_by_role("button", name="Start").click()
        page.locator(".lab[data-state=finished]").wait_for()

    return screenshot("/augmentation_gain", ".lab .plots", to_the_end)


def train_cnn() -> np.ndarray:
    """The curves of a run."""
    return screenshot("/train_cnn", ".lab .plots", lambda page: page.get_by_role("button", name="Start").click())


def augmentation() -> np.ndarray:
    """The draws of the page."""
    return screenshot("/augmentation", ".tiles >> nth=0", lambda page: page.locator(".tiles .tile").first.wait_for())


def autoencoders() -> np.ndarray:
    """The code's sliders, one of them pulled."""
    return screenshot("/autoencoders", ".codes", lambda page: page.locator('.codes[data-state="ready"]').wait_for())


def latent_plane() -> np.ndarray:
    """The codes of the test digits."""
    return screenshot(
        "/latent_plane", ".plane .sheet", lambda page: page.locator('.plane[data-state="ready"]').wait_for()
    )


def compression() -> np.ndarray:
    """A digit in every way, each at its best under 150 bytes or at its smallest."""
    found = [within(packed, 150) or packed[0] for packed in ways(CompressionSettings()).values()]
    return in_a_row([each.picture for each in found])


def denoising() -> np.ndarray:
    """A digit, its damage and both ways to mend it."""
    found = mend(DenoisingSettings())
    return in_a_row([found.picture, found.damaged, found.by_network, found.by_opencv])


def in_a_row(images: list[np.ndarray]) -> np.ndarray:
    """Small pictures, enlarged, with gaps between them."""
    gap = np.full((280, 8, 3), 255, np.uint8)
    row = [part for image in images for part in (enlarged(image), gap)]
    return np.concatenate(row[:-1], axis=1)


def train_vae() -> np.ndarray:
    """Curves, codes and samples at the end of a run."""

    def to_the_end(page: Page) -> None:
        page.get_by_role("button", name="Start").click()
        page.locator(".lab[data-state=finished]").wait_for()

    return screenshot("/train_vae", ".lab .plots", to_the_end)


def screenshot(path: str, selector: str, act: Callable[[Page], object]) -> np.ndarray:
    """A part of a page as a browser draws it, after something was done there."""
    with sync_playwright() as playwright, serving() as (address, _process):
        browser = launch(playwright)
        with visiting(browser, address) as page:
            open_page(page, path)
            act(page)
            page.wait_for_timeout(4000)
            picture = decode(page.locator(selector).screenshot())
        browser.close()
    return picture


CONVOLUTIONS = (convolution, filters, layers, sound, words)
CLASSIFIERS = (cifar10, evaluation, activations, train_cnn, augmentation, augmentation_gain)
AUTOENCODERS = (autoencoders, latent_plane, compression, denoising, train_vae)
STYLES = (style_transfer, style_optimization)
MADE = (*CONVOLUTIONS, moons, sweep, study, *CLASSIFIERS, *AUTOENCODERS, *STYLES, colorization)
PICTURES = {picture.__name__: picture for picture in MADE}

if __name__ == "__main__":
    for slug in sys.argv[1:] or PICTURES:
        asset(f"pictures/{slug}.webp").write_bytes(encode(PICTURES[slug](), "webp", quality=86))
