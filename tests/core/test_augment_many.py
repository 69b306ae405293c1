"""Many pictures at once: the same draws as one by one, bad files named, bounds kept, archives given away."""

import io
import pickle
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from core import augment_many
from core.augment_many import Archive, Many, Progress, found, start
from core.errors import ImageRejected, JobError, PipelineRejected, ZipRejected
from core.images import decode, encode, fit_within
from core.pipeline_text import parse
from core.pipelines import Pipeline, Runner
from core.zips import packed

PIPELINE = Pipeline(entries=parse("Rotate\nGaussianBlur sometimes=0.5"), seed=3)


@pytest.fixture
def small(sample) -> np.ndarray:
    return np.ascontiguousarray(fit_within(sample, 40))


def done(files, copies: int, pipeline: Pipeline = PIPELINE) -> Archive:
    work = Many([files], pipeline, copies)
    while work.step():
        pass
    now = work.found()
    assert isinstance(now, Archive)
    return now


def opened(archive: Archive) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive.read())) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


def test_results_are_the_draws_of_the_pipeline(small):
    mirrored = np.ascontiguousarray(small[:, ::-1])
    files = packed([("a.png", encode(small, "png")), ("b.png", encode(mirrored, "png"))])
    results = opened(done(files, 2))
    assert list(results) == ["a-01.png", "a-02.png", "b-01.png", "b-02.png"]
    runner = Runner(PIPELINE)
    for image, name in zip((small, small, mirrored, mirrored), results, strict=True):
        assert (decode(results[name]) == runner.image(image)).all()


def test_names_that_would_meet_are_kept_apart_and_jpeg_stays_jpeg(small):
    png = encode(small, "png")
    files = [("a.png", png), ("a.webp", encode(small, "webp")), ("a.jpg", encode(small, "jpeg"))]
    results = opened(done(files, 1))
    assert list(results) == ["a-01.png", "a-01-2.png", "a-01.jpg"]
    assert results["a-01.jpg"][:2] == b"\xff\xd8"


def test_bad_files_are_named_and_the_others_done(small):
    files = [("bad.png", b"no picture"), ("good.png", encode(small, "png"))]
    archive = done(files, 2)
    assert list(opened(archive)) == ["good-01.png", "good-02.png"]
    ((name, error),) = archive.progress.problems
    assert (name, type(error), error.reason) == ("bad.png", ImageRejected, "not_a_picture")
    assert (archive.progress.done, archive.progress.of, archive.progress.written) == (2, 2, 2)


def test_a_large_picture_is_made_smaller_and_a_slow_draw_is_given_up(small, monkeypatch):
    large = encode(np.zeros((10, 3000, 3), np.uint8), "png")
    assert decode(opened(done([("a.png", large)], 1, Pipeline()))["a-01.png"]).shape[1] == augment_many.SIDE_PX
    monkeypatch.setattr("core.augment_many.DRAW_S", -1.0)
    ((name, error),) = done([("a.png", encode(small, "png"))], 1).progress.problems
    assert (name, type(error), error.reason) == ("a.png", PipelineRejected, "too_slow")


def test_an_archive_is_full_at_its_bound_even_while_it_is_watched(small, monkeypatch):
    monkeypatch.setattr("core.augment_many.MOST_OUT", 15_000)
    png = encode(small, "png")
    work = Many([[("a.png", png)] * 9], PIPELINE, 5)
    while work.step():
        assert isinstance(work.found(), Progress)
    archive = work.found()
    assert isinstance(archive, Archive)
    assert archive.progress.is_full
    assert len(opened(archive)) == archive.progress.written < 45
    assert len(archive.read()) < 15_000 + 3 * len(png) + 200 * archive.progress.written


def test_good_pictures_are_counted_however_many_are_bad(small):
    archive = done([("bad.png", b"x")] * 120 + [("good.png", encode(small, "png"))], 1)
    assert (archive.progress.good, archive.progress.done, archive.progress.of) == (1, 121, 121)
    assert len(archive.progress.problems) == augment_many.MOST_PROBLEMS


def test_a_picture_that_a_step_cannot_do_with_is_one_bad_file(small):
    strip = encode(np.random.default_rng(0).integers(0, 256, (1, 500, 3), np.uint8), "png")
    files = [("strip.png", strip), ("good.png", encode(small, "png"))]
    archive = done(files, 1, Pipeline(entries=parse("KMeansColorQuantization")))
    assert list(opened(archive)) == ["good-01.png"]
    assert [(name, error.reason) for name, error in archive.progress.problems] == [("strip.png", "failed")]


def test_many_may_read_at_once(small):
    archive = done([("a.png", encode(small, "png"))], 3)
    whole = archive.read()
    with ThreadPoolExecutor(4) as pool:
        assert all(found == whole for found in pool.map(lambda _: archive.read(), range(100)))


def test_what_is_hostile_is_refused_before_it_begins(small):
    png = encode(small, "png")
    for files, copies, reason in (
        (b"no zip", 1, "not_a_zip"),
        (packed([("a.txt", b"x")]), 1, "no_pictures"),
        ([], 1, "no_pictures"),
        ([("a.png", b"x")] * 501, 1, "too_many"),
        ([("a.png", png)] * 200, 11, "too_many_results"),
    ):
        with pytest.raises(ZipRejected) as caught:
            start(files, PIPELINE, copies)
        assert caught.value.reason == reason


def test_an_entry_that_lies_ends_the_run_with_a_sentence_and_keeps_what_is_done(small):
    png = encode(small, "png")
    files = bytearray(packed([("a.png", png), ("b.png", png)]))
    files[files.rindex(b"b.png", 0, files.index(b"PK\x01\x02")) + 8] ^= 0xFF  # a byte of the second picture
    archive = done(bytes(files), 1)
    assert list(opened(archive)) == ["a-01.png"]
    ((name, error),) = archive.progress.problems
    assert (name, error.reason) == ("b.png", "broken")


def test_a_job_tells_how_far_it_is_and_then_gives_the_archive(small):
    job = start([("a.png", encode(small, "png"))], PIPELINE, 2)
    seen = []
    while not seen or isinstance(seen[-1], Progress):
        seen.append(found(job))
    assert seen[-1].progress.written == 2
    assert all(one.of == 1 for one in seen[:-1])


def test_a_cancelled_job_keeps_what_it_has(small):
    job = start([("a.png", encode(small, "png"))] * 400, PIPELINE, 5)
    while not (now := found(job)).written:
        assert isinstance(now, Progress)
    job.send("cancel")
    while isinstance(now := found(job), Progress):
        assert now.done < 400
    assert 1 <= now.progress.written == len(opened(now)) < 2000


def test_the_oldest_archive_gives_way(small, monkeypatch):
    monkeypatch.setattr("core.augment_many.MOST_KEPT", 2)
    monkeypatch.setattr("core.augment_many._kept", [])
    files = [("a.png", encode(small, "png"))]
    jobs, held = [], None
    for _ in range(3):
        jobs.append(start(files, PIPELINE, 1))
        while isinstance(found(jobs[-1]), Progress):
            pass
        held = held or found(jobs[0])
    with pytest.raises(JobError):
        found(jobs[0])
    assert len(opened(held)) == 1  # who has it may read it to its end
    assert isinstance(found(jobs[1]), Archive)
    assert isinstance(found(jobs[2]), Archive)


def test_an_archive_goes_to_another_process(small):
    archive = done([("a.png", encode(small, "png"))], 2)
    other = pickle.loads(pickle.dumps(archive))
    assert other.progress == archive.progress
    assert other.read() == archive.read() == other.read()
