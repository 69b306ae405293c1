"""Background jobs: watched, paused, commanded, cancelled, queued, forgotten. Tests wait for states, not for a time."""

import gc
import os
import threading
import time
import weakref

import pytest

from core import local_job, slots
from core.askers import Asker, asker, asking
from core.errors import JobError
from core.job import ENDED, OVER, Watcher
from core.local_job import LocalJob as Job
from core.local_jobs import LocalJobs as Jobs
from core.work import Work

PATIENCE_S = 30


class Counting(Work):
    """Counts to `end`; remembers commands."""

    def __init__(self, end: int = 10**9) -> None:
        self.n, self.end, self.heard = 0, end, []

    def rest_s(self) -> float | None:
        return None

    def result(self) -> int:
        return self.n

    def step(self) -> bool:
        self.n += 1
        time.sleep(0.001)  # what work takes
        return self.n < self.end

    def command(self, name, value) -> bool:
        self.heard.append((name, value))
        if name == "fail":
            raise ZeroDivisionError
        if name == "more":
            self.end += value
            return True
        return False

    def frame(self) -> bytes:
        return str(self.n).encode()


def until(condition) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


class Eyes(Watcher):
    """A watcher that can wait for its frame."""

    def __init__(self, job: Job) -> None:
        self.frames: list[bytes] = []
        self.came = threading.Event()
        super().__init__(self.take)
        self.job = job
        job.watch(self)

    def take(self, frame: bytes) -> None:
        self.frames.append(frame)
        self.came.set()

    def next(self) -> int:
        self.came.clear()
        self.job.ask(self)
        assert self.came.wait(PATIENCE_S)
        return int(self.frames[-1])


def test_frames_come_when_asked_for_and_count_on():
    job = Jobs().start(Counting)
    eyes = Eyes(job)
    first, second = eyes.next(), eyes.next()
    assert 0 < first < second
    until(lambda: job.version > second + 5)
    assert len(eyes.frames) == 2  # none that nobody asked for
    job.send("cancel")
    until(lambda: job.state == "cancelled")


def test_pause_resume_and_commands():
    work = Counting()
    job = Jobs().start(lambda: work)
    eyes = Eyes(job)
    eyes.next()
    job.send("pause")
    until(lambda: job.state == "paused")
    at = work.n
    job.send("turn", 3)
    until(lambda: work.heard == [("turn", 3)])
    assert eyes.next() == at
    job.send("resume")
    until(lambda: work.n > at)
    job.send("cancel")
    until(lambda: job.state == "cancelled")


def test_a_finished_job_answers_and_can_go_on():
    work = Counting(3)
    job = Jobs().start(lambda: work)
    eyes = Eyes(job)
    until(lambda: job.state == "finished")
    assert eyes.next() == 3
    job.send("more", 2)
    until(lambda: work.n == 5 and job.state == "finished")
    assert eyes.next() == 5
    job.send("cancel")
    until(lambda: job.state == "cancelled")


def test_a_few_run_and_the_others_see_their_place():
    some = Jobs(most_running=2, slice_s=PATIENCE_S)
    started = []
    for n in range(4):
        started.append(some.start(Counting))
        until(lambda n=n: started[n].state == ("running" if n < 2 else "queued"))
    eyes = [Eyes(job) for job in started]
    assert [job.place for job in started] == [0, 0, 1, 2]
    assert eyes[3].next() == 0  # it is seen while it waits
    started[0].send("cancel")
    until(lambda: [job.place for job in started] == [0, 0, 0, 1])
    assert eyes[2].next() >= 0
    started[1].send("pause")  # a paused one gives its place away, and waits for it again
    until(lambda: started[3].state == "running")
    started[1].send("resume")
    until(lambda: started[1].place == 1)
    started[2].send("cancel")
    until(lambda: started[1].state == "running")
    some.stop()
    until(lambda: all(job.state == "cancelled" for job in started))


def test_a_turn_goes_round():
    some = Jobs(most_running=1, slice_s=0.02)
    works = [Counting() for _ in range(3)]
    started = [some.start(lambda work=work: work) for work in works]
    until(lambda: all(work.n > 50 for work in works))
    assert len(started) > some.most_running  # each had its turn, though none has ended
    assert {job.state for job in started} <= {"running", "queued"}
    some.stop()
    until(lambda: all(job.state == "cancelled" for job in started))


