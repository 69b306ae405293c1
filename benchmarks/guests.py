"""One of many visitors: a photo with a mark of their own, what they do on the pages, whose mark they are shown."""

import asyncio
import json
import math
import random
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import cv2
import numpy as np

from core.images import decode, encode
from tests.protocol import Shown, Visitor, absolute, pictures_in
from ui.catalog import PAGES

PAUSE_S = (5.0, 15.0)
N_CELLS, PHOTO_PX = 8, 512
GIVES_UP_S = 60.0  # a visitor whose server was killed
SURE = 0.5  # correlation from which a mark counts as seen; by chance that of 50 others is 0.3
ACTS = {"convolve": 5, "classify": 5, "colorize": 4, "stylize": 3, "moons": 3, "page": 3, "reload": 1, "bad": 1}
PICTURES = {"colorization": "colorization_before_after", "style_transfer": "style_transfer_before_after"}
REJECTED = "was not taken"
REFUSALS = (  # what a page says instead of doing what was asked
    "Every place is taken",
    "requests wait already",
    "do not answer",
    "does not answer",
    "Something went wrong",
    "runs wait already",
    "runs of yours go on",
    "longer than usual",
)
LOST = ("gone", "failed", "lost")  # states of a run that a visitor has just begun


def mark(number: int) -> np.ndarray:
    """The pattern of a visitor: (8, 8) of -1 and 1, half of them each."""
    signs = np.repeat([-1.0, 1.0], N_CELLS * N_CELLS // 2)
    return np.random.default_rng(1000 + number).permutation(signs).reshape(N_CELLS, N_CELLS)


def marked_photo(number: int) -> bytes:
    """A colourful JPEG of 512 x 512 whose light and dark cells are the visitor's mark."""
    draw = np.random.default_rng(number)
    cells = cv2.resize(mark(number), (PHOTO_PX, PHOTO_PX), interpolation=cv2.INTER_NEAREST)
    colours = cv2.resize(draw.uniform(-30, 30, (8, 8, 3)), (PHOTO_PX, PHOTO_PX), interpolation=cv2.INTER_CUBIC)
    photo = 128 + 60 * cells[:, :, None] + colours + draw.normal(0, 6, (PHOTO_PX, PHOTO_PX, 1))
    return encode(photo.clip(0, 255).astype(np.uint8), "jpeg")


def seen(picture: bytes, marks: np.ndarray) -> int | None:
    """Whose mark a picture carries; None where it carries none that is sure.

    Args:
        picture: an encoded picture.
        marks: (n, 64), of all visitors.
    """
    grey = cv2.cvtColor(np.asarray(decode(picture)), cv2.COLOR_RGB2GRAY)
    cells = cv2.resize(grey, (N_CELLS, N_CELLS), interpolation=cv2.INTER_AREA).astype(float).ravel()
    cells -= cells.mean()
    norm = np.linalg.norm(cells)
    if norm < 1:
        return None
    likeness = marks @ (cells / norm) / N_CELLS
    best = int(likeness.argmax())
    return best if likeness[best] >= SURE else None


@dataclass
class Notes:
    """What all visitors have met."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    watched: list[float] = field(default_factory=list)
    foreign: int = 0
    killed_at: float = math.inf
    back: list[float] = field(default_factory=list)  # seconds from when it was noticed until a page is there again
    marks: Counter[str] = field(default_factory=Counter)


class Guest:
    """One who comes, gives a photo and plays until the time is over.

    Args:
        number: theirs, of the mark too.
        visitor: their browser.
        notes: of all visitors.
        marks: (n, 64), of all visitors.
        until: when they leave, as time.monotonic counts.
    """

    def __init__(self, number: int, visitor: Visitor, notes: Notes, marks: np.ndarray, until: float) -> None:
        self.number, self.visitor, self.notes, self.marks, self.until = number, visitor, notes, marks, until
        self.chance = random.Random(number)
        self.has_met_the_kill = False
        self.photo = marked_photo(number)

    async def stay(self) -> None:
        """Come, act until the end, leave."""
        async with self.visitor:
            await asyncio.sleep(self.chance.uniform(0, PAUSE_S[1]))
            await self._try("arrive", self._arrive)
            while time.monotonic() < self.until:
                await asyncio.sleep(self.chance.uniform(*PAUSE_S))
                act = self.chance.choices(list(ACTS), list(ACTS.values()))[0]
                await self._try(act, getattr(self, f"_{act}"))

    async def _try(self, name: str, act) -> None:
        try:
            await act()
        except Exception as error:
            if self.visitor.is_cut and time.monotonic() > self.notes.killed_at and not self.has_met_the_kill:
                await self._back()
                return
            self.notes.errors[f"{name}: {type(error).__name__}: {str(error)[:200]}"] += 1
            await self._again()

    async def _back(self) -> None:
        """The server is gone: connect anew, as a browser does, and give the photo again."""
        self.has_met_the_kill = True
        noticed = time.monotonic()
        while True:
            try:
                await self.visitor.open(self.visitor.page)
                break
            except Exception as error:
                if time.monotonic() - noticed > GIVES_UP_S:
                    self.notes.errors[f"back: {type(error).__name__}: {str(error)[:200]}"] += 1
                    break
                await asyncio.sleep(0.5)
        self.notes.back.append(time.monotonic() - noticed)
        await self._again()

    async def _again(self) -> None:
        """After an error: come anew, as a person would."""
        try:
            await self._arrive()
        except Exception as error:
            self.notes.errors[f"again: {type(error).__name__}: {str(error)[:200]}"] += 1

    async def _arrive(self) -> None:
        self._note("open", await self.visitor.open("colorization"))
        self._note("upload", await self.visitor.give_photo("photo.jpg", "image/jpeg", self.photo))
        await self._look(await self.visitor.run(), "colorization")

    async def _on(self, page: str) -> None:
        if self.visitor.page != page:
            await self._look(self._note(f"page {page}", await self.visitor.go(page)), page)

    async def _turn(self, page: str, key: str, value: object) -> None:
        await self._on(page)
        await self._look(self._note(page, await self.visitor.set(f"{page}_{key}", value)), page)

    async def _convolve(self) -> None:
        key, least, most = self.chance.choice([("stride_height", 1, 3), ("dilation_width", 1, 2), ("divisor", 1, 9)])
        await self._turn("convolution", key, float(self.chance.randint(least, most)))

    async def _classify(self) -> None:
        key = self.chance.choice(["across", "down"])
        await self._turn("cifar10", key, round(0.05 * self.chance.randint(0, 20), 2))

    async def _colorize(self) -> None:
        await self._turn("colorization", "strength", round(0.05 * self.chance.randint(10, 40), 2))

    async def _stylize(self) -> None:
        await self._turn("style_transfer", "strength", round(0.05 * self.chance.randint(4, 20), 2))

    async def _moons(self) -> None:
        await self._on("moons")
        noise = round(0.05 * self.chance.randint(1, 8), 2)
        shown = self._note("moons", await self.visitor.set("moons_noise", noise))
        token = json.loads(shown.components["moons_network"])["token"]
        looks = self.chance.uniform(*PAUSE_S)
        begun = time.monotonic()
        n_frames, state = await self.visitor.watch(token, looks)
        self.notes.watched.append(n_frames / (time.monotonic() - begun))
        self.notes.marks[f"moons {state}"] += 1
        if state in LOST or not n_frames:
            raise AssertionError(f"a run of one's own is {state}, with {n_frames} frames")

    async def _page(self) -> None:
        await self._on(self.chance.choice([page.slug for page in PAGES if page.slug not in ("home", "study")]))

    async def _reload(self) -> None:
        await self._arrive()

    async def _bad(self) -> None:
        await self._on("colorization")
        garbage = self.chance.choice([b"", b"no picture", self.photo[:1000], b"\x89PNG\r\n\x1a\n" + bytes(500)])
        shown = self._note("bad file", await self.visitor.give_photo("bad.jpg", "image/jpeg", garbage))
        shown = await self.visitor.run()
        if not any(REJECTED in text for text in shown.texts):
            raise AssertionError(f"a bad file is not refused: {shown.texts}")

    def _note(self, name: str, shown: Shown) -> Shown:
        self.notes.seconds[name].append(shown.seconds)
        for text in shown.texts:
            if any(refusal in text for refusal in REFUSALS):
                raise AssertionError(f"refused: {text}")
        return shown

    async def _look(self, shown: Shown, page: str) -> None:
        """Whose photo is it that the page shows?"""
        found = list(pictures_in(shown.components.get(PICTURES.get(page, ""), "")))
        if shown.pictures:  # the first is the one in the sidebar
            status, picture = await self.visitor.fetch(absolute(self.visitor.address, shown.pictures[0]))
            if status != 200:
                raise AssertionError(f"one's own picture: {status}")
            found.append(picture)
        for picture in found:
            whose = seen(picture, self.marks)
            self.notes.marks["unsure" if whose is None else "own" if whose == self.number else "foreign"] += 1
            self.notes.foreign += whose is not None and whose != self.number
