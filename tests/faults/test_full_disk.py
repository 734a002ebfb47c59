"""A disk of 64 MB, filled: refused before bytes move, and everything goes on once there is room."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from quick_server import QuickServer
from quick_worker import negative
from raw_client import RawClient

from reverie.shared.picture import Picture, PictureInfo

# 4 MiB.
INFO = PictureInfo((1024, 1024, 4), "u8")
PICTURE = Picture(INFO, np.random.default_rng(1).integers(0, 255, INFO.shape, np.uint8))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, leave: int) -> Path:
    """Fill a disk with somebody else's file."""
    file = folder / "somebody's"
    free = os.statvfs(folder).f_bavail * os.statvfs(folder).f_frsize
    with file.open("wb") as taken:
        os.posix_fallocate(taken.fileno(), 0, free - leave)
    return file


def test_a_full_disk_is_said_before_bytes_move_and_forgotten_when_there_is_room(small_disk: Path) -> None:
    with QuickServer(small_disk / "spool") as server, RawClient(server.endpoint) as client:
        early, _ = client.submit(client.upload(PICTURE))
        done = client.state(early, "DONE")
        other = fill(small_disk, 6 << 20)
        _, refused = client.put(PICTURE)
        assert (refused["t"], refused["code"], refused["who"]) == ("ERR", "NO_SPACE", "server")
        assert refused["retry"] and refused["retry_after"] > 0 and refused["hint"]
        # What was done before is there, and small things still go.
        result = done["results"]["picture"]
        assert client.fetch(result["blob"], result["size"]) == negative(PICTURE.data())
        assert client.ask("RELEASE", job=early)["t"] == "RELEASED"
        other.unlink()
        late, _ = client.submit(client.upload(PICTURE))
        client.state(late, "DONE")


def test_more_is_never_promised_than_there_is(small_disk: Path) -> None:
    """Announced pictures count, though none of their bytes has come yet."""
    with (
        QuickServer(small_disk / "spool", workers=0, quota=(0, 1 << 30)) as server,
        RawClient(server.endpoint) as client,
    ):
        answers = [client.put(PICTURE)[1]["t"] for _ in range(20)]
        assert answers == sorted(answers, reverse=True), "first HAVE, then ERR"
        assert 10 <= answers.count("HAVE") <= 14


def test_a_ledger_that_can_not_write_says_nothing_untrue_and_goes_on_when_it_can(small_disk: Path) -> None:
    with QuickServer(small_disk / "spool") as server, RawClient(server.endpoint) as client:
        blob = client.upload(PICTURE)
        other = fill(small_disk, 0)
        job = os.urandom(16)
        request = client.send("SUBMIT", job=job, kind="still", inputs={"picture": blob}, urgency="batch")
        server.wait_for("The disk refuses what the ledger writes", 20)
        client.silence(0.5)
        assert not [header for header, _ in client.heard if header.get("re") == request], "told, and not written"
        assert client.ask("PING")["t"] == "PONG"
        refused = client.ask("SUBMIT", job=os.urandom(16), kind="still", inputs={"picture": blob})
        assert refused["code"] == "NO_SPACE"
        other.unlink()
        start = time.monotonic()
        accepted, _ = client.expect(lambda header: header.get("re") == request, 20)
        assert accepted["t"] == "ACCEPTED" and time.monotonic() - start < 10
        client.state(job, "DONE")
