"""A client killed at random points and run again: no dream lost, none dreamed twice, the result as if undisturbed."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from server_process import ServerProcess

CLIENT = Path(__file__).parents[1] / "support" / "killed_client.py"


def picture(path: Path, seed: int) -> Path:
    """A picture of three chunks."""
    np.save(path, np.random.default_rng(seed).random((400, 480, 4), np.float32))
    return path


def run(endpoint: str, source: Path, target: Path, seconds: float | None = None) -> bool:
    """Run the client, and kill it after ``seconds``; True where it was killed."""
    process = subprocess.Popen(
        [sys.executable, CLIENT, endpoint, source, target], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        said, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate()
        return True
    assert process.returncode == 0, said
    return False


def ledger(spool: Path) -> list[tuple[bytes, str, int]]:
    """Every job the server knows, once it has ended: id, state, attempts."""
    with sqlite3.connect(spool / "ledger.sqlite") as ledger:
        return ledger.execute("SELECT id, state, attempt FROM jobs").fetchall()


def killed_again_and_again(folder: Path, kills: int) -> float:
    """Kill clients so often, one dream after the other; returns the seconds an undisturbed dream takes."""
    chance = random.Random(11)
    with ServerProcess(folder / "spool") as server:
        whole: dict[Path, Path] = {}
        source = picture(folder / "warm.npy", 0)
        run(server.endpoint, source, folder / "warm-out.npy")
        source = picture(folder / "timed.npy", 1)
        began = time.monotonic()
        run(server.endpoint, source, folder / "timed-out.npy")
        takes = time.monotonic() - began
        while kills > 0:
            number = len(whole) + 2
            source, target = picture(folder / f"{number}.npy", number), folder / f"{number}-out.npy"
            whole[source] = target
            # Up to a dozen kills a dream, from before the first byte to after the last.
            for _ in range(min(12, kills)):
                if run(server.endpoint, source, target, chance.uniform(0.3, 1.0) * takes):
                    kills -= 1
            run(server.endpoint, source, target)
        server.end(signal.SIGTERM)
        jobs = ledger(server.spool)
        assert len(jobs) == len(whole) + 2, "a dream was asked for twice, or lost"
        # A client that is killed with its picture safe may not have told the server so.
        assert {state for _, state, _ in jobs} <= {"RELEASED", "DONE"}, jobs
        assert {attempt for _, _, attempt in jobs} == {1}, "a dream was dreamed twice"
    with ServerProcess(folder / "fresh") as server:
        for number, (source, target) in enumerate(whole.items()):
            if number < 2:
                again = folder / "again.npy"
                again.unlink(missing_ok=True)
                run(server.endpoint, source, again)
                np.testing.assert_array_equal(np.load(target), np.load(again))
    return takes


def test_a_client_killed_at_random_points(tmp_path: Path) -> None:
    killed_again_and_again(tmp_path, kills=4)


@pytest.mark.endurance
def test_a_client_killed_at_a_hundred_random_points(tmp_path: Path) -> None:
    killed_again_and_again(tmp_path, kills=100)
