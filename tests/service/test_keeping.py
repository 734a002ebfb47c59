"""Whoever keeps the server sees every dream, and can have a failed one tried again."""

from __future__ import annotations

import json
import subprocess
import sys

from float_pictures import SMALL
from raw_client import RawClient
from server_process import ServerProcess


def reverie(server: ServerProcess, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "reverie", "jobs", "--spool", str(server.spool), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_jobs_are_listed_shown_and_tried_again(server: ServerProcess, client: RawClient) -> None:
    failing, _ = client.submit(client.upload(SMALL), settings={"network": "vgg16"})
    client.state(failing, "FAILED")
    (job,) = json.loads(reverie(server, "--json").stdout)
    assert job["job"] == failing.hex() and job["state"] == "FAILED" and "weights" in job["error"]
    shown = reverie(server, "show", failing.hex()[:6])
    assert "state: FAILED" in shown.stdout
    again = reverie(server, "retry", failing.hex()[:6])
    assert again.returncode == 0, again
    client.state(failing, "QUEUED", "RUNNING")
    client.state(failing, "FAILED")
    assert reverie(server, "retry", "zz").returncode == 2
    assert reverie(server, "cancel", failing.hex()).returncode == 0
