"""A wall clock that jumps by days, ahead and back: nothing times out, nothing is thrown away early."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from preload import library
from quick_server import QuickServer
from quick_worker import negative
from raw_client import RawClient
from steadfast import picture

from reverie.shared.wire.blobs import Bitmap

DAY = 86400
JUMPS = (DAY, -2 * DAY, 30 * DAY)


def test_days_that_never_were_change_nothing(tmp_path: Path) -> None:
    clock = tmp_path / "offset"
    clock.write_text("0")
    environment = {"LD_PRELOAD": library("clock", tmp_path), "CLOCK_OFFSET": str(clock)}
    given = picture(1)
    server = QuickServer(tmp_path / "spool", seconds=1.0, environment=environment)
    with server, RawClient(server.endpoint) as client:
        blob, unused = client.upload(given), client.upload(picture(2))
        done, _ = client.submit(blob)
        result = client.state(done, "DONE")["results"]["picture"]
        for jump in JUMPS:
            running, _ = client.submit(blob)
            waiting, _ = client.submit(blob, urgency="batch")
            client.state(running, "RUNNING")
            clock.write_text(str(jump))
            said = server.said()
            start = time.monotonic()
            assert client.ask("PING")["t"] == "PONG" and time.monotonic() - start < 5
            for job in (running, waiting):
                client.state(job, "DONE")
            states = [header["state"] for header, _ in client.heard if header.get("kind") == "state"]
            assert not {"CANCELLED", "FAILED"} & set(states), states
            assert states.count("QUEUED") == 0, "a job was begun twice"
            assert "died" not in server.said()[len(said) :]
        server.end(signal.SIGKILL)
    for jump in JUMPS:
        # What is old is cleared away as a server starts.
        clock.write_text(str(jump))
        again = QuickServer(server.spool, workers=0, environment=environment)
        with again, RawClient(again.endpoint) as client:
            assert client.ask("STATUS", jobs=[done], since=0)["items"][0]["state"] == "DONE"
            assert client.fetch(result["blob"], result["size"]) == negative(given.data())
            assert Bitmap(given.info.size, client.put(picture(2), unused)[1]["have"]).full
