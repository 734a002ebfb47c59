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


def run(endpoint: str, source: Path, target: Path, *how: str, seconds: float | None = None) -> bool:
    """Run the client, and kill it after ``seconds``; True where it was killed."""
    process = subprocess.Popen(
        [sys.executable, CLIENT, endpoint, source, target, *how],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
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


def killed_again_and_again(folder: Path, kills: int) -> None:
    """Kill clients so often, one dream after the other, from before the first byte to after the last."""
    chance = random.Random(11)
    dreams = killed = 0
    with ServerProcess(folder / "spool") as server:
        while killed < kills:
            dreams += 1
            source = picture(folder / "in.npy", dreams)
            whole, target = folder / f"{dreams} whole.npy", folder / f"{dreams}.npy"
            began = time.monotonic()
            run(server.endpoint, source, whole, "once")
            takes = time.monotonic() - began
            for _ in range(min(12, kills - killed)):
                killed += run(server.endpoint, source, target, seconds=chance.uniform(0.2, 1.0) * takes)
            run(server.endpoint, source, target)
            np.testing.assert_array_equal(np.load(target), np.load(whole))
        server.end(signal.SIGTERM)
        jobs = ledger(server.spool)
    assert len(jobs) == 2 * dreams, "a dream was asked for twice, or lost"
    assert {attempt for _, _, attempt in jobs} == {1}, "a dream was dreamed twice"
    # A client that is killed with its picture safe may not have told the server so.
    assert {state for _, state, _ in jobs} <= {"RELEASED", "DONE"}, jobs
    print(f"{killed} kills over {dreams} dreams")


def test_a_client_killed_at_random_points(tmp_path: Path) -> None:
    killed_again_and_again(tmp_path, kills=4)


@pytest.mark.endurance
@pytest.mark.timeout(3600)
def test_a_client_killed_at_a_hundred_random_points(tmp_path: Path) -> None:
    killed_again_and_again(tmp_path, kills=100)
