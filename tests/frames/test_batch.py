"""Batches: what is dreamed, what is left alone, and what becomes of frames that can't be dreamed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from paper_dreams import STILL, PaperExecutor, finish, ideal, name, paper_job, results_in

from reverie.shared.frames.batch import Batch, BatchState, FrameState
from reverie.shared.frames.errors import BatchError
from reverie.shared.frames.frame import FrameEvent
from reverie.shared.frames.run import Run
from reverie.shared.frames.settings import FrameSettings
from reverie.shared.frames.source import Files, Growing, OneFile
from reverie.shared.settings import DreamSettings

ROW = {number: f"picture {number}" for number in range(1, 9)}
ALONE = FrameSettings(coherence=0.0)


def test_frames_go_on_from_one_another_and_a_second_run_dreams_nothing(tmp_path: Path) -> None:
    first, second = PaperExecutor(), PaperExecutor()
    batch = finish(paper_job(tmp_path, ROW), first)
    assert (batch.state, batch.progress.done, first.begun) == (BatchState.DONE, 8, list(ROW))
    assert results_in(tmp_path) == ideal(ROW)
    batch = finish(paper_job(tmp_path, ROW), second)
    assert (batch.progress.skipped, batch.progress.finished, second.begun) == (8, 8, [])


def test_the_executor_is_told_what_comes_next_while_a_frame_is_dreamed(tmp_path: Path) -> None:
    executor = PaperExecutor()
    finish(paper_job(tmp_path, ROW), executor)
    assert [after for after, _ in executor.expected] == list(ROW)[:-1]
    assert [bytes(request.frame.data).decode() for _, request in executor.expected] == list(ROW.values())[1:]
    # All memories but the last frame's are given up.
    assert len(executor.forgotten) == 7


def test_a_changed_keyframe_dreams_what_it_touches(tmp_path: Path) -> None:
    def later(number: int) -> DreamSettings:
        return STILL.replace(step=3.0) if number >= 6 else STILL

    def once(number: int) -> DreamSettings:
        return STILL.replace(step=3.0) if number == 6 else STILL

    for place, frames, settings, dreamed in (
        ("coherent", FrameSettings(), later, [6, 7, 8]),
        ("alone", ALONE, once, [6]),
    ):
        folder = tmp_path / place
        finish(paper_job(folder, ROW, frames=frames))
        before = {file: (folder / "out" / file).stat().st_mtime_ns for file in results_in(folder)}
        executor = PaperExecutor()
        finish(paper_job(folder, ROW, settings, frames=frames), executor)
        assert [number for number in executor.begun if number >= 6] == dreamed
        assert results_in(folder) == ideal(ROW, settings, frames.coherence)
        after = {file: (folder / "out" / file).stat().st_mtime_ns for file in before}
        assert {file for file in before if after[file] != before[file]} == {name(number) for number in dreamed}


def test_only_room_for_smaller_tiles_changes_nothing(tmp_path: Path) -> None:
    finish(paper_job(tmp_path, ROW))
    executor = PaperExecutor()
    finish(paper_job(tmp_path, ROW, lambda number: STILL.replace(tile=256)), executor)
    assert executor.begun == []


def test_another_picture_mask_or_guide_is_noticed(tmp_path: Path) -> None:
    guide, mask = tmp_path / "guide.png", tmp_path / "mask.png"
    guide.write_bytes(b"guide")
    mask.write_bytes(b"mask")
    job = paper_job(tmp_path, ROW, guide=guide, mask=OneFile(mask), frames=ALONE)
    finish(job)
    for path in (guide, mask):
        path.write_bytes(path.read_bytes() + b"!")
        assert finish(job).progress.done == 8
    pictures = {**ROW, 3: "another picture"}
    assert finish(paper_job(tmp_path, pictures, guide=guide, mask=OneFile(mask), frames=ALONE)).progress.done == 1


def test_a_frame_without_its_mask_fails_and_the_rest_goes_on(tmp_path: Path) -> None:
    masks = {number: tmp_path / f"mask{number}.png" for number in ROW}
    for number, path in masks.items():
        path.write_text(f"mask {number}")
    del masks[4]
    batch = finish(paper_job(tmp_path, ROW, mask=Files(masks)))
    assert [(each.number, "frame 4" in each.problem) for each in batch.failures] == [(4, True)]
    assert batch.progress.done == 7


def test_a_broken_frame_is_told_and_the_next_begins_afresh(tmp_path: Path) -> None:
    pictures = {**ROW, 3: "broken", 6: "broken"}
    batch = finish(paper_job(tmp_path, pictures))
    assert [(each.number, each.problem, each.hint) for each in batch.failures] == [
        (3, "It is broken", "Render it again."),
        (6, "It is broken", "Render it again."),
    ]
    assert results_in(tmp_path) == ideal(pictures)
    # Tried again, and nothing else; once it is mended, what goes on from it is dreamed anew.
    executor = PaperExecutor()
    assert finish(paper_job(tmp_path, pictures), executor).progress.failed == 2
    assert executor.begun == [3, 6]
    mended = {**pictures, 3: "mended"}
    executor = PaperExecutor()
    finish(paper_job(tmp_path, mended), executor)
    assert executor.begun == [3, 4, 5, 6]
    assert results_in(tmp_path) == ideal(mended)


def test_a_file_that_can_not_be_read_is_a_broken_frame(tmp_path: Path) -> None:
    job = paper_job(tmp_path, ROW)
    (tmp_path / "in" / name(2)).unlink()
    (tmp_path / "in" / name(2)).mkdir()
    batch = finish(job)
    assert [(each.number, "0002.png can't be read" in each.problem) for each in batch.failures] == [(2, True)]
    assert batch.progress.done == 7


def test_a_memory_that_is_gone_is_dreamed_again_without_rewriting(tmp_path: Path) -> None:
    finish(paper_job(tmp_path, ROW))
    before = {file: (tmp_path / "out" / file).stat().st_mtime_ns for file in results_in(tmp_path)}
    (tmp_path / "out" / name(5)).unlink()
    executor = PaperExecutor()
    batch = finish(paper_job(tmp_path, ROW), executor)
    assert executor.begun == [1, 2, 3, 4, 5]
    assert (batch.progress.done, batch.progress.again, batch.progress.skipped) == (1, 4, 7)
    assert results_in(tmp_path) == ideal(ROW)
    after = {file: (tmp_path / "out" / file).stat().st_mtime_ns for file in before}
    assert [file for file in before if after[file] != before[file]] == [name(5)]


def test_an_executor_of_another_home_does_not_get_foreign_memories(tmp_path: Path) -> None:
    batch = Batch(paper_job(tmp_path, ROW))
    run = Run(batch, PaperExecutor())
    while batch.progress.done < 3:
        run.advance()
    run.cancel()
    executor = PaperExecutor(home="elsewhere")
    finish(paper_job(tmp_path, ROW), executor)
    assert executor.begun == [1, 2, 3, 4, 5, 6, 7, 8]
    assert results_in(tmp_path) == ideal(ROW)


def test_memories_a_server_has_lost_are_made_again(tmp_path: Path) -> None:
    executor = PaperExecutor()
    batch = Batch(paper_job(tmp_path, ROW))
    run = Run(batch, executor)
    while batch.progress.done < 5:
        run.advance()
    run.cancel()
    for path in (tmp_path / "out" / ".reverie").rglob("*.memory"):
        executor.lost.add(path.read_bytes()[32:])
    restarted = PaperExecutor(heals=True)
    restarted.lost = executor.lost
    finish(paper_job(tmp_path, ROW), restarted)
    assert results_in(tmp_path) == ideal(ROW)
    assert restarted.begun == [6, 1, 2, 3, 4, 5, 6, 7, 8]


def test_part_of_a_sequence_comes_out_as_in_the_whole(tmp_path: Path) -> None:
    part, again = PaperExecutor(), PaperExecutor()
    batch = finish(paper_job(tmp_path, ROW, only=(5, 6)), part)
    assert part.begun == [1, 2, 3, 4, 5, 6]
    assert (batch.progress.total, batch.progress.again) == (2, 4)
    assert results_in(tmp_path) == {name(number): ideal(ROW)[name(number)] for number in (5, 6)}
    assert finish(paper_job(tmp_path, ROW, only=(5, 6)), again).progress.skipped == 2
    # The next part goes on from the memory of the one before.
    after = PaperExecutor()
    finish(paper_job(tmp_path, ROW, only=(7, 8)), after)
    assert after.begun == [7, 8]
    cut = PaperExecutor()
    finish(paper_job(tmp_path / "cut", ROW, only=(5, 6), cuts=frozenset({4})), cut)
    assert cut.begun == [4, 5, 6]
    alone = PaperExecutor()
    finish(paper_job(tmp_path / "alone", ROW, only=(5, 6), frames=ALONE), alone)
    assert alone.begun == [5, 6]


def test_a_cut_that_was_found_is_remembered(tmp_path: Path) -> None:
    pictures = {**ROW, 5: "cut"}
    finish(paper_job(tmp_path, pictures))
    assert results_in(tmp_path) == ideal(pictures)
    executor = PaperExecutor(lanes=2)
    assert finish(paper_job(tmp_path, pictures, cuts=frozenset({5})), executor).progress.skipped == 8
    # What is before the cut matters no more to what comes after it.
    finish(paper_job(tmp_path, {**pictures, 1: "another"}), executor)
    assert executor.begun == [1, 2, 3, 4]


def test_shots_are_dreamed_at_once_and_come_out_the_same(tmp_path: Path) -> None:
    pictures = {**{number: f"picture {number}" for number in range(1, 21)}, 7: "cut 7", 13: "cut 13"}
    del pictures[16]
    at_work = []

    class Watched(PaperExecutor):
        def poll(self) -> Iterable[FrameEvent]:
            at_work.append(len(self._asked))
            return super().poll()

    executor = Watched(lanes=3, order=lambda count: count - 1)
    finish(paper_job(tmp_path, pictures, cuts=frozenset({7, 13})), executor)
    assert max(at_work) == 3
    assert results_in(tmp_path) == ideal(pictures)


def test_frames_still_being_rendered_are_waited_for(tmp_path: Path) -> None:
    job = paper_job(tmp_path, ROW)
    growing = Growing(range(1, 9), folder=tmp_path / "in")
    batch = Batch(replace(job, source=growing))
    run = Run(batch, PaperExecutor())
    for number in (2, 1, 3, 5):  # not in order
        growing.offer(number, tmp_path / "in" / name(number))
        for _ in range(20):
            run.advance()
    assert (batch.progress.done, batch.state) == (3, BatchState.RUNNING)
    growing.end()
    while not batch.ended:
        run.advance()
    assert (batch.progress.done, batch.progress.missing) == (4, 4)
    assert batch.state_of(4) is FrameState.MISSING
    there = {number: ROW[number] for number in (1, 2, 3, 5)}
    assert results_in(tmp_path) == ideal(there)
    # The rest is rendered another day.
    finish(job)
    assert results_in(tmp_path) == ideal(ROW)


def test_a_batch_ends_with_its_last_shot_however_little_time_it_is_given(tmp_path: Path) -> None:
    batch = Batch(paper_job(tmp_path, ROW, frames=ALONE))
    run = Run(batch, PaperExecutor())
    while not batch.ended:
        run.advance(-1.0)
    assert batch.progress.done == batch.progress.total == 8


def test_pause_finishes_what_is_at_work_and_begins_nothing(tmp_path: Path) -> None:
    executor = PaperExecutor()
    batch = Batch(paper_job(tmp_path, ROW))
    run = Run(batch, executor)
    while batch.progress.done < 2:
        run.advance()
    batch.pause()
    for _ in range(30):
        run.advance()
    paused = batch.progress.done
    assert paused <= 3
    assert (batch.state, batch.progress.now) == (BatchState.PAUSED, ())
    batch.resume()
    while not batch.ended:
        run.advance()
    assert results_in(tmp_path) == ideal(ROW)


def test_progress_says_how_far_and_how_long(tmp_path: Path) -> None:
    batch = Batch(paper_job(tmp_path, ROW))
    run = Run(batch, PaperExecutor())
    assert batch.progress.rate is batch.progress.seconds_left is None
    while batch.progress.done < 4:
        run.advance(0)
    progress = batch.progress
    assert progress.rate is not None and progress.rate > 0
    assert progress.seconds_left == pytest.approx((4 - progress.share) / progress.rate)
    run.cancel()
    assert (batch.state, batch.progress.now) == (BatchState.CANCELLED, ())


def test_two_batches_do_not_work_on_the_same_frames(tmp_path: Path) -> None:
    running = Run(Batch(paper_job(tmp_path, ROW)), PaperExecutor())
    running.advance()
    with pytest.raises(BatchError, match="Another batch is at work"):
        Batch(paper_job(tmp_path, ROW))
    with pytest.raises(BatchError, match="Another batch is at work"):
        Batch(paper_job(tmp_path, ROW, only=(8, 8)))
    running.cancel()
    first = Run(Batch(paper_job(tmp_path, ROW, only=(1, 4))), PaperExecutor())
    second = Run(Batch(paper_job(tmp_path, ROW, only=(5, 8))), PaperExecutor())
    for run in (first, second):
        while not run.batch.ended:
            run.advance()
    assert results_in(tmp_path) == ideal(ROW)


def test_files_of_somebody_else_are_not_replaced_unasked(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / name(7)).write_bytes(b"a render")
    (out / "notes.txt").write_bytes(b"mine")
    with pytest.raises(BatchError, match=r"holds 0007\.png, not dreamed here") as caught:
        Batch(paper_job(tmp_path, ROW))
    assert "--force" in caught.value.hint
    assert results_in(tmp_path) == {name(7): b"a render", "notes.txt": b"mine"}
    assert finish(paper_job(tmp_path, {n: ROW[n] for n in range(1, 5)})).progress.done == 4
    assert finish(paper_job(tmp_path, ROW, force=True)).progress.done == 4
    assert results_in(tmp_path) == {**ideal(ROW), "notes.txt": b"mine"}


def test_a_frame_painted_over_is_kept_unless_forced(tmp_path: Path) -> None:
    finish(paper_job(tmp_path, ROW))
    painted = tmp_path / "out" / name(3)
    painted.write_bytes(b"painted over")
    batch = finish(paper_job(tmp_path, ROW))
    assert (batch.progress.skipped, painted.read_bytes()) == (8, b"painted over")
    assert batch.warnings == {"0003.png was changed since it was dreamed, and is kept as it is.": 3}
    finish(paper_job(tmp_path, ROW, force=True))
    assert results_in(tmp_path) == ideal(ROW)


def test_what_a_power_cut_has_spoiled_is_dreamed_again(tmp_path: Path) -> None:
    finish(paper_job(tmp_path, ROW))
    spoiled = tmp_path / "out" / name(8)
    status = spoiled.stat()
    spoiled.write_bytes(b"\0" * status.st_size)
    os.utime(spoiled, ns=(status.st_atime_ns, status.st_mtime_ns))
    (record,) = (tmp_path / "out" / ".reverie").glob("*.jsonl")
    record.write_bytes(record.read_bytes()[:-7] + b"\0\0\0")
    finish(paper_job(tmp_path, ROW))
    assert results_in(tmp_path) == ideal(ROW)


@pytest.mark.parametrize("place", ["in", "in/../in"])
def test_results_do_not_go_among_the_frames(tmp_path: Path, place: str) -> None:
    job = paper_job(tmp_path, ROW)
    with pytest.raises(BatchError, match="where the frames come from"):
        Batch(replace(job, folder=tmp_path / place))


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(BatchError, match="is a file"):
        Batch(paper_job(tmp_path, ROW))


def test_every_second_frame_is_a_sequence_too(tmp_path: Path) -> None:
    job = paper_job(tmp_path, {number: f"picture {number}" for number in (1, 3, 5, 9)})
    paths = {number: tmp_path / "in" / name(number) for number in (1, 3, 5, 9)}
    batch = Batch(replace(job, source=Files(paths)))
    assert batch.shots() == [[1, 3, 5], [9]]
    # A Vector pass tells the motion from the frame before, which was left out.
    assert batch.frames.motion == "dis"
