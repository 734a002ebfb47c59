"""A server from its first line to its last: listen, say so, serve, end cleanly."""

from __future__ import annotations

import json
import logging
import logging.handlers
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import zmq

from ...shared.wire.address import Address
from ...shared.wire.invite import INVITE, write_invite
from ...shared.wire.keys import fingerprint
from ..networks.store import home
from .gateway import SERVER, Gateway
from .guard import Guard
from .keyring import write_private
from .listening import ListenError, is_beyond, listen, told
from .metrics import Metrics
from .posts import Post
from .room import Quota
from .workers import WorkersBroken

LOG_BYTES, LOG_FILES = 4 << 20, 3
NICENESS = 10
# Seconds that the dreams under way have to finish when the server is told to end.
GRACE = 30.0
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"

log = logging.getLogger(__name__)

# In the spool: where the server listens, for the commands of whoever keeps it.
_WHERE = "server.json"


class FirstLine(logging.Formatter):
    """What the person at the terminal sees of a record: no traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's first line."""
        return super().format(record).partition("\n")[0]


def running(spool: Path) -> Address:
    """Where the server of that spool listens, or did last. Raises `ListenError` where there never was one."""
    try:
        return Address.parse(json.loads((spool / _WHERE).read_text(encoding="utf-8"))["address"])
    except (OSError, ValueError, KeyError, TypeError):
        raise ListenError(f"No server has run with {spool}.", "Start one: reverie serve.") from None


def default_keys() -> Path:
    """Where the server's key and its clients' are kept."""
    return home() / "keys"


def default_spool() -> Path:
    """Where jobs and pictures are kept unless another folder is given."""
    return home() / "spool"


@dataclass(frozen=True, slots=True)
class Door:
    """Where a server listens. text: as typed. keys: whether behind keys; None where other machines reach it.
    host: the name to tell others, "" to find one. folder: where the keys are.
    """

    text: str
    keys: bool | None = None
    host: str = ""
    folder: Path = field(default_factory=lambda: default_keys())

    @property
    def guarded(self) -> bool:
        """Whether strangers are kept out. Raises `AddressError`."""
        return is_beyond(self.text) if self.keys is None else self.keys


def serve(
    door: Door,
    posts: Sequence[Post],
    spool: Path,
    json_ready: bool = False,
    metrics: int | None = None,
    grace: float = GRACE,
    quota: Quota | None = None,
) -> None:
    """Serve until SIGINT, or SIGTERM and at most ``grace`` seconds more for the dreams under way.

    posts: one for each worker. metrics: the port of `Metrics`, if any. quota: what a client may have, if not the usual.

    Once ready, one line on standard output says where: in words, or with ``json_ready`` as a JSON map.
    Raises `ListenError`, `SpoolInUse`, `WorkersBroken`, and `OSError` and `KeyTextError` where the keys can't be had.
    """
    _give_way()
    # Two threads: what one client encrypts and sends by the megabyte is not to hold up the others' questions.
    context = zmq.Context(io_threads=2)
    try:
        guard = Guard(context, door.folder) if door.guarded else None
        socket, address = listen(context, door.text, guard)
        spool.mkdir(parents=True, exist_ok=True)
        _start_log(spool / "log")
        gateway = Gateway(context, socket, spool, posts, guard, quota)
        try:
            gateway.stop_on(signal.SIGINT)
            gateway.drain_on(signal.SIGTERM, grace)
            if metrics is not None:
                log.info("Metrics at port %s of this machine", Metrics(metrics, lambda: gateway.reading).port)
            _announce(told(address, door.host), door.folder, spool, json_ready)
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


def _announce(address: Address, folder: Path, spool: Path, json_ready: bool) -> None:
    # Not among the keys: it is to be handed around, and they are not.
    invite = folder.parent / INVITE
    write_private(spool / _WHERE, {"address": address.line if address.key else address.endpoint})
    if address.key:
        write_invite(invite, address)
    if json_ready:
        print(json.dumps({"server": SERVER, "address": address.line if address.key else address.endpoint}), flush=True)
    elif address.key:
        print(f"{SERVER} listens. Paste this line into Blender, or open {invite} there:\n\n{address.line}\n")
        print(f"Its fingerprint: {fingerprint(address.key)}. To let a computer in: reverie pair", flush=True)
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
