"""How a server starts, dies, comes back and ends: real processes, really killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from raw_client import RawClient
from server_process import ServerProcess, is_alive

from reverie.shared.picture import Picture, PictureInfo
from reverie.shared.wire.blobs import Bitmap

INFO = PictureInfo((400, 350, 4), "f32", "Linear Rec.709", "premultiplied", "bottom-up")
# Three chunks.
PICTURE = Picture(INFO, np.random.default_rng(3).normal(0, 9, INFO.shape).astype(np.float32))
# Longer than any test waits, so that the worker is surely in the middle of it.
LONG = {"settings": {"iterations": 2000, "octaves": 1}, "urgency": "batch"}


def wait_until_gone(process: int, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while is_alive(process):
        assert time.monotonic() < deadline, f"process {process} still runs"
        time.sleep(0.02)


def serve_and_fail(*options: str) -> str:
    """Run a server that can't start; returns what it says to the person who started it."""
    command = [sys.executable, "-m", "reverie", "serve", *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode not in (0, None)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_within_two_seconds_and_leaves_nobody_behind(tmp_path: Path, how: signal.Signals) -> None:
    with ServerProcess(tmp_path / "spool") as server, RawClient(server.endpoint) as client:
        assert server.ready_line.startswith("Reverie ")
        if how == signal.SIGINT:  # once in the middle of a dream, once while the worker still warms up
            client.submit(client.upload(PICTURE), **LONG)
            client.expect(lambda header: header.get("kind") == "progress")
        assert client.ask("PING")["t"] == "PONG"
        assert server.end(how) < 2.0
        assert server.process.returncode == 0
        assert not any(map(is_alive, server.workers()))
        assert "Traceback" not in server.said()


def test_a_busy_port_and_a_spool_in_use_are_said_clearly(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "spool") as server:
        said = serve_and_fail("--listen", server.endpoint, "--spool", str(tmp_path / "other"))
        port = server.endpoint.rsplit(":", 1)[1]
        assert f"Port {port} on 127.0.0.1 is taken" in said
        assert "--listen" in said
        said = serve_and_fail("--listen", "127.0.0.1:*", "--spool", str(tmp_path / "spool"))
        assert "Another server already uses this spool" in said
        assert "--spool" in said
        with RawClient(server.endpoint) as client:
            assert client.ask("PING")["t"] == "PONG"


@pytest.mark.parametrize("where", ["tcp://0.0.0.0:5571", "tcp://*:5571", "192.168.1.20", "[::]:5571", "gpubox"])
def test_beyond_this_machine_it_refuses_without_keys_and_says_why(tmp_path: Path, where: str) -> None:
    said = serve_and_fail("--listen", where, "--no-keys", "--spool", str(tmp_path))
    assert "keys" in said
    assert "127.0.0.1" in said


def test_a_device_that_is_not_there_ends_the_server_with_a_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "reverie", "serve", "--listen", "tcp://127.0.0.1:0", "--device", "cuda:77"]
    done = subprocess.run(
        [*command, "--spool", str(tmp_path)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode not in (0, None)
    assert "no device 'cuda:77'" in done.stderr
    assert "cpu" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_it_can_say_that_it_is_ready_in_json(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "spool", "tcp://127.0.0.1:0", "--json-ready") as server:
        ready = json.loads(server.ready_line)
        with RawClient(ready["address"]) as client:
            assert client.ask("PING")["t"] == "PONG"


def test_a_killed_server_goes_on_where_it_was(tmp_path: Path) -> None:
    """One job done, one running, one waiting, one whose guide is half received: then the power of kill -9."""
    with ServerProcess(tmp_path / "spool") as server:
        with RawClient(server.endpoint) as client:
            boot = client.ask("HELLO", min=1, max=1, client="test")["boot"]
            blob = client.upload(PICTURE)
            done, _ = client.submit(blob)
            seen = client.state(done, "DONE")["n"]
            running, _ = client.submit(blob, **LONG)
            client.expect(lambda header: header.get("kind") == "progress" and header["job"] == running)
            waiting, _ = client.submit(blob, urgency="batch")
            half, _ = client.put(PICTURE)
            client.chunk(half, PICTURE, 1)
            receiving, _ = client.submit(blob, inputs={"picture": blob, "guide": half})
        server.end(signal.SIGKILL)
        wait_until_gone(server.workers()[-1])

    with ServerProcess(tmp_path / "spool") as server, RawClient(server.endpoint) as client:
        assert client.ask("HELLO", min=1, max=1, client="test")["boot"] != boot
        jobs = [done, running, waiting, receiving]
        items = client.ask("STATUS", jobs=jobs, since=seen)["items"]
        states = [item["state"] for item in items]
        assert (states[0], states[3]) == ("DONE", "RECEIVING")
        assert states[1] in ("QUEUED", "RUNNING") and states[2] == "QUEUED"
        assert all(item["n"] > seen for item in items[1:])

        _, have = client.put(PICTURE, half)
        assert list(Bitmap(INFO.size, have["have"]).missing()) == [0, 2]
        for index in (0, 2):
            client.chunk(half, PICTURE, index)
        client.ask("STATUS", jobs=[done], since=0)
        # What was sent by a client without patience goes first; then what was running begins anew.
        for job in (done, receiving):
            result = client.state(job, "DONE")["results"]["picture"]
            assert client.fetch(result["blob"], result["size"]) == PICTURE.data()
        again, _ = client.expect(lambda header: header.get("kind") == "progress" and header["job"] == running)
        assert again["step"] == 1
        client.ask("CANCEL", job=running)
        client.state(waiting, "DONE")


def test_a_dying_worker_is_replaced_and_its_job_tried_three_times(tmp_path: Path) -> None:
    with ServerProcess(tmp_path / "spool") as server, RawClient(server.endpoint) as client:
        blob = client.upload(PICTURE)
        job, _ = client.submit(blob, **LONG)
        for attempt in (1, 2, 3):
            client.state(job, "RUNNING")
            os.kill(server.workers()[-1], signal.SIGKILL)
            if attempt < 3:
                client.state(job, "QUEUED")
                assert client.expect(lambda header: header.get("kind") == "warning")[0]["msg"]
        failed = client.state(job, "FAILED")
        assert failed["error"]["code"] == "DEVICE_LOST"
        assert failed["error"]["msg"] and failed["error"]["hint"]
        # The queue goes on.
        another, _ = client.submit(blob)
        client.state(another, "DONE", seconds=120)
        assert len(server.workers()) == 4
