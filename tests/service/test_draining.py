"""A server that is told to end lets finish what it dreams, takes nothing new, and is there again later."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import numpy as np
from quick_server import QuickServer
from raw_client import RawClient

from reverie.shared.client import Client
from reverie.shared.client.connection import ConnectionState
from reverie.shared.client.job import DreamState
from reverie.shared.picture import Picture, PictureInfo
from reverie.shared.settings import DreamSettings
from reverie.shared.wire.address import Address

INFO = PictureInfo((200, 240, 3), "f32", "Linear Rec.709", "none", "bottom-up")
PICTURE = Picture(INFO, np.random.default_rng(3).random(INFO.shape, np.float32))
QUICK = DreamSettings(network="ornament", octaves=1, iterations=1)


def dreams(client: RawClient, job: bytes) -> None:
    client.expect(lambda header: header.get("kind") == "progress" and header["job"] == job, 400)


def test_what_runs_is_finished_what_is_new_waits_and_comes_back(tmp_path: Path) -> None:
    with QuickServer(tmp_path / "spool", workers=2, seconds=3) as server:
        client = Client(Address.parse(server.endpoint), "test")
        client.connect()
        with RawClient(server.endpoint) as other:
            blob = other.upload(PICTURE)
            jobs = [other.submit(blob)[0] for _ in range(2)]
            for job in jobs:  # on a worker each, at the same time
                dreams(other, job)
            while client.state is not ConnectionState.CONNECTED:
                client.pump()
            server.process.send_signal(signal.SIGTERM)
            while (refused := other.submit(blob)[1])["t"] != "ERR":
                time.sleep(0.01)
            assert (refused["code"], refused["retry"]) == ("DRAINING", True) and "restart" in refused["msg"]
            assert other.submit(blob, jobs[0])[1]["t"] == "ACCEPTED", "it is known already"
            dream = client.dream(PICTURE, QUICK)
            while not dream.error:
                client.pump()
            assert dream.state is DreamState.WAITING and dream.error.code == "DRAINING"
            for job in jobs:
                other.state(job, "DONE", seconds=200)
        server.process.wait(timeout=60)
        assert server.process.returncode == 0 and "Traceback" not in server.said()
        endpoint = server.endpoint
    with QuickServer(tmp_path / "spool", endpoint=endpoint):
        deadline = time.monotonic() + 200
        while not dream.finished:
            assert time.monotonic() < deadline, dream.state
            client.pump()
            client.wait(0.02)
    client.close()
    assert dream.state is DreamState.DONE and not dream.error


def test_told_twice_it_ends_at_once(tmp_path: Path) -> None:
    with QuickServer(tmp_path / "spool", seconds=60) as server, RawClient(server.endpoint) as client:
        job, _ = client.submit(client.upload(PICTURE))
        client.state(job, "RUNNING")
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert server.process.poll() is None, "it gave the dream no time"
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(timeout=20)
        assert server.process.returncode == 0
