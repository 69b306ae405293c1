"""The terminal, as one types it."""

import json
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image

from core.checkpoints import names
from core.colour import mean_chroma, rgb_to_lab
from core.images import decode, encode
from core.patterns import draw
from core.pipelines import Pipeline, Runner, Step, to_json
from core.recipes import RECIPES
from core.zips import packed
from tests.conftest import write_parquet
from tests.files import saved
from ui.files import ROOT


def core(*arguments, **options):
    command = [sys.executable, "-m", "core", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, **options)


def test_models_lists_every_checkpoint():
    done = core("models", env={"COLUMNS": "200", "PATH": ""})
    assert done.returncode == 0, done.stderr
    assert all(name in done.stdout for name in names())


def test_colorize_many_files(tmp_path, sample):
    grey = np.repeat(sample[:, :, 1:2], 3, axis=2)
    for name, data in (("a.jpg", encode(grey, "jpeg")), ("b.png", encode(grey[:90], "png")), ("bad.jpg", b"words")):
        (tmp_path / name).write_bytes(data)
    done = core("colorize", tmp_path / "a.jpg", tmp_path / "bad.jpg", tmp_path / "b.png", "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "bad.jpg: this is no JPEG" in done.stderr
    assert "2 of 3" in done.stdout
    first, second = (decode((tmp_path / "out" / name).read_bytes()) for name in ("a.jpg", "b.png"))
    assert first.shape == sample.shape
    assert second.shape == (90, 451, 3)
    assert mean_chroma(second) > 3


def test_colorize_in_place_keeps_the_input_and_strength_zero_is_grey(tmp_path, sample):
    data = encode(sample, "png")
    (tmp_path / "a.png").write_bytes(data)
    done = core("colorize", tmp_path / "a.png", "--out", tmp_path, "--strength", "0")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.png").read_bytes() == data
    assert mean_chroma(decode((tmp_path / "a-colorized.png").read_bytes())) < 1


@pytest.mark.parametrize("is_named", [True, False])
def test_stylize_many_files(tmp_path, sample, is_named):
    own = draw("waves", 3, 120)
    (tmp_path / "style.png").write_bytes(encode(own, "png"))
    turned = Image.fromarray(sample[:90])
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    (tmp_path / "a.jpg").write_bytes(saved(turned, "jpeg", exif=exif.tobytes()))
    (tmp_path / "bad.jpg").write_bytes(b"words")
    style = "waves:3" if is_named else tmp_path / "style.png"
    files = (tmp_path / "a.jpg", tmp_path / "bad.jpg")
    done = core("stylize", *files, "--style", style, "--out", tmp_path / "out", "--strength", "0.5", "--keep-colors")
    assert done.returncode == 1
    assert "bad.jpg: this is no JPEG" in done.stderr
    made = decode((tmp_path / "out" / "a.jpg").read_bytes())
    assert made.shape == (451, 90, 3)
    upright = np.rot90(sample[:90], -1).astype(int)
    assert (
        np.abs(
            rgb_to_lab(made)[..., 1:].mean((0, 1)) - rgb_to_lab(upright.astype(np.uint8))[..., 1:].mean((0, 1))
        ).max()
        < 4
    )
    assert np.abs(made - upright).mean() > 5


@pytest.mark.parametrize(
    ("style", "says"), [("cubism", "Brush strokes"), ("bad.png", "is no style"), ("flat.png", "one colour")]
)
def test_stylize_says_what_is_no_style(tmp_path, sample, style, says):
    (tmp_path / "a.png").write_bytes(encode(np.ascontiguousarray(sample[:40, :40]), "png"))
    (tmp_path / "bad.png").write_bytes(b"words")
    (tmp_path / "flat.png").write_bytes(encode(np.full((20, 20, 3), 9, np.uint8), "png"))
    named = style if style == "cubism" else tmp_path / style
    done = core("stylize", tmp_path / "a.png", "--style", named, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert not (tmp_path / "out").exists()
    assert says in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr


def test_augment_many_files(tmp_path, sample):
    pipeline = Pipeline(seed=2, entries=(Step(name="Rotate"), Step(name="Fliplr", p=0.5)))
    (tmp_path / "pipeline.json").write_text(to_json(pipeline))
    small = np.ascontiguousarray(sample[:60, :80])
    (tmp_path / "a.png").write_bytes(encode(small, "png"))
    (tmp_path / "bad.png").write_bytes(b"words")
    options = ("--pipeline", tmp_path / "pipeline.json", "--copies", 3, "--out", tmp_path / "out")
    done = core("augment", tmp_path / "a.png", tmp_path / "bad.png", *options)
    assert done.returncode == 1
    assert "bad.png: this is no JPEG" in done.stderr
    runner = Runner(pipeline)
    for name in ("a", "a-augmented", "a-augmented-2"):
        assert (decode((tmp_path / "out" / f"{name}.png").read_bytes()) == runner.image(small)).all()


def test_augment_takes_archives_and_refuses_those_that_lead_out(tmp_path, sample):
    pipeline = Pipeline(seed=2, entries=(Step(name="Rotate"),))
    (tmp_path / "pipeline.json").write_text(to_json(pipeline))
    small = np.ascontiguousarray(sample[:60, :80])
    (tmp_path / "some.zip").write_bytes(packed([("a.png", encode(small, "png")), ("bad.png", b"words")]))
    options = ("--pipeline", tmp_path / "pipeline.json", "--out", tmp_path / "out")
    done = core("augment", tmp_path / "some.zip", *options)
    assert done.returncode == 1
    assert "bad.png: this is no JPEG" in done.stderr
    assert (decode((tmp_path / "out" / "a.png").read_bytes()) == Runner(pipeline).image(small)).all()
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../a.png", b"x")
    done = core("augment", tmp_path / "evil.zip", *options)
    assert done.returncode == 2
    assert "leads out of it" in done.stderr


@pytest.mark.parametrize(
    ("data", "says"), [(b"no", "no JSON"), (b'{"draws": 1000000}', "draws"), (None, "cannot be read")]
)
def test_augment_refuses_files_that_are_no_pipeline(tmp_path, data, says):
    if data is not None:
        (tmp_path / "pipeline.json").write_bytes(data)
    done = core("augment", "x.png", "--pipeline", tmp_path / "pipeline.json", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("train", "nothing"), f"choose one of {', '.join(RECIPES)}"),
        (("evaluate", "colorization", "--data", "nowhere.parquet"), "holds no pictures"),
        (("train", "colorization", "--data", "nowhere"), "tiny-imagenet-200.zip"),
        (("colorize", "x.png", "--out", "out", "--strength", "9"), "strength"),
        (("colorize", "x.png", "--out", "README.md"), "README.md"),
        (("train", "colorization", "--epochs", "0"), "epochs"),
        (("evaluate", "mnist", "--styles", "."), "--styles"),
    ],
)
def test_what_is_wrong_is_one_sentence(arguments, says, tmp_path):
    done = core(*arguments, env={"PATH": "", "COLUMNS": "300", "CAMADAS_CACHE": str(tmp_path)})
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_evaluate_prints_json_last(tmp_path, sample):
    pictures = [encode(np.ascontiguousarray(sample[i * 8 : i * 8 + 96, :128]), "png") for i in range(3)]
    file = write_parquet(tmp_path / "photos.parquet", [*pictures, encode(np.full((16, 16, 3), 90, np.uint8), "png")])
    done = core("evaluate", "colorization", "--data", file, "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    parts = {f"{who}_{what}_db" for who in ("gain", "blind") for what in ("mean", "median", "pooled")}
    rest = {
        "chroma_ratio",
        "colourfulness_gap",
        "shuffled_pooled_db",
        "median_interval_db",
        "n",
        "n_left_out",
        "seconds",
    }
    assert parts | rest == figures.keys()
    assert (figures["n"], figures["n_left_out"]) == (3, 1)


def test_evaluate_style_measures_what_one_can_do_without_a_network_too(tmp_path, sample):
    photo = np.ascontiguousarray(sample[:96, :128])
    file = write_parquet(tmp_path / "photos.parquet", [encode(photo, "png")])
    (tmp_path / "paintings").mkdir()
    for kind in ("waves", "mosaic"):
        (tmp_path / "paintings" / f"{kind}.png").write_bytes(encode(draw(kind, 3, 96), "png"))
    done = core("evaluate", "style", "--data", file, "--styles", tmp_path / "paintings", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    names_of = ("texture", "ghost", "ssim_l", "edges", "colour", "own_nearest")
    ways = ("", "nothing_", "reinhard_", "matched_", "quilt_", "blend_")
    assert figures.keys() == {"n", *(f"{way}{name}" for way in ways for name in names_of)}
    assert figures["n"] == 2
    assert figures["nothing_texture"] == pytest.approx(1)
    assert figures["nothing_ssim_l"] == pytest.approx(1)
    assert figures["reinhard_colour"] == pytest.approx(1)


def test_train_two_steps_end_to_end(tmp_path, made_data):
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "core",
            "train",
            "ae_mnist_2",
            "--data",
            made_data,
            "--minutes",
            "0.01",
            "--out",
            tmp_path,
        ],
        cwd=tmp_path,
        env={
            "PYTHONPATH": str(ROOT),
            "PATH": "",
            "CAMADAS_CACHE": str(tmp_path / "cache"),
            "OMP_NUM_THREADS": "1",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "ae_mnist_2.safetensors").exists()
    card = (tmp_path / "ae_mnist_2.md").read_text()
    assert "--minutes 0.01" in card
    assert "- epochs: None" in card  # the recipe's own would end a longer run
    events = [json.loads(line)["event"] for line in (tmp_path / "runs/ae_mnist_2/log.jsonl").read_text().splitlines()]
    assert events[-1] == "done"
    assert "epoch" in events
