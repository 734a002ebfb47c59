"""How many bytes a second the client and the server move, each way, and how long a ping of another client waits."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import zmq

from ...shared.client import Client
from ...shared.client.connection import Connection, ConnectionState
from ...shared.client.transfers import Download, Upload
from ...shared.picture import Picture, PictureInfo
from ...shared.settings import DreamSettings
from ...shared.wire.address import Address
from ...shared.wire.blobs import CHUNK
from ...shared.wire.content import FileInfo
from ...shared.wire.keys import KeyPair
from ..service.local import LocalServer, local_server
from .bare import BareZeroMQ, Trip

# A frame of 3840 × 2160 in RGBA float32.
FRAME = 3840 * 2160 * 16
# Between two pings of the other client, in seconds.
PING_EVERY = 0.003
_PATIENCE = 60.0
# The row of a plain file.
DISK = "the disk alone"


@dataclass(slots=True)
class Rates:
    """One way of moving bytes. trips: seconds of each round. kept: seconds more until what was sent was surely on the
    disk. pings: seconds each, while bytes moved both ways.
    """

    trips: list[Trip] = field(default_factory=list)
    kept: list[float] = field(default_factory=list)
    pings: list[float] = field(default_factory=list)


class Mover:
    """A client that moves bytes to a server and back, and dreams nothing. kept: see `Rates`, for each trip."""

    def __init__(self, address: Address, spool: Path, own: KeyPair | None = None) -> None:
        self.kept: list[float] = []
        self._spool = spool
        self._context = zmq.Context()
        self._connection = Connection(address, "reverie bench", self._context, own)
        self._connection.open()
        self._until(lambda: self._connection.state is ConnectionState.CONNECTED)

    def trip(self, data: memoryview) -> Trip:
        """Send the bytes until the server has all of them, and fetch them once it has written them down.

        As with bare ZeroMQ they come into memory that was in use before, and the server's file goes, so that the next
        may lie where it lay: the first touch of its memory costs a VM ten times more than the wire and the disk do.
        """
        content = FileInfo(len(data), ".exr")
        upload, download = Upload(data, content, os.urandom(16)), Download(b"", content, {})
        download.blob = upload.blob
        download.data.fill(0)
        start = time.perf_counter()
        there = self._send(upload) - start
        turn = time.perf_counter()
        self._fetch(download)
        end = time.perf_counter()
        if download.data.data != data:
            raise RuntimeError("the bytes that came back are not those that were sent")
        self.kept.append(turn - start - there)
        (self._spool / "blobs" / upload.blob.hex()).unlink()
        return Trip(there, end - turn)

    def ping(self) -> float:
        """Seconds until the server has answered."""
        before = self._connection.pulse
        self._connection.ping()
        self._until(lambda: self._connection.pulse is not before)
        assert self._connection.pulse
        return self._connection.pulse.round_trip

    def close(self) -> None:
        """Drop the connection."""
        self._connection.close()
        self._context.destroy(linger=0)

    def _send(self, upload: Upload) -> float:
        """Send until the server has kept all; returns when it had taken every chunk but the one it keeps all with."""
        self._connection.send(upload.put() | {"id": os.urandom(16)})
        taken, kept = 0.0, False
        while not kept:
            for header, _ in self._connection.receive():
                if header["t"] == "HAVE":
                    upload.resume(header["have"], header["credit"])
                elif header["t"] == "ACK":
                    upload.acknowledged(header["at"])
                    kept = bool(header["full"])
                    taken = taken or (time.perf_counter() if upload.present == upload.count - 1 else 0.0)
                elif header["t"] == "ERR":
                    raise RuntimeError(header["msg"])
                self._push(upload)
            self._push(upload)
            if not kept:
                self._connection.wait(1.0)
        return taken or time.perf_counter()

    def _push(self, upload: Upload) -> None:
        while not self._connection.clogged and (message := upload.next_chunk()):
            self._connection.send(*message)

    def _fetch(self, download: Download) -> None:
        self._connection.send(download.get() | {"id": os.urandom(16)})
        while not download.full:
            for header, chunk in self._connection.receive():
                if header["t"] == "CHUNK":
                    self._connection.send(download.take(header, chunk))
            if not download.full:
                self._connection.wait(1.0)

    def _until(self, over) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not over():
            if time.monotonic() > deadline:
                raise RuntimeError(f"no answer from {self._connection.address} ({self._connection.problem})")
            for _ in self._connection.receive():
                pass
            if not over():
                self._connection.wait(0.1)


class Pinger:
    """Another client, a process of its own, that pings whenever it is told to."""

    def __init__(self, server: LocalServer) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, far = spawn.Pipe()
        own = server.own and (server.own.public, server.own.secret)
        self._process = spawn.Process(target=_pinging, args=(far, server.address, server.spool, own), daemon=True)
        self._process.start()
        self._pipe.recv()

    def start(self) -> None:
        """Ping from now on."""
        self._pipe.send(None)

    def stop(self) -> list[float]:
        """Ping no more; the seconds that each took."""
        self._pipe.send(None)
        return self._pipe.recv()

    def close(self) -> None:
        """End the process."""
        self._process.terminate()
        self._process.join()


def measure(rounds: int, size: int = FRAME) -> dict[str, Rates]:
    """The rates of bare ZeroMQ and of client and server, plain and under CURVE, and of a file that the same bytes are
    written to, in turns within each round.
    """
    names = ("bare ZeroMQ", "client, server", "bare ZeroMQ, CURVE", "client, server, CURVE")
    rates = {name: Rates() for name in (*names, DISK)}
    data = memoryview(os.urandom(size))
    with local_server("cpu") as plain, local_server("cpu", keys=True) as guarded:
        bare = [BareZeroMQ(size), BareZeroMQ(size, keys=True)]
        movers = [Mover(server.address, server.spool, server.own) for server in (plain, guarded)]
        pingers = [Pinger(server) for server in (plain, guarded)]
        for server, mover in zip((plain, guarded), movers, strict=True):
            _awaken(server)
            mover.trip(data)
        for _ in range(rounds):
            rates[DISK].trips.append(Trip(_written(data), 0.0))
            for keys in (0, 1):
                rates[names[2 * keys]].trips.append(bare[keys].trip())
                rates[names[2 * keys + 1]].trips.append(movers[keys].trip(data))
                rates[names[2 * keys + 1]].kept.append(movers[keys].kept[-1])
        for keys in (0, 1):
            for _ in range(rounds):
                pingers[keys].start()
                movers[keys].trip(data)
                rates[names[2 * keys + 1]].pings += pingers[keys].stop()
        for each in (*bare, *movers, *pingers):
            each.close()
    return rates


def _written(data: memoryview) -> float:
    """Seconds to write ``data`` to a file, which is not waited for."""
    with tempfile.TemporaryFile(buffering=0) as file:
        start = time.perf_counter()
        for at in range(0, len(data), CHUNK):
            file.write(data[at : at + CHUNK])
        return time.perf_counter() - start


def _awaken(server: LocalServer) -> None:
    """Have a tiny picture dreamed: a worker that is just starting leaves nobody else the processor."""
    pixels = np.zeros((16, 16, 4), np.float32)
    client = Client(server.address, "reverie bench", server.own)
    client.connect()
    dream = client.dream(Picture(PictureInfo(pixels.shape, "f32"), pixels), DreamSettings(strength=0.0))
    while not dream.finished:
        if not client.pump():
            client.wait(0.1)
    client.close()


def _pinging(pipe, address: Address, spool: Path, own: tuple[bytes, bytes] | None) -> None:
    mover = Mover(address, spool, own and KeyPair(*own))
    mover.ping()
    pipe.send(None)
    while True:
        pipe.recv()
        seconds = []
        while not pipe.poll(PING_EVERY):
            seconds.append(mover.ping())
        pipe.recv()
        pipe.send(seconds)
