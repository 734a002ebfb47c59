"""Bare ZeroMQ: the same bytes in the same chunks, there and back, with nothing around them.

The yardstick for the wire: what the sockets themselves cost, in two processes of Python.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from typing import NamedTuple

import zmq

from ...shared.wire.blobs import CHUNK
from ...shared.wire.keys import KeyPair
from ...shared.wire.sockets import CREDIT, client_socket, server_socket


class Trip(NamedTuple):
    """Seconds for the same bytes to go to the other process, and to come from it."""

    there: float
    back: float


class BareZeroMQ:
    """Another process that takes ``size`` bytes and gives them back, until `close`."""

    def __init__(self, size: int, *, keys: bool = False) -> None:
        """``keys``: encrypted by CURVE, as beyond loopback."""
        spawn = multiprocessing.get_context("spawn")
        server = KeyPair.fresh() if keys else None
        port_of, port_in = spawn.Pipe(duplex=False)
        self._peer = spawn.Process(target=_peer, args=(port_in, size, server and (server.public, server.secret)))
        self._peer.daemon = True
        self._peer.start()
        self._context = zmq.Context()
        self._socket = client_socket(self._context, server.public if server else b"", KeyPair.fresh())
        self._socket.connect(f"tcp://127.0.0.1:{port_of.recv()}")
        self._socket.poll(5000, zmq.POLLOUT)
        self._data = memoryview(os.urandom(size))

    def trip(self) -> Trip:
        """Move the bytes there and back. Raises RuntimeError where what comes back is something else."""
        size = len(self._data)
        back = memoryview(bytearray(size))
        start = time.perf_counter()
        _send_all(self._socket, [], self._data)
        turn = time.perf_counter()
        self._socket.send(b"back")
        for at in range(0, size, CHUNK):
            back[at : at + CHUNK] = self._socket.recv_multipart(copy=False)[1].buffer
            self._socket.send(b"ack")
        end = time.perf_counter()
        if back != self._data:
            raise RuntimeError("the bytes that came back are not those that were sent")
        return Trip(turn - start, end - turn)

    def close(self) -> None:
        """End the other process."""
        self._peer.terminate()
        self._peer.join()
        self._context.destroy(linger=0)


def bare_round_trip(size: int, rounds: int) -> list[float]:
    """Seconds for ``size`` bytes to go to another process and come back, once for each round."""
    bare = BareZeroMQ(size)
    try:
        return [sum(bare.trip()) for _ in range(rounds)]
    finally:
        bare.close()


def _peer(port_in, size: int, server: tuple[bytes, bytes] | None) -> None:
    context = zmq.Context()
    socket = server_socket(context)
    if server:
        socket.setsockopt(zmq.CURVE_SERVER, 1)
        socket.setsockopt(zmq.CURVE_SECRETKEY, server[1])
    port_in.send(socket.bind_to_random_port("tcp://127.0.0.1"))
    kept = memoryview(bytearray(size))
    while True:
        for at in range(0, size, CHUNK):
            client, _, chunk = socket.recv_multipart(copy=False)
            kept[at : at + CHUNK] = chunk.buffer
            socket.send_multipart([client.bytes, b"ack"])
        client = socket.recv_multipart()[0]
        _send_all(socket, [client], kept)


def _send_all(socket: zmq.Socket, route: list[bytes], data: memoryview) -> None:
    """Send ``data`` in chunks, never more than the credit unanswered, and wait for the last answer."""
    unanswered = 0
    for at in range(0, len(data), CHUNK):
        socket.send_multipart([*route, b"chunk", data[at : at + CHUNK]], copy=False)
        unanswered += 1
        if unanswered >= CREDIT:
            socket.recv_multipart()
            unanswered -= 1
    for _ in range(unanswered):
        socket.recv_multipart()
