"""The gesture that the page exists for: build a pipeline of three steps, move the box, export it and run the export."""

import io
import re
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from playwright.sync_api import expect

from core.images import decode, encode
from core.pipelines import from_json
from core.zips import packed
from tests.browser.browse import NARROW, WIDE, give_photo, open_page, settled, visiting
from ui.files import asset


def chooser(page, name: str):
    """The field of a file uploader, by its label: those of one page need not appear in their order."""
    return page.get_by_role("region", name=name).locator('input[type="file"]')


def add(page, name: str) -> None:
    search = page.locator(".steps input[type=search]")
    search.fill(name)
    search.press("Enter")
    expect(page.locator(".steps li b").filter(has_text=re.compile(f"^{name}$"))).to_be_visible()
    settled(page)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_pipeline_is_built_its_box_moved_and_its_export_runs(browser, address, size, tmp_path):
    with visiting(browser, address, size=size) as page:
        open_page(
            page, "/augmentation?augmentation_pipeline=Fliplr&augmentation_draws=2&augmentation_tab=Box%20and%20points"
        )
        add(page, "Rotate")
        add(page, "Sharpen")
        steps = page.locator(".steps li b")
        expect(steps).to_have_text(["Fliplr", "Rotate", "Sharpen"])
        page.get_by_role("button", name="Move Sharpen up").click()
        expect(steps).to_have_text(["Fliplr", "Sharpen", "Rotate"])
        box = page.locator(".marks .box")
        box.scroll_into_view_if_needed()
        before = box.bounding_box()
        picture = page.locator(".marks img").bounding_box()
        middle = (before["x"] + before["width"] * 0.2, before["y"] + before["height"] * 0.9)
        page.mouse.move(*middle)
        page.mouse.down()
        page.mouse.move(middle[0] - 0.1 * picture["width"], middle[1], steps=4)
        page.mouse.up()
        page.wait_for_url(re.compile(r"augmentation_box=14"))
        settled(page)
        page.get_by_role("tab", name="Code").click()
        with page.expect_download() as got:
            page.get_by_role("button", name="Script (.py)").click()
        got.value.save_as(tmp_path / "augmentation.py")
        (tmp_path / "photo.png").write_bytes(asset("samples/chelsea.jpg").read_bytes())
        done = subprocess.run([sys.executable, "-I", "augmentation.py"], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert len(list(tmp_path.glob("draw-*.png"))) == 2
        assert "BOX = (0.14" in (tmp_path / "augmentation.py").read_text()


def test_a_pipeline_leaves_as_a_file_and_comes_back(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/augmentation?augmentation_pipeline=Invert&augmentation_tab=Files")
        with page.expect_download() as got:
            page.get_by_role("button", name="Pipeline (.json)").click()
        data = got.value.path().read_bytes()
        assert [step.name for step in from_json(data).flat()] == ["Invert"]
        page.get_by_role("button", name="Remove Invert").click()
        expect(page.get_by_text("Nothing is done yet: add a step.")).to_be_visible()
        settled(page)
        chooser(page, "Bring a pipeline back").set_input_files(
            {"name": "pipeline.json", "mimeType": "application/json", "buffer": data}
        )
        expect(page.locator(".steps li b")).to_have_text(["Invert"])


def test_a_step_is_dragged_and_grouped_by_keyboard_and_mouse(browser, address):
    with visiting(browser, address, language="pt") as page:
        open_page(page, "/augmentation?augmentation_pipeline=Fliplr%0AInvert%0AAdd")
        names = page.locator(".steps li b")
        expect(names).to_have_text(["Fliplr", "Invert", "Add"])
        grip, last = page.locator(".steps .grip").first.bounding_box(), page.locator(".steps li").last.bounding_box()
        page.mouse.move(grip["x"] + 4, grip["y"] + 4)
        page.mouse.down()
        page.mouse.move(grip["x"] + 4, last["y"] + last["height"] - 2, steps=5)
        page.mouse.up()
        expect(names).to_have_text(["Invert", "Add", "Fliplr"])
        page.locator(".steps .groups").select_option("one")
        expect(names).to_have_text(["Invert", "Add", "Fliplr", "Um destes"])
        settled(page)
        page.get_by_role("button", name="Mover Um destes para cima").press("Enter")
        expect(names).to_have_text(["Invert", "Add", "Um destes", "Fliplr"])
        settled(page)
        page.get_by_role("button", name="Pôr Fliplr no grupo acima").press("Enter")
        expect(page.locator(".steps li.inside b")).to_have_text(["Fliplr"])


def test_a_group_is_set_in_the_list_and_offers_are_walked_by_keys(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/augmentation?augmentation_pipeline=one%0A-%20Fliplr%0A-%20Invert")
        page.get_by_role("combobox", name="One of these: takes").select_option("some")
        expect(page.locator(".steps li b").first).to_have_text("Some of these")
        settled(page)
        page.get_by_role("checkbox", name="Some of these: random order").check()
        settled(page)
        page.get_by_role("button", name="As text").click()
        expect(page.get_by_role("textbox", name="Steps as text")).to_have_value(
            "some of=1..2 random\n- Fliplr\n- Invert"
        )
        page.keyboard.press("Escape")
        search = page.locator(".steps input[type=search]")
        search.fill("rot")
        expect(search).to_have_attribute("aria-expanded", "true")
        search.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")
        expect(page.locator(".steps li b").last).to_have_text("Rotate")


def test_bad_input_gets_a_sentence_and_nothing_is_lost(browser, address, sample):
    with visiting(browser, address) as page:
        open_page(page, "/augmentation?augmentation_pipeline=Invert&augmentation_tab=Files")
        bring = chooser(page, "Bring a pipeline back")
        for data, said in (
            (b"no json", "This file is no JSON."),
            (b'{"draws": 1000000}', "draws cannot be “1000000”"),
        ):
            bring.set_input_files({"name": "pipeline.json", "mimeType": "application/json", "buffer": data})
            expect(page.get_by_text(said)).to_be_visible()
            settled(page)
            expect(page.locator(".steps li b")).to_have_text(["Invert"])
        panorama = np.ascontiguousarray(np.tile(sample[:40], (1, 8, 1)))
        give_photo(page, "panorama.png", "image/png", encode(panorama, "png"), "Choose a photo")
        expect(page.get_by_text("The photo is very long: this is its middle.")).to_be_visible()
        noise = np.random.default_rng(0).integers(0, 256, (90, 120, 3), np.uint8)
        give_photo(page, "noise.png", "image/png", encode(noise, "png"), "Choose a photo")
        expect(page.get_by_text("The photo is very long: this is its middle.")).to_have_count(0)
        expect(page.locator(".tiles .tile").first).to_be_visible()


def give_many(page, data: bytes) -> None:
    settled(page)
    chooser(page, "ZIP of pictures").set_input_files(
        {"name": "pictures.zip", "mimeType": "application/zip", "buffer": data}
    )
    settled(page)
    page.get_by_role("button", name="Augment them").click()


def test_a_zip_goes_in_and_a_zip_comes_out(browser, address, sample):
    with visiting(browser, address) as page:
        open_page(page, "/augmentation?augmentation_pipeline=Fliplr%20p%3D1&augmentation_tab=Files")
        photo = encode(sample, "png")
        give_many(page, packed([("a.png", photo), ("broken.jpg", b"no picture"), ("b.png", photo)]))
        expect(page.get_by_text("6 results of 2 of 3 pictures.")).to_be_visible()
        expect(page.get_by_text("broken.jpg: This file cannot be read as a picture.")).to_be_visible()
        with page.expect_download() as got:
            page.get_by_role("button", name="Augmented pictures (.zip)").click()
        with zipfile.ZipFile(io.BytesIO(got.value.path().read_bytes())) as archive:
            assert archive.namelist() == [f"{stem}-0{n}.png" for stem in "ab" for n in (1, 2, 3)]
            assert (decode(archive.read("b-02.png")) == sample[:, ::-1]).all()


def test_hostile_archives_are_refused_and_a_long_run_is_cancelled(browser, address, sample):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", bytes(15 * 2**20))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../a.png", b"x")
    with visiting(browser, address) as page:
        open_page(page, "/augmentation?augmentation_pipeline=Superpixels&augmentation_draws=1&augmentation_tab=Files")
        give_many(page, bomb.getvalue())
        expect(page.get_by_text("unpacks to far more than a picture holds")).to_be_visible()
        give_many(page, out.getvalue())
        expect(page.get_by_text("which leads out of it")).to_be_visible()
        give_many(page, packed([(f"{n}.jpg", encode(sample, "jpeg")) for n in range(200)]))
        expect(page.get_by_text(re.compile(r"Picture \d+ of 200"))).to_be_visible()
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_text(re.compile(r"results of \d+ of 200 pictures"))).to_be_visible()
        expect(page.get_by_role("button", name="Cancel")).to_have_count(0)


def test_a_folder_goes_in(browser, address, sample, tmp_path):
    (tmp_path / "pictures").mkdir()
    for name in ("a.png", "b.png"):
        (tmp_path / "pictures" / name).write_bytes(encode(sample, "png"))
    with visiting(browser, address) as page:
        open_page(page, "/augmentation?augmentation_pipeline=Fliplr&augmentation_tab=Files")
        page.get_by_role("radio", name="A folder").click()
        page.get_by_text("A folder of pictures").wait_for()
        settled(page)
        chooser(page, "A folder of pictures").set_input_files(str(tmp_path / "pictures"))
        settled(page)
        page.get_by_role("button", name="Augment them").click()
        expect(page.get_by_text("6 results of 2 of 2 pictures.")).to_be_visible()


def test_torchvision_stands_beside_and_is_measured(browser, address):
    with visiting(browser, address) as page:
        open_page(page, "/augmentation?augmentation_pipeline=Fliplr%0ARain&augmentation_tab=In%20torchvision")
        expect(page.get_by_text("torchvision.transforms.v2 has 1 of the 2 steps.")).to_be_visible()
        expect(page.get_by_role("row", name="Fliplr")).to_contain_text("v2.RandomHorizontalFlip(p=0.5)")
        page.get_by_role("button", name="Measure the speed of both now").click()
        expect(page.get_by_role("row", name="torchvision, the same")).to_contain_text(re.compile(r"\d"))