def test_what_rests_between_its_steps_needs_no_turn():
    class Slow(Counting):
        due = 0.0

        def rest_s(self) -> float | None:
            return max(0.0, self.due - time.monotonic())

        def step(self) -> bool:
            self.due = time.monotonic() + 0.002
            self.n += 1
            return True

    some = Jobs(most_running=1, slice_s=PATIENCE_S)
    first = some.start(Counting)
    until(lambda: first.state == "running")
    resting = [some.start(Slow) for _ in range(3)]
    until(lambda: all(job.version > 3 and job.state == "running" for job in resting))
    assert [job.place for job in resting] == [0, 0, 0]
    some.stop()


def test_cancel_is_heard_before_the_commands_that_wait():
    entered, leave = threading.Event(), threading.Event()

    class Long(Counting):
        def command(self, name, value) -> bool:
            self.heard.append(name)
            entered.set()
            return not leave.wait(PATIENCE_S)

    work = Long()
    job = Jobs().start(lambda: work, is_paused=True)
    for _ in range(20):
        job.send("long")
    assert entered.wait(PATIENCE_S)
    job.send("cancel")
    leave.set()
    until(lambda: job.state == "cancelled")
    assert work.heard == ["long"]


def test_commands_of_many_are_not_all_done_at_once():
    together, most = [], []

    class Long(Counting):
        def command(self, name, value) -> bool:
            together.append(1)
            most.append(len(together))
            time.sleep(0.01)  # what work takes
            together.pop()
            return False

    some = Jobs(most_running=2)
    works = [Long() for _ in range(6)]
    started = [some.start(lambda work=work: work, is_paused=True) for work in works]
    for job in started:
        for _ in range(5):
            job.send("long")
    until(lambda: len(most) == 30)
    assert max(most) == 2
    some.stop()


def test_an_owners_job_is_found_by_its_owner_alone():
    some = Jobs()
    job = some.start(Counting, owner="me")
    assert some.find(job.token, "me") is job
    assert some.find(job.token, "you") is None
    assert some.find(job.token) is None
    some.stop()


def test_the_end_leaves_frame_and_result_and_no_work():
    made: list[weakref.ref] = []

    def make() -> Counting:
        work = Counting()
        made.append(weakref.ref(work))
        return work

    job = Jobs().start(make)
    until(lambda: job.version > 3)
    assert made[0]() is not None
    job.send("cancel")
    until(lambda: job.state == "cancelled")
    assert job.result > 0
    assert job.last == str(job.result).encode()

    def is_gone() -> bool:
        gc.collect()
        return made[0]() is None

    until(is_gone)


def test_what_nobody_watches_ends_and_is_forgotten():
    some = Jobs(idle_s=0.05, kept_s=0.05)
    job, watched = some.start(Counting), some.start(Counting)
    Eyes(watched)
    until(lambda: job.state == "forgotten")
    assert watched.state == "running"
    with pytest.raises(JobError):
        job.make()  # it holds no work any more
    until(lambda: time.monotonic() - job.watched_at > 0.1)
    other = some.start(Counting)
    assert some.find(job.token) is None
    assert some.find(watched.token) is watched
    assert some.find(other.token) is other
    some.stop()
    until(lambda: watched.state in ENDED and other.state in ENDED)


def test_what_has_come_to_its_end_is_not_forgotten_like_the_rest():
    some = Jobs(idle_s=0.05)
    job = some.start(lambda: Counting(end=3))
    until(lambda: job.state == "done")
    assert job.result == 3
    assert job.now(lambda work: None) == 3


def test_a_failure_is_logged_and_the_next_one_runs(caplog):
    some = Jobs(most_running=1)
    job, other = some.start(Counting), some.start(Counting)
    Eyes(other)
    Eyes(job).next()
    job.send("fail")
    until(lambda: job.state == "failed")
    assert job.problem
    assert job.problem in caplog.text
    until(lambda: other.state == "running")
    some.stop()


@pytest.mark.parametrize(("stands", "state"), [(15, "finished"), (0, "failed")])
def test_who_stands_further_back_stays_there_and_what_does_not_begin_is_said(monkeypatch, caplog, stands, state):
    def refuse(*_thread_and_niceness: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "getpriority", lambda *_thread: stands)
    monkeypatch.setattr(os, "setpriority", refuse)  # as for anybody who is not root
    some = Jobs()
    job = some.start(lambda: Counting(3))
    until(lambda: job.state == state)
    assert job.problem in caplog.text
    some.stop()


