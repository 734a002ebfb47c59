"""A film on a Ray cluster whose actors, machines and head are really killed in the middle of it."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import sqlite3
import time
from pathlib import Path

import pytest
import wire_batch
from server_process import ServerProcess

pytest.importorskip("ray", reason="Ray is not installed here")
if not Path("/proc/self/task").is_dir():
    pytest.skip("needs /proc, to find what to kill", allow_module_level=True)

from ray_cluster import ENVIRONMENT, RayCluster, ray_cluster

from reverie.server.frames.processes import local_executor
from reverie.shared.client.frames import WireExecutor
from reverie.shared.frames.batch import Batch, BatchJob
from reverie.shared.frames.run import Run
from reverie.shared.settings import DreamSettings

# Long enough that something is always under way when something is killed.
SETTINGS = DreamSettings(network="ornament", octaves=2, iterations=40)
# A machine that does much else may take this long to start a node.
PATIENCE = 400.0


def film(folder: Path, target: Path, frames: int, shot: int) -> BatchJob:
    """Shots of so many frames each, every one of which goes on from the one before."""
    source = folder / "in"
    if not source.exists():
        wire_batch.film(source, frames)
    job = wire_batch.job(source, target, settings=SETTINGS)
    return dataclasses.replace(job, cuts=frozenset(range(1 + shot, frames + 1, shot)))


def kill_actor(cluster: RayCluster) -> None:
    deadline = time.monotonic() + PATIENCE
    while not (found := [process for node in cluster.nodes for process in node.actors()]):
        assert time.monotonic() < deadline, "nothing dreams"
        time.sleep(0.05)
    os.kill(found[-1], signal.SIGKILL)


def besieged(job: BatchJob, server: ServerProcess, cluster: RayCluster, kills: dict[int, str]) -> Batch:
    """Dream the film; after so many frames kill an actor, a node, or the head."""
    client = wire_batch.connected(server.endpoint)
    batch = Batch(job)
    run = Run(batch, WireExecutor(client, doze=0.01))
    last = time.monotonic()
    while not batch.ended:
        if run.advance():
            last = time.monotonic()
        assert time.monotonic() - last < PATIENCE, server.said()[-3000:]
        due = [after for after in kills if after <= batch.progress.finished]
        for what in map(kills.pop, due):
            if what == "actor":
                kill_actor(cluster)
            elif what == "node":
                cluster.kill(-1)
            else:
                cluster.kill(0)
                cluster.start_head()
    client.close()
    return batch


def entries(spool: Path) -> list[tuple[bytes, str]]:
    """Every job's frame and state in the ledger of a server that has ended."""
    with sqlite3.connect(spool / "ledger.sqlite") as ledger:
        return ledger.execute("SELECT id, state FROM jobs").fetchall()


def survives(tmp_path: Path, nodes: int, frames: int, shot: int, kills: dict[int, str]) -> None:
    options = ("--executor", "ray", "--ray-address")
    with contextlib.ExitStack() as stack:
        try:
            cluster = stack.enter_context(ray_cluster(tmp_path, nodes))
        except TimeoutError as error:
            pytest.skip(f"Ray does not start here: {error}")
        server = stack.enter_context(ServerProcess(tmp_path / "spool", "tcp://127.0.0.1:0", *options, cluster.address))
        batch = besieged(film(tmp_path, tmp_path / "out", frames, shot), server, cluster, dict(kills))
        assert not batch.failures, batch.failures
        said = server.said()
        assert server.end(signal.SIGTERM) < 10
    assert "Traceback" not in said
    assert said.count("A device was lost") >= 1
    jobs = entries(tmp_path / "spool")
    assert len(jobs) == frames and {state for _, state in jobs} <= {"DONE", "RELEASED"}, jobs
    executor = local_executor(["cpu"])
    wire_batch.finish(film(tmp_path, tmp_path / "again", frames, shot), executor)
    executor.close()
    there = wire_batch.results(tmp_path / "out")
    assert len(there) == frames and there == wire_batch.results(tmp_path / "again")


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the server, too, needs to enter the cluster."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


def test_without_an_actor_a_node_and_the_head_a_film_ends_as_if_nothing_had_been(tmp_path: Path) -> None:
    survives(tmp_path, 2, 12, 3, {2: "actor", 4: "node", 7: "head"})


@pytest.mark.endurance
def test_two_hundred_frames_outlive_whatever_is_killed_of_a_cluster(tmp_path: Path) -> None:
    kills = {20: "actor", 50: "node", 80: "actor", 110: "head", 150: "actor"}
    survives(tmp_path, 3, 200, 10, kills)
