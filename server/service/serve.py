"""A server from its first line to its last: listen, say so, serve, end cleanly."""

from __future__ import annotations

import json
import logging
import logging.handlers
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import zmq

from ...shared.wire.address import Address
from ..networks.store import home
from .gateway import SERVER, Gateway
from .listening import listen
from .workers import WorkersBroken

LOG_BYTES, LOG_FILES = 4 << 20, 3
NICENESS = 10
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"

log = logging.getLogger(__name__)


class FirstLine(logging.Formatter):
    """What the person at the terminal sees of a record: no traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's first line."""
        return super().format(record).partition("\n")[0]


def default_spool() -> Path:
    """Where jobs and pictures are kept unless another folder is given."""
    return home() / "spool"


def serve(text: str, devices: Sequence[str], spool: Path, json_ready: bool = False) -> None:
    """Serve until SIGINT or SIGTERM. ``text``: where to listen, as typed; ``devices``: one worker for each.

    Once ready, one line on standard output says where: in words, or with ``json_ready`` as a JSON map.
    Raises `ListenError`, `SpoolInUse`, `WorkersBroken`.
    """
    _give_way()
    context = zmq.Context()
    try:
        socket, address = listen(context, text)
        spool.mkdir(parents=True, exist_ok=True)
        _start_log(spool / "log")
        gateway = Gateway(context, socket, spool, list(devices))
        try:
            gateway.stop_on(signal.SIGINT, signal.SIGTERM)
            _announce(address, json_ready)
            gateway.run()
            log.info("Ending")
        except WorkersBroken:
            raise
        except Exception:
            log.exception("The server can't go on")
            raise
        finally:
            gateway.close()
    finally:
        context.destroy(linger=0)


def _give_way() -> None:
    """Let other processes go first, now and in the workers: dreaming must not make Blender stutter beside it."""
    if hasattr(os, "nice"):  # not on Windows
        os.nice(NICENESS)


def _announce(address: Address, json_ready: bool) -> None:
    if json_ready:
        print(json.dumps({"server": SERVER, "address": address.endpoint}), flush=True)
    else:
        print(f"{SERVER} listens on {address.endpoint}", flush=True)


def _start_log(folder: Path) -> None:
    """Log to standard error, and with tracebacks to a file that rotates."""
    folder.mkdir(exist_ok=True)
    file = logging.handlers.RotatingFileHandler(
        folder / "server.log", maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8"
    )
    terminal = logging.StreamHandler()
    terminal.setFormatter(FirstLine(LOG_FORMAT))
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT, handlers=[terminal, file], force=True)
