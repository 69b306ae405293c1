"""The terminal: python -m core COMMAND."""

import dataclasses
import importlib
import inspect
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column, Table
from rich.text import Text

from core.errors import CamadasError, CheckpointError, ImageRejected, SettingsError
from core.recipes import RECIPES

if TYPE_CHECKING:
    from core.training.events import Done
    from core.training.fit import FitSettings, Task

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
console = Console()
errors = Console(stderr=True)
RUNS = Path("runs")
LOG_EVERY = 50  # steps between two lines of the log

Data = Annotated[Path | None, typer.Option(help="Folder of the data sets; CAMADAS_DATA without it.")]


@app.command()
def models() -> None:
    """List the checkpoints."""
    from core.checkpoints import names, path_of, read_card

    table = Table("name", "architecture", "parameters", "MiB", "trained", "measured")
    for name in names():
        try:
            card = read_card(name)
        except CheckpointError as error:
            errors.print(f"{name}: {error}", markup=False, soft_wrap=True)
            continue
        size = path_of(name).stat().st_size / 2**20
        said = "".join(f"{m.name} {m.value:.3f} {m.unit} on {m.data}" for m in card.metrics[:1])
        table.add_row(name, card.architecture, f"{card.parameters:,}", f"{size:.1f}", card.date, said)
    console.print(table)


@app.command()
def settings() -> None:
    """List what an operator may set by variables of the environment, and what is set."""
    from core.host import described

    table = Table(
        Column("variable", no_wrap=True), Column("value", overflow="fold"), "set", Column("meaning", overflow="fold")
    )
    for name, value, is_set, meaning in described():
        table.add_row(name, Text(value), "yes" if is_set else "", Text(meaning))
    console.print(table)


@app.command()
def train(
    name: Annotated[str, typer.Argument(help=f"A recipe: {', '.join(RECIPES)}.")],
    data: Data = None,
    minutes: Annotated[float | None, typer.Option(help="Train so long; the schedule follows the clock.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Train so many epochs.")] = None,
    seed: Annotated[int, typer.Option(help="Of weights, batches and augmentation.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from where the last run stopped.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the checkpoint; checkpoints/ without it.")] = None,
) -> None:
    """Train a recipe, measure it and write its checkpoint and card."""
    from core.checkpoints import FOLDER
    from core.training import parallel

    recipe = _recipe(name)
    config = _settings(recipe.Config, seed=seed, minutes=minutes, epochs=epochs)
    if minutes is not None and epochs is None:  # the recipe's own number of epochs does not end it earlier
        config = config.model_copy(update={"epochs": None})
    with parallel.together():
        task = recipe.make_task(config, data)
        done = _fitted(name, task, config, resume=resume)
        is_first = parallel.rank() == 0
    if not is_first:
        return
    log = RUNS / name / "log.jsonl"
    options = {"--data": "DIR", "--minutes": minutes, "--epochs": epochs, "--seed": seed or None}
    chosen = "".join(f" {option} {value}" for option, value in options.items() if value is not None)
    events = [json.loads(line) for line in log.read_text().splitlines()]
    epochs_seen = {event["epoch"]: event for event in events if event["event"] == "epoch"}  # a resumed one stands twice
    card = recipe.keep(task, done, f"python -m core train {name}{chosen}", list(epochs_seen.values()), out or FOLDER)
    console.print_json(data={f"{metric.name}, {metric.data}": metric.value for metric in card.metrics})


@app.command()
def study(
    name: Annotated[str, typer.Argument(help="Of a study that has begun: the link of its page has it as study_run.")],
) -> None:
    """Work on a study, besides its page and other workers, until it has its trials (CAMADAS_STUDIES)."""
    from core.study import join

    work = join(name)
    n_known = len(work.tried)
    while work.step():
        time.sleep(work.rest_s() or 0)
        for tried in work.tried[n_known:]:
            console.print(f"trial {tried.number}: {tried.score:.4f} {tried.values}", soft_wrap=True)
        n_known = len(work.tried)


