"""Memory that runs out in the middle of a dream: tried once in smaller tiles, then said, and the worker lives on."""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

import numpy as np
import pytest
from raw_client import RawClient
from server_process import ServerProcess

from reverie.shared.picture import Picture, PictureInfo

INFO = PictureInfo((512, 512, 4), "u8")
PICTURE = Picture(INFO, np.random.default_rng(3).integers(0, 255, INFO.shape, np.uint8))
# Each octave needs more memory than the one before.
GROWING = {"network": "ornament", "octaves": 4, "iterations": 4}
PATIENCE = 120.0


def address_space(process: int) -> int:
    return int(Path(f"/proc/{process}/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")


def run_dry(server: ServerProcess, client: RawClient, blob: bytes, step: int) -> None:
    """Take a worker all memory it has not got yet, at a step of its dream; then give it back."""
    said = len(server.said())
    job, _ = client.submit(blob, settings=GROWING)
    client.expect(lambda h: h.get("kind") == "progress" and h["job"] == job and h["step"] >= step, PATIENCE)
    (*_, worker) = server.workers()
    before = resource.prlimit(worker, resource.RLIMIT_AS)
    resource.prlimit(worker, resource.RLIMIT_AS, (address_space(worker) - (4 << 20), before[1]))
    try:
        failed = client.state(job, "FAILED", "DONE", seconds=PATIENCE)
    finally:
        resource.prlimit(worker, resource.RLIMIT_AS, before)
    assert failed["state"] == "FAILED"
    assert (failed["error"]["code"], failed["error"]["who"]) == ("OUT_OF_MEMORY", "device")
    assert "tile" in failed["error"]["hint"].lower()
    assert server.said()[said:].count("Memory ran out: the dream goes on in tiles of") <= 1
    after, _ = client.submit(blob, settings=GROWING)
    assert client.state(after, "DONE", "FAILED", seconds=PATIENCE)["state"] == "DONE", "there is memory again"
    assert server.workers() == [worker], "the worker died of it"


def dry_at(folder: Path, steps: list[int]) -> None:
    if not hasattr(resource, "prlimit") or sys.platform != "linux":
        pytest.skip("needs Linux, where a process's memory can be limited as it runs")
    with ServerProcess(folder / "spool") as server, RawClient(server.endpoint) as client:
        blob = client.upload(PICTURE)
        for step in steps:
            run_dry(server, client, blob, step)
        assert "goes on in tiles of" in server.said()


def test_memory_that_runs_out_in_the_middle_fails_that_dream_alone(tmp_path: Path) -> None:
    dry_at(tmp_path, [1])


@pytest.mark.endurance
def test_memory_that_runs_out_at_any_step_fails_that_dream_alone(tmp_path: Path) -> None:
    dry_at(tmp_path, [1, 2, 4, 5, 7, 8, 9, 10])
