"""Chunks cut to the measure of a link, and the measure itself."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.shared.wire import pace
from reverie.shared.wire.blobs import CHUNK
from reverie.shared.wire.pace import LEAST, MOST, START, TARGET, Pace
from reverie.shared.wire.pieces import Joining, Pieces

HEADER = {"t": "CHUNK", "at": 0}


class Clock:
    """Stands in for `time`."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pace, "time", clock)
    return clock


@given(sizes=st.lists(st.integers(0, CHUNK), min_size=1, max_size=6), cut=st.booleans())
def test_what_is_cut_comes_together_again(sizes: list[int], cut: bool) -> None:
    pieces, joining = Pieces(), Joining()
    if cut:
        pieces.cut()
    chunks = [os.urandom(size) for size in sizes]
    for chunk in chunks:
        pieces.add(HEADER, chunk)
    joined, messages = [], 0
    while pieces:
        message = pieces.next()
        if message is None:  # the link is full until the other side has said what came
            pieces.passed(joining.count)
            continue
        header, part = message
        pieces.sent(len(part))
        messages += 1
        whole = joining.take(header, part)
        joined += [] if whole is None else [bytes(whole)]
    assert joined == chunks and joining.count == messages
    assert cut or messages == len(chunks)


def test_parts_that_do_not_fit_together_make_no_chunk_and_take_no_memory() -> None:
    joining = Joining()
    assert joining.take({"t": "PART", "start": 0}, b"a" * 10) is None
    assert joining.take({"t": "PART", "start": 99}, b"b" * 10) is None
    assert joining.take({**HEADER, "start": 20}, b"c") == b"c"
    for start in range(0, 8 * CHUNK, CHUNK // 2):
        assert joining.take({"t": "PART", "start": start}, bytes(CHUNK // 2)) is None
        assert len(joining._parts) <= CHUNK


def carried(link: Pace, clock: Clock, rate: float, latency: float, seconds: float) -> tuple[float, float]:
    """Bytes a second over a link of ``rate``, and the longest wait before it, once the pace knows it."""
    waiting: list[tuple[float, int]] = []
    free_at, passed, begun = clock.now, 0, clock.now
    moved, longest = 0, 0.0
    while clock.now < begun + seconds:
        while link.room:
            size = link.piece
            link.sent(size)
            free_at = max(free_at, clock.now) + size / rate
            waiting.append((free_at + latency, size))
            longest = max(longest, (free_at - clock.now) * (clock.now > begun + seconds / 2))
        due, size = waiting.pop(0)
        clock.now = max(clock.now, due)
        passed += 1
        moved += size
        link.passed(link._passed + 1)
    return moved / seconds, longest


@pytest.mark.parametrize(("rate", "latency"), [(1e6, 0.3), (1e6, 0.01), (20e6, 0.05), (2e5, 0.1)])
def test_a_link_is_used_well_and_the_queue_before_it_stays_short(clock: Clock, rate: float, latency: float) -> None:
    used, longest = carried(Pace(), clock, rate, latency, 60.0)
    assert used > 0.8 * rate
    assert longest < latency + 2.5 * TARGET + LEAST / rate


def test_a_fast_link_carries_whole_chunks_at_once(clock: Clock) -> None:
    link = Pace()
    assert link.piece <= START // 8
    carried(link, clock, 2e9, 0.0002, 1.0)
    assert link.window == MOST and link.piece == CHUNK


def test_what_the_other_side_can_not_have_got_is_not_believed() -> None:
    link = Pace()
    link.sent(START)
    assert not link.room
    link.passed(1 << 60)
    assert link.room and link._flying == 0
    link.sent(100)
    assert link._flying == 100
