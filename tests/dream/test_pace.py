"""The time left is what it will take."""

from __future__ import annotations

import pytest

from reverie.server.dream import pace as pace_module
from reverie.server.dream.pace import Pace

SIZES = [(200, 300), (400, 600)]


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(pace_module.time, "perf_counter", lambda: self.now)


def seconds(size: tuple[int, int]) -> float:
    """What a step takes on a machine whose steps cost a little however small they are."""
    return (size[0] * size[1] + 128 * 128) * 1e-6


def test_nothing_is_known_before_the_first_step(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch)
    assert Pace(SIZES, 10).seconds_left is None


def test_a_steady_machine_is_foretold_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, pace = Clock(monkeypatch), Pace(SIZES, 10)
    left = sum(10 * seconds(size) for size in SIZES)
    for size in SIZES:
        for _ in range(10):
            clock.now += seconds(size)
            left -= seconds(size)
            pace.advance(size[0] * size[1], size[0] * size[1])
            assert pace.seconds_left == pytest.approx(left, abs=1e-6)


def test_tiles_count_by_their_share_of_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, pace = Clock(monkeypatch), Pace([(400, 600)], 2)
    whole = seconds((400, 600))
    for quarter in range(1, 5):
        clock.now += whole / 4
        pace.advance(60000, 240000)
        assert pace.seconds_left == pytest.approx(whole * (2 - quarter / 4))


def test_a_slow_first_step_is_soon_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, pace = Clock(monkeypatch), Pace([(400, 600)], 40)
    whole = seconds((400, 600))
    clock.now += 20 * whole
    pace.advance(240000, 240000)
    for _ in range(15):
        clock.now += whole
        pace.advance(240000, 240000)
    assert pace.seconds_left == pytest.approx(24 * whole, rel=0.15)