def _fitted(name: str, task: "Task", config: "FitSettings", *, resume: bool) -> "Done":
    """Train; the first of several processes tells how it goes and writes it down."""
    from core.training import parallel
    from core.training.events import Done
    from core.training.fit import fit

    folder = RUNS / name
    log, state = folder / "log.jsonl", folder / "state.pt"
    if parallel.rank() == 0 and not (resume and state.exists()):
        log.unlink(missing_ok=True)
        state.unlink(missing_ok=True)  # a run that is killed early must not be resumed as the one before
    events = fit(task, config, state, resume=parallel.firsts(lambda: resume and state.exists()))
    if parallel.rank() != 0:
        return [event for event in events if isinstance(event, Done)][-1]
    folder.mkdir(parents=True, exist_ok=True)
    with open(log, "a", encoding="utf-8") as lines, _progress() as progress:
        bar = progress.add_task(name, total=None, note="")
        for event in events:
            kind, facts = type(event).__name__.lower(), dataclasses.asdict(event)
            if kind == "step":
                _show_step(progress, bar, facts)
            if kind != "step" or facts["step"] % LOG_EVERY == 0:
                lines.write(json.dumps({"event": kind, **facts}) + "\n")
                lines.flush()
            if kind == "epoch":
                progress.console.print(f"epoch {facts['epoch']}: {facts['losses']} {facts['metrics']}")
    assert isinstance(event, Done)  # fit ends with it
    return event


@app.command()
def evaluate(
    name: Annotated[str, typer.Argument(help=f"A checkpoint: {', '.join(RECIPES)}.")],
    data: Annotated[
        Path | None,
        typer.Option(help="A Parquet file, or a folder of pictures; the usual test data without it."),
    ] = None,
    styles: Annotated[Path | None, typer.Option(help="Of style alone: a folder of paintings.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON last.")] = False,
) -> None:
    """Measure a checkpoint on data that it has not been trained on."""
    measure = _recipe(name).evaluate
    if styles is not None and "styles" not in inspect.signature(measure).parameters:
        raise SettingsError("unknown", argument="option of this checkpoint", value="--styles", rule="--data, --json")
    figures: dict[str, Any] = measure(data) if styles is None else measure(data, styles)
    table = Table("figure", "value")
    for key, value in figures.items():
        table.add_row(key, f"{value:.3f}" if isinstance(value, float) else str(value))
    console.print(table)
    if as_json:
        print(json.dumps(figures))


@app.command()
def colorize(
    photos: Annotated[list[Path], typer.Argument(help="Photos, or folders of them.")],
    out: Annotated[Path, typer.Option(help="Folder for the results.", file_okay=False)],
    strength: Annotated[float | None, typer.Option(help="0 (grey) to 2; 1 without it.")] = None,
    net_px: Annotated[
        int | None, typer.Option(help="Shorter side of what the network sees: 64, 96 (without it), 128, 256.")
    ] = None,
) -> None:
    """Colorize photos into OUT under their own names; bad files are named and skipped."""
    from core.colorization import Settings
    from core.colorization import colorize as colorize_image

    settings = _settings(Settings, strength=strength, net_px=net_px)
    _convert(photos, out, lambda image: colorize_image(image, settings).image, tag="colorized")


@app.command()
def stylize(
    photos: Annotated[list[Path], typer.Argument(help="Photos, or folders of them.")],
    style: Annotated[str, typer.Option(help="A picture, or a name such as mosaic, or mosaic:7 for its variant 7.")],
    out: Annotated[Path, typer.Option(help="Folder for the results.", file_okay=False)],
    strength: Annotated[float | None, typer.Option(help="0 (the photo) to 1; 1 without it.")] = None,
    brush: Annotated[float | None, typer.Option(help="Size of the strokes, 0.5 to 3; 1 without it.")] = None,
    keep_colors: Annotated[bool, typer.Option("--keep-colors", help="Keep the photos' own colours.")] = False,
) -> None:
    """Give photos a style, into OUT under their own names; bad files are named and skipped."""
    from core.files import read
    from core.images import decode
    from core.style_features import style_of
    from core.style_transfer import OWN, Settings, stylized
    from core.styles import named

    file = Path(style)
    own: dict[str, Any] = {}
    chosen: dict[str, object] = {"style": OWN} if file.is_file() else named(style)
    if file.is_file():
        try:
            own[OWN] = decode(read(file))
        except OSError as error:
            raise SettingsError("file", argument=style, value=error.strerror) from error
        except ImageRejected as error:
            raise SettingsError("bad_style", argument=style, value=error) from error
        style_of(own[OWN])  # once, before any photo
    settings = _settings(Settings, strength=strength, brush=brush, keep_colours=keep_colors, **chosen)
    _convert(photos, out, lambda image: stylized(image, settings, own).image, tag="stylized")