class Private(Counting):
    """Holds what is its visitor's own."""

    is_kept = False


class Public(Counting):
    """Holds nothing of anybody."""

    is_kept = True


@pytest.mark.parametrize(("kind", "is_gone"), [(Private, True), (Public, False)])
@pytest.mark.parametrize("end", [3, 10**9])
def test_what_is_a_visitors_own_goes_with_them(monkeypatch, kind, is_gone, end):
    monkeypatch.setattr(local_job, "UNWATCHED_S", -1.0)
    some = Jobs(idle_s=0.0 if end == 3 else 60.0)
    job = some.start(lambda: kind(end))
    until(lambda: job.state in OVER if end == 3 else job.state == "running")
    eyes = Eyes(job)
    assert some.leave(job.token) is not is_gone  # is there nothing more to ask for?
    some.tidy()
    assert some.find(job.token) is job  # another tab looks on
    job.leave(eyes)
    until(lambda: some.leave(job.token))
    some.tidy()
    assert (some.find(job.token) is None) == is_gone
    assert (job.result is None) == (is_gone or end != 3)
    some.stop()


def test_there_is_an_end_of_jobs(monkeypatch):
    monkeypatch.setattr(slots, "MAX_ALIVE", 3)
    some = Jobs(most_running=1)
    resting = [some.start(Counting, is_paused=True) for _ in range(3)]
    until(lambda: all(job.state == "paused" for job in resting))
    with pytest.raises(JobError):
        some.start(Counting)
    resting[0].send("cancel")
    until(lambda: resting[0].state == "cancelled")
    assert some.start(Counting).token
    some.stop()


def test_tokens_cannot_be_guessed():
    some = Jobs()
    tokens = {some.start(lambda: Counting(1)).token for _ in range(20)}
    assert len(tokens) == 20
    assert all(len(token) >= 20 for token in tokens)
    some.stop()


def test_a_question_is_answered_by_the_jobs_own_thread():
    job = Jobs().start(Counting)
    until(lambda: job.state == "running")
    name, n = job.answer(lambda work: (threading.current_thread().name, work.n))
    assert name.startswith("job-")
    job.send("pause")
    until(lambda: job.state == "paused")
    assert job.answer(lambda work: work.n) >= n
    with pytest.raises(ZeroDivisionError):
        job.answer(lambda work: work.n / 0)
    assert job.answer(lambda work: work.heard) == []  # the question's fault is not the job's
    job.send("cancel")
    until(lambda: job.state == "cancelled")
    with pytest.raises(JobError) as raised:
        job.answer(lambda work: work.n)
    assert raised.value.reason == "ended"


def test_one_that_waits_answers_too():
    some = Jobs(most_running=1, slice_s=PATIENCE_S)
    first = some.start(Counting)
    until(lambda: first.state == "running")
    second = some.start(Counting)
    until(lambda: second.place == 1)
    assert second.answer(lambda work: work.n) == 0
    some.stop()
    until(lambda: first.state == "cancelled" and second.state == "cancelled")


def test_one_that_is_busy_says_so(monkeypatch):
    monkeypatch.setattr(local_job, "ANSWER_S", 0.05)
    leave = threading.Event()

    class Long(Counting):
        def step(self) -> bool:
            return leave.wait(PATIENCE_S)

    job = Jobs().start(Long)
    until(lambda: job.state == "running")
    with pytest.raises(JobError) as raised:
        job.answer(lambda work: work.n)
    assert raised.value.reason == "busy"
    leave.set()
    job.send("cancel")


def test_a_token_of_ones_own_finds_the_job():
    some = Jobs()
    job = some.start(Counting, token="mine")
    assert some.find("mine") is job
    assert some.start(Counting, token="mine") is job
    others = some.start(Counting, token="mine", owner="you")
    assert others.token != "mine"
    assert some.find("mine") is job
    some.stop()


def test_an_owner_and_an_address_have_so_many_and_no_more(monkeypatch):
    monkeypatch.setenv("CAMADAS_JOBS", "2")
    monkeypatch.setenv("CAMADAS_ADDRESS_JOBS", "3")
    some = Jobs()
    with asking(Asker("me", "school")):
        mine = [some.start(Counting, owner="me") for _ in range(2)]
        with pytest.raises(JobError) as caught:
            some.start(Counting, owner="me")
        assert caught.value.reason == "too_many_own"
        some.start(Counting, owner="you")
        with pytest.raises(JobError):
            some.start(Counting, owner="somebody")  # the school has three already
    with asking(Asker("me", "home")):
        mine[0].send("cancel")
        until(lambda: mine[0].state == "cancelled")
        some.start(Counting, owner="me")  # there is room again
    some.stop()


