"""Running a server for real: as a service, and watched by Prometheus."""

from __future__ import annotations

import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from reverie.server.service.metrics import Metrics, Reading

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy"


def asked(port: int, method: str = "GET") -> str:
    question = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", method=method)
    with urllib.request.urlopen(question, timeout=5) as answer:
        return answer.read().decode()


def test_prometheus_reads_how_the_server_does() -> None:
    reading = Reading({"QUEUED": 3, "RUNNING": 1}, 2, 5_000_000_000, {"cuda:0": True, "cuda:1": False})
    metrics = Metrics(0, lambda: reading)
    try:
        lines = asked(metrics.port).splitlines()
        for line in (
            'reverie_jobs{state="queued"} 3.0',
            'reverie_device_working{device="cuda:0"} 1.0',
            'reverie_device_working{device="cuda:1"} 0.0',
            "reverie_clients 2.0",
            "reverie_spool_free_bytes 5e+09",
        ):
            assert line in lines
        reading = Reading({"QUEUED": 4})
        assert 'reverie_jobs{state="queued"} 4.0' in asked(metrics.port)
        with pytest.raises(urllib.error.HTTPError, match="405"):
            asked(metrics.port, "POST")
    finally:
        metrics.close()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    """Verified with a command and a user that are there: those of the unit come with the installation."""
    unit = tmp_path / "reverie.service"
    text = (DEPLOY / unit.name).read_text()
    unit.write_text(text.replace("/opt/reverie/bin/reverie", sys.executable).replace("User=reverie", "User=root"))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and not done.stderr.strip(), done.stderr
    unit.write_text(unit.read_text().replace("Restart=on-failure", "Restart=sometimes"))
    assert subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, check=False).stderr