@app.command()
def augment(
    photos: Annotated[list[Path], typer.Argument(help="Pictures, or folders or ZIP files of them.")],
    pipeline: Annotated[Path, typer.Option(help="A pipeline's file, as the page Augmentation writes it.")],
    out: Annotated[Path, typer.Option(help="Folder for the results.", file_okay=False)],
    copies: Annotated[int, typer.Option(help="Results of each picture.", min=1, max=1000)] = 1,
) -> None:
    """Draw COPIES of each picture through a pipeline into OUT; bad files are named and skipped."""
    from core.pipelines import MAX_BYTES, Runner, from_json

    try:
        with open(pipeline, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SettingsError("file", argument=pipeline, value=error.strerror) from error
    runner = Runner(from_json(data))
    with tempfile.TemporaryDirectory() as folder:
        _convert(_unzipped(photos, Path(folder)), out, runner.image, tag="augmented", copies=copies)


def _unzipped(paths: list[Path], folder: Path) -> list[Path]:
    """Archives as the pictures in them, unpacked each into a folder of its own; everything else as it is."""
    from core.zips import MAX_ZIP_BYTES, unpacked

    found: list[Path] = []
    for number, path in enumerate(paths):
        if path.suffix.lower() != ".zip" or not path.is_file():
            found.append(path)
            continue
        with open(path, "rb") as file:
            data = file.read(MAX_ZIP_BYTES + 1)
        inside = folder / f"{number}-{path.stem}"
        inside.mkdir()
        for name, content in unpacked(data):
            (inside / name).write_bytes(content)
        found.append(inside)
    return found


def _convert(paths: list[Path], out: Path, function: Any, tag: str, copies: int = 1) -> None:
    """Run core.files.convert under a progress bar, so many times on each file; exit with 1 if a file failed."""
    from core.files import convert, pictures

    sources = pictures(paths)
    n_failed = 0
    with _progress() as progress:
        bar = progress.add_task(tag, total=len(sources) * copies, note="")
        for converted in convert(sources, out, function, tag, copies):
            progress.update(bar, advance=1, note=converted.source.name)
            if converted.problem:
                n_failed += 1
                errors.print(f"{converted.source}: {converted.problem}", markup=False, soft_wrap=True)
    console.print(f"{len(sources) - n_failed} of {len(sources)} pictures in {out}", markup=False, soft_wrap=True)
    if n_failed or not sources:
        raise typer.Exit(1)


def _recipe(name: str) -> Any:
    if name not in RECIPES:
        raise SettingsError("unknown", argument="recipe", value=name, rule=", ".join(RECIPES))
    return importlib.import_module(RECIPES[name])


def _settings(model: Any, **given: object) -> Any:
    """A page's Settings from the options that were given; a wrong one ends the command with a sentence."""
    from pydantic import ValidationError

    try:
        return model(**{key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        wrong = error.errors()[0]
        raise typer.BadParameter(f"{wrong['loc'][0]}: {wrong['msg']}, not {wrong['input']}") from error


def _progress() -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"))
    return Progress(*columns, TimeRemainingColumn(), console=errors)


def _show_step(progress: Progress, bar: TaskID, facts: dict[str, Any]) -> None:
    note = f"step {facts['step']}, loss {facts['losses']['loss']:.3f}, {facts['examples_per_s']:.0f} pictures/s"
    elapsed = progress.tasks[0].elapsed or 0.0
    progress.update(bar, completed=elapsed, total=elapsed + facts["left_s"], note=note)


def main() -> None:
    """Run the terminal; an error with a reason is one sentence and exit status 2."""
    try:
        app(prog_name="python -m core")
    except CamadasError as error:
        errors.print(f"{type(error).__name__}: {error}", markup=False, soft_wrap=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
