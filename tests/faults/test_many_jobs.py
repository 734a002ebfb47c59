"""Ten thousand jobs in the queue: submitted, asked after, listed and taken up again as if they were a few."""

from __future__ import annotations

import os
import signal
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from float_pictures import SMALL
from quick_server import QuickServer
from raw_client import RawClient

# What the client asks without waiting for answers.
WINDOW = 256
MEMORY = 300 << 20


@dataclass
class Figures:
    """Seconds, but for memory: bytes. status: at the 99th percentile."""

    submit: float
    status: float
    ping: float
    restart: float
    memory: int


def submit(client: RawClient, jobs: list[bytes], blob: bytes) -> None:
    waiting: deque[bytes] = deque()
    for job in jobs:
        waiting.append(client.send("SUBMIT", job=job, kind="still", inputs={"picture": blob}, urgency="batch"))
        if len(waiting) >= WINDOW:
            accepted(client, waiting.popleft())
    while waiting:
        accepted(client, waiting.popleft())


def accepted(client: RawClient, request: bytes) -> None:
    answer, _ = client.expect(lambda header: header.get("re") == request)
    assert answer["t"] == "ACCEPTED", answer


def asked(client: RawClient, kind: str, count: int, **fields: object) -> float:
    """The 99th percentile of an answer's time."""
    times = []
    for _ in range(count):
        start = time.perf_counter()
        client.ask(kind, **fields)
        times.append(time.perf_counter() - start)
        client.heard.clear()
    return float(np.percentile(times, 99))


def measure(folder: Path, count: int) -> Figures:
    jobs = [os.urandom(16) for _ in range(count)]
    with QuickServer(folder / "spool", workers=0) as server, RawClient(server.endpoint) as client:
        blob = client.upload(SMALL)
        start = time.perf_counter()
        submit(client, jobs, blob)
        took = time.perf_counter() - start
        status = asked(client, "STATUS", 200, jobs=jobs[-16:], since=0)
        ping = asked(client, "PING", 200)
        pages = [client.ask("LEDGER", skip=skip)["items"] for skip in range(0, count + 200, 200)]
        assert [item["job"] for page in pages[::-1] for item in page] == jobs
        (found,) = client.ask("LEDGER", begins=jobs[7][:6])["items"]
        assert found["job"] == jobs[7]
        memory = server.memory()
        server.end(signal.SIGKILL)
    start = time.perf_counter()
    with QuickServer(folder / "spool", workers=0) as server, RawClient(server.endpoint) as client:
        assert client.ask("PING")["queued"] == count
        restart = time.perf_counter() - start
        known = client.ask("STATUS", jobs=jobs[:: count // 100], since=0)["items"]
        assert {item["state"] for item in known} == {"QUEUED"}
        memory = max(memory, server.memory())
    return Figures(took, status, ping, restart, memory)


def test_two_thousand_jobs_are_no_burden(tmp_path: Path) -> None:
    figures = measure(tmp_path, 2000)
    # A machine that does much else takes its time: that of the long form is not asked for here.
    assert figures.memory < MEMORY, figures
    assert figures.submit < 20 and figures.restart < 20 and figures.status < 0.5, figures


@pytest.mark.endurance
def test_ten_thousand_jobs_are_no_burden(tmp_path: Path) -> None:
    figures = measure(tmp_path, 10_000)
    print(f"\n{figures}")
    assert figures.submit < 10.0, figures
    assert figures.status < 0.050, figures
    assert figures.restart < 5.0, figures
    assert figures.memory < MEMORY, figures


@pytest.mark.parametrize("which", ["jobs", "bytes"])
def test_a_client_may_have_no_more_than_its_share_and_others_have_theirs(tmp_path: Path, which: str) -> None:
    quota = (3, 0) if which == "jobs" else (0, 7 * SMALL.info.size)
    server = QuickServer(tmp_path / "spool", workers=0, quota=quota)
    with server, RawClient(server.endpoint) as greedy, RawClient(server.endpoint) as modest:
        if which == "jobs":
            blob = greedy.upload(SMALL)
            answers = [greedy.submit(blob, urgency="batch")[1] for _ in range(4)]
            code, said = "BUSY", "3 dreams waiting"
        else:
            answers = [greedy.put(SMALL)[1] for _ in range(7)]
            code, said = "NO_SPACE", "GiB you may have"
        *before, last = answers
        assert "ERR" not in [answer["t"] for answer in before]
        assert (last["t"], last["code"], last["retry"]) == ("ERR", code, True)
        assert said in last["msg"] and "--quota" in last["hint"]
        assert modest.submit(modest.upload(SMALL))[1]["t"] == "ACCEPTED"
