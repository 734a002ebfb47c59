"""The server, all of it but its dreams, in a process of its own that may be killed and is up again at once."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from server_process import ServerProcess


class QuickServer(ServerProcess):
    """A gateway with ``workers`` of `quick_worker`, each of whose dreams takes ``seconds``."""

    def __init__(
        self,
        spool: Path,
        *,
        endpoint: str = "tcp://127.0.0.1:0",
        workers: int = 1,
        seconds: float = 0.02,
        quota: tuple[int, int] = (0, 0),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """quota: jobs and bytes, 0 for the usual. environment: what it finds there besides."""
        self.spool = spool
        self.log = spool.with_suffix(".log")
        about = map(str, (spool, endpoint, workers, seconds, *quota))
        # Its workers find their module by it, too.
        path = os.pathsep.join(filter(None, (str(Path(__file__).parent), os.environ.get("PYTHONPATH"))))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, __file__, *about],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "PYTHONPATH": path, **(environment or {})},
            )
        assert self.process.stdout
        self.ready_line = self.process.stdout.readline()
        self.endpoint = self.ready_line.strip()

    def memory(self) -> int:
        """Bytes of its process that are in memory."""
        fields = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")

    def wait_until_gone(self, process: int) -> None:
        """Wait for the end of a worker that was killed."""
        deadline = time.monotonic() + 20
        while Path(f"/proc/{process}").exists() and time.monotonic() < deadline:
            time.sleep(0.005)


def main(spool: str, endpoint: str, workers: str, seconds: str, jobs: str, size: str) -> None:
    """Serve until killed, or drained."""
    import zmq

    from reverie.server.service.gateway import Gateway
    from reverie.server.service.listening import listen
    from reverie.server.service.posts import Post
    from reverie.server.service.room import Quota

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    context = zmq.Context()
    socket, address = listen(context, endpoint)
    posts = [Post(f"quick {number}", "quick_worker", {"seconds": float(seconds)}) for number in range(int(workers))]
    quota = Quota(int(jobs) or Quota().jobs, int(size))
    Path(spool).mkdir(parents=True, exist_ok=True)
    gateway = Gateway(context, socket, Path(spool), posts, quota=quota)
    gateway.drain_on(signal.SIGTERM, 60.0)
    print(address.endpoint, flush=True)
    gateway.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
