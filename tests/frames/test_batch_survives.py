"""Batches that are stopped, by full disks, by kills at any moment, by anything: they end as if nothing had been."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paper_dreams import STILL, PaperExecutor, finish, ideal, name, paper_job, results_in

from reverie.shared.frames import pieces
from reverie.shared.frames.batch import Batch, BatchState
from reverie.shared.frames.errors import Stopped
from reverie.shared.frames.run import Run
from reverie.shared.frames.settings import FrameSettings
from reverie.shared.settings import DreamSettings

ROW = {1: "one", 2: "two", 3: "broken", 4: "four", 5: "cut five", 6: "six"}


class Disk:
    """A disk with room for so many writes; the one that fills it is cut off in the middle."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.left = 10**9
        write, replace, put = os.write, Path.replace, pieces.write

        def cut_write(file: int, data: bytes) -> int:
            if self._fits():
                return write(file, data)
            write(file, data[: len(data) // 2])
            raise self._full()

        def cut_replace(path: Path, target: Path) -> Path:
            if not self._fits():
                raise self._full()
            return replace(path, target)

        def cut_put(path: Path, data: bytes) -> Iterator[bool]:
            if self._fits():
                return (yield from put(path, data))
            path.write_bytes(data[: len(data) // 2])
            raise self._full()

        patch.setattr(os, "write", cut_write)
        patch.setattr(Path, "replace", cut_replace)
        patch.setattr(pieces, "write", cut_put)

    def _fits(self) -> bool:
        self.left -= 1
        return self.left >= 0

    def _full(self) -> OSError:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_stops_with_a_sentence_and_goes_on_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    for room in range(200):
        folder = tmp_path / str(room)
        job = paper_job(folder, ROW)
        disk.left = room
        try:
            batch = finish(job)
        except Stopped as reason:
            problem, hint, stopped = str(reason), reason.hint, True
        else:
            problem, hint, stopped = batch.problem, batch.hint, batch.state is BatchState.STOPPED
        disk.left = 10**9
        if not stopped:
            assert room > 20
            break
        assert problem == f"The disk of {folder / 'out'} is full"
        assert "goes on" in hint
        # Whatever is there is whole.
        assert results_in(folder).items() <= ideal(ROW).items()
        finish(job)
        assert results_in(folder) == ideal(ROW)
    else:
        raise AssertionError("it never fitted")


def test_a_folder_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".reverie").write_text("in the way")
    with pytest.raises(Stopped, match="can't be written"):
        finish(paper_job(tmp_path, ROW))


PICTURES = st.dictionaries(
    st.integers(1, 12), st.sampled_from(["a", "b", "cut", "broken", "c"]), min_size=1, max_size=9
)


class Story:
    """A batch to which anything happens."""

    def __init__(self, folder: Path, pictures: dict[int, str], coherence: float, data: st.DataObject) -> None:
        self.folder, self.data = folder, data
        self.pictures = {number: f"{text} {number}" for number, text in pictures.items()}
        self.frames = FrameSettings(coherence=coherence)
        self.steps = dict.fromkeys(pictures, 1.0)
        self._written = 0
        # Kept, for what is thrown away tidies up behind itself, which nobody does who is killed.
        self._dropped: list[Run] = []

    def settings(self, number: int) -> DreamSettings:
        return STILL.replace(step=self.steps[number])

    def executor(self) -> PaperExecutor:
        lanes = self.data.draw(st.integers(1, 3), "lanes")
        # How often it is asked is a matter of time, and so nothing for hypothesis to draw.
        chance = random.Random(self.data.draw(st.integers(0, 99), "order"))
        executor = PaperExecutor(lanes, order=chance.randrange)
        executor.home = self.data.draw(st.sampled_from(["here", "there"]), "home")
        return executor

    def run_for(self, moments: int) -> None:
        """A run that is dropped after so many moments; nothing is tidied up, but for the lock, as by the system."""
        run = Run(Batch(self.job()), self.executor())
        for _ in range(moments):
            run.advance(0)
        run.batch.output.close()
        self._dropped.append(run)

    def change_keyframe(self) -> None:
        number = self.data.draw(st.sampled_from(sorted(self.steps)), "keyframe")
        self.steps[number] += 1.0

    def render_again(self) -> None:
        number = self.data.draw(st.sampled_from(sorted(self.pictures)), "rendered")
        self._written += 1
        self.pictures[number] += str(self._written)

    def lose_a_result(self) -> None:
        file = self.folder / "out" / name(self.data.draw(st.integers(1, 12), "lost"))
        file.unlink(missing_ok=True)

    def spoil_a_record(self) -> None:
        for record in (self.folder / "out" / ".reverie").glob("*.jsonl"):
            whole = record.read_bytes()
            lost = self.data.draw(st.integers(0, min(300, len(whole) // 2)), "spoiled")
            record.write_bytes(whole[: len(whole) - lost])

    def spoil_a_memory(self) -> None:
        for memory in (self.folder / "out" / ".reverie").rglob("*.memory"):
            memory.write_bytes(memory.read_bytes()[:-1])

    def job(self) -> object:
        cuts = {number for number, text in self.pictures.items() if "cut" in text}
        known = self.data.draw(st.sets(st.sampled_from(sorted(cuts))), "known cuts") if cuts else set()
        return paper_job(self.folder, self.pictures, self.settings, frames=self.frames, cuts=frozenset(known))

    def check(self) -> None:
        batch = finish(self.job(), self.executor())
        assert batch.state is BatchState.DONE, batch.problem
        told = {failure.number: failure.problem for failure in batch.failures if failure.problem != "It is broken"}
        assert not told
        assert results_in(self.folder) == ideal(self.pictures, self.settings, self.frames.coherence)


@settings(max_examples=40, deadline=None)
@given(pictures=PICTURES, coherence=st.sampled_from([0.0, 1.0]), data=st.data())
def test_whatever_happens_the_results_are_those_of_one_undisturbed_run(
    tmp_path_factory: pytest.TempPathFactory, pictures: dict[int, str], coherence: float, data: st.DataObject
) -> None:
    story = Story(tmp_path_factory.mktemp("story"), pictures, coherence, data)
    happenings: list[Callable[[], None]] = [
        lambda: story.run_for(data.draw(st.integers(0, 30), "moments")),
        story.change_keyframe,
        story.render_again,
        story.lose_a_result,
        story.spoil_a_record,
        story.spoil_a_memory,
    ]
    for happening in data.draw(st.lists(st.sampled_from(range(len(happenings))), max_size=6), "happenings"):
        happenings[happening]()
    # A frame that was dreamed before and is broken now keeps its old file: nobody's work is deleted.
    for number, text in story.pictures.items():
        if "broken" in text:
            (story.folder / "out" / name(number)).unlink(missing_ok=True)
    story.check()


# Dreams of a few milliseconds, so that a kill meets all that happens in between.
SLOWLY = """
import sys, time
from pathlib import Path
from paper_dreams import PaperExecutor, finish, paper_job

class Slow(PaperExecutor):
    def poll(self):
        time.sleep(0.004)
        return super().poll()

pictures = {number: ("cut" if number % 25 == 0 else f"picture {number}") for number in range(1, 61)}
finish(paper_job(Path(sys.argv[1]), pictures), Slow())
"""


@pytest.mark.parametrize(
    "kills",
    [pytest.param(5), pytest.param(40, marks=pytest.mark.endurance)],
)
def test_killed_at_any_moment_it_goes_on_where_it_was(tmp_path: Path, kills: int) -> None:
    pictures = {number: ("cut" if number % 25 == 0 else f"picture {number}") for number in range(1, 61)}
    support = Path(__file__).parents[1] / "support"
    environment = {**os.environ, "PYTHONPATH": str(support)}
    chance = random.Random(7)
    out = tmp_path / "out"
    killed = 0
    for _ in range(kills):
        process = subprocess.Popen([sys.executable, "-c", SLOWLY, str(tmp_path)], env=environment)
        before = len(list(out.glob("*.png"))) if out.is_dir() else 0
        while process.poll() is None and len(list(out.glob("*.png")) if out.is_dir() else []) == before:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.04))
        killed += process.poll() is None
        process.kill()
        process.wait()
        assert process.returncode in (0, -signal.SIGKILL)
        if len(list(out.glob("*.png"))) == 60:
            break
    assert killed >= min(kills, 3)
    subprocess.run([sys.executable, "-c", SLOWLY, str(tmp_path)], env=environment, check=True, timeout=120)
    assert results_in(tmp_path) == ideal(pictures)
    assert not list(out.rglob("*.part"))