def test_who_is_not_watched_gives_way_at_once():
    some = Jobs(most_running=1, slice_s=PATIENCE_S)
    alone = some.start(Counting)
    until(lambda: alone.state == "running")
    alone.watched_at -= local_job.UNWATCHED_S + 1
    watched = some.start(Counting)
    Eyes(watched)
    until(lambda: watched.state == "running" and alone.state == "queued")
    others = [some.start(Counting) for _ in range(2)]
    Eyes(others[1])
    until(lambda: [job.state for job in others] == ["queued", "queued"])
    others[0].watched_at -= local_job.UNWATCHED_S + 1
    until(lambda: others[1].place == 1 and others[0].place == 3)  # each says within half a second whether it is watched
    assert [job.place for job in (others[1], alone, others[0])] == [1, 2, 3]
    some.stop()


def test_an_owner_with_fewer_turns_is_next():
    some = Jobs(most_running=2, slice_s=PATIENCE_S)
    first = [some.start(Counting, owner=owner) for owner in ("greedy", "other")]
    until(lambda: [job.state for job in first] == ["running", "running"])
    second, third = some.start(Counting, owner="greedy"), some.start(Counting, owner="modest")
    until(lambda: [second.state, third.state] == ["queued", "queued"])
    assert [third.place, second.place] == [1, 2]
    some.stop()


def test_jobs_are_counted_by_state():
    some = Jobs()
    job = some.start(Counting)
    until(lambda: job.state == "running")
    assert some.count()["running"] == 1
    assert some.count()["failed"] == 0
    some.stop()
    until(lambda: some.count()["cancelled"] == 1)


def test_a_job_computes_for_whoever_began_it():
    class Asking(Counting):
        def step(self) -> bool:
            self.who = asker()
            return super().step()

    work = Asking()
    with asking(Asker("me", "school")):
        job = Jobs().start(lambda: work)
    until(lambda: work.n > 0)
    assert work.who == Asker("me", "school")
    job.send("cancel")


class Keeping(Counting):
    is_kept = True


def test_what_may_be_is_written_down_at_the_end_and_goes_on_in_another_server(tmp_path):
    before, after = Jobs(), Jobs()
    running = before.start(Keeping, "about", owner="me")
    paused = before.start(Keeping, owner="me")
    with_photo = before.start(Counting, owner="me")
    until(lambda: all(job.version > 3 for job in (running, paused, with_photo)))
    paused.send("pause")
    until(lambda: paused.state == "paused")
    before.stop(tmp_path)
    assert {job.state for job in (running, paused, with_photo)} == {"cancelled"}
    assert {file.stem for file in tmp_path.iterdir()} == {running.token, paused.token}
    assert {file.stat().st_mode & 0o077 for file in tmp_path.iterdir()} == {0}
    after.look_in(tmp_path)
    assert after.find(running.token, "somebody") is None
    assert not after._jobs  # nor does it go on by that
    again = after.find(running.token, "me")
    assert again.about == "about"
    until(lambda: again.state == "running" and again.version > 3)
    assert int(again.answer(lambda work: work.n)) > running.result
    still = after.find(paused.token, "me")
    until(lambda: still.state == "paused")
    assert still.answer(lambda work: work.n) == paused.result
    assert after.find(with_photo.token, "me") is None
    assert not list(tmp_path.iterdir())
    after.stop()


@pytest.mark.parametrize("token", ["../../etc/passwd", "a/b", "", "a" * 65, "gone"])
def test_a_token_is_no_path(tmp_path, token):
    some = Jobs()
    some.look_in(tmp_path / "runs")
    (tmp_path / "b.run").write_bytes(b"no pickle")
    assert some.find(token) is None


def test_what_was_written_down_is_gone_after_a_while_and_what_is_broken_harms_nobody(tmp_path):
    old, broken = tmp_path / "old.run", tmp_path / "broken.run"
    old.write_bytes(b"")
    broken.write_bytes(b"no pickle")
    os.utime(old, (0, 0))
    some = Jobs()
    some.look_in(tmp_path)
    assert not old.exists()
    assert some.find("broken") is None
    assert not broken.exists()
