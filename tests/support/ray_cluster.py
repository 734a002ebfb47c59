"""A Ray cluster of several nodes on this machine, each of which can be killed; behind a token."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

# Ray itself gives a node 30 seconds; a machine that is too busy for that can't be used.
START_LIMIT = 90.0
TOKEN = secrets.token_hex(32)
ENVIRONMENT = {
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": TOKEN,
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_gcs_rpc_server_reconnect_timeout_s": "10",
    # A machine that does much else may take this long to start a process.
    "RAY_worker_register_timeout_seconds": "240",
    "RAY_raylet_start_wait_time_s": "240",
    "RAY_enable_worker_prestart": "0",
    # One processor's threads give the same bytes wherever they run.
    "OMP_NUM_THREADS": "1",
}


class Node:
    """One machine of the cluster: `ray start --block` and all it starts, begun anew should it end, as by systemd."""

    def __init__(self, folder: Path, *role: str) -> None:
        options = ["--num-cpus=1", "--num-gpus=0", f"--object-store-memory={80 << 20}", "--block"]
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", *role, *options]
        self.log = folder / f"node-{secrets.token_hex(3)}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["sh", "-c", 'while :; do "$@"; sleep 1; done', "node", *command],
                stdout=log,
                stderr=log,
                env={**os.environ, **ENVIRONMENT},
                start_new_session=True,
            )

    def wait_for(self, words: str) -> re.Match[str]:
        """Wait until the node's log says ``words``, an expression. Raises `TimeoutError`."""
        deadline = time.monotonic() + START_LIMIT
        while not (found := re.search(words, self.log.read_text())):
            if time.monotonic() > deadline:
                raise TimeoutError(self.log.read_text()[-2000:])
            time.sleep(0.1)
        return found

    def kill(self) -> None:
        """End the node and everything on it at once, as if its power had gone."""
        for process in [self.process.pid, *_descendants(self.process.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.process.wait()

    def actors(self) -> list[int]:
        """The processes of this node that dream."""
        return [process for process in _descendants(self.process.pid) if b"Actor" in _command(process)]


class RayCluster:
    """A head and more nodes. address: of the head."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = _free_port()
        self.address = ""
        self.nodes: list[Node] = []

    def start(self, nodes: int) -> None:
        """Start the head, and once it is there others; wait until all are. Raises `TimeoutError`."""
        self.start_head()
        self.nodes += [Node(self._folder, f"--address={self.address}") for _ in range(nodes - 1)]
        for node in self.nodes:
            node.wait_for("Ray runtime started")

    def start_head(self) -> None:
        """Start the head where it was, or is to be. Raises `TimeoutError`."""
        head = Node(self._folder, "--head", f"--port={self._port}", "--include-dashboard=false")
        self.nodes.insert(0, head)
        self.address = f"{head.wait_for(r'Local node IP: ([0-9.]+)')[1]}:{self._port}"

    def kill(self, index: int) -> None:
        """Kill a node; 0 is the head."""
        self.nodes.pop(index).kill()

    def close(self) -> None:
        """Kill all of it."""
        while self.nodes:
            self.kill(-1)


@contextlib.contextmanager
def ray_cluster(folder: Path, nodes: int) -> Iterator[RayCluster]:
    """A cluster of so many nodes, for as long as a block lasts."""
    cluster = RayCluster(folder)
    try:
        cluster.start(nodes)
        yield cluster
    finally:
        cluster.close()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def _descendants(process: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text().split()):
                found += [child, *_descendants(child)]
    return found
