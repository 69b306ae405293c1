"""The page of compression: its captions are core's."""

import pytest

from core.compression import Settings, ways, within
from tests.pages.visit import open_page, translate


def captions(at) -> list[str]:
    return [
        image.captions[0] if hasattr(image, "captions") else str(image.proto.imgs[0].caption)
        for image in at.get("image")
    ]


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize("n_bytes", [8, 150])
def test_the_pictures_are_cores(language, n_bytes):
    at = open_page("compression", language, compression_n_bytes=str(n_bytes))
    assert not at.exception
    said = captions(at)
    assert len(said) == 4
    for (name, packed), caption in zip(ways(Settings(n_bytes=n_bytes)).items(), said, strict=True):
        best = within(packed, n_bytes)
        shown = best or packed[0]
        db = f"{shown.psnr_db:.1f} dB".replace(".", "," if language == "pt" else ".")
        assert f"{shown.n_bytes} bytes, {db}" in caption
        assert name in caption
        assert (translate("{way} needs more: {words}", language).split("{")[1][4:].strip() in caption) == (best is None)


def test_all_sizes_stand_in_a_table():
    at = open_page("compression", compression_tab="All sizes")
    table = next(element.value for element in at.markdown if element.value.startswith("| Method"))
    n = sum(map(len, ways(Settings()).values()))
    assert table.count("\n") == n + 1


def test_an_empty_sheet_is_said():
    at = open_page("compression", compression_strokes=";")
    assert not at.exception
    assert "nothing on the sheet" in at.error[0].value
