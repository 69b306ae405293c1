"""The latent plane: A's class is core's, links carry both ends, every network has its plane."""

import pytest

from core.latent_plane import NETWORKS, at, plane
from tests.pages.visit import open_page, translate


def sentence(page) -> str:
    return next(element.value for element in page.markdown if "**" in element.value and "%" in element.value)


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize("network", NETWORKS)
def test_a_is_named_as_core_names_it(network, language):
    page = open_page(
        "latent_plane", language, latent_plane_network=translate(network, language), latent_plane_across="0.25"
    )
    assert not page.exception
    found = plane(NETWORKS[network])
    _picture, best, share = at(NETWORKS[network], found.code(0.25, 0.6))
    text = sentence(page)
    assert f"{100 * share:.1f} %".replace(".", "," if language == "pt" else ".") in text
    name = found.classes[best]
    assert (name if name.isdigit() else translate(name, language)) in text


def test_the_grid_of_pictures_is_there():
    page = open_page("latent_plane", latent_plane_view="pictures", latent_plane_way="slerp", latent_plane_n_frames="4")
    assert not page.exception


def test_the_prior_is_compared_on_both_networks():
    page = open_page("latent_plane", latent_plane_tab="Why a prior")
    assert not page.exception
    assert len(page.get("image")) == 6  # A, the way, samples and grid of both
