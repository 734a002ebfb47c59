"""Bare ZeroMQ: the same bytes in the same chunks, there and back, with nothing around them.

The yardstick for the wire: what the sockets themselves cost, in two processes of Python.
"""

from __future__ import annotations

import multiprocessing
import os
import time

import zmq

from ...shared.wire.blobs import CHUNK
from ...shared.wire.sockets import CREDIT, client_socket, server_socket


def bare_round_trip(size: int, rounds: int) -> list[float]:
    """Seconds for ``size`` bytes to go to another process and come back, once for each round."""
    spawn = multiprocessing.get_context("spawn")
    port_of, port_in = spawn.Pipe(duplex=False)
    peer = spawn.Process(target=_peer, args=(port_in, size, rounds), daemon=True)
    peer.start()
    context = zmq.Context()
    socket = client_socket(context)
    try:
        socket.connect(f"tcp://127.0.0.1:{port_of.recv()}")
        socket.poll(5000, zmq.POLLOUT)
        return [_there_and_back(socket, size) for _ in range(rounds)]
    finally:
        peer.terminate()
        peer.join()
        context.destroy(linger=0)


def _there_and_back(socket: zmq.Socket, size: int) -> float:
    data = memoryview(os.urandom(size))
    back = memoryview(bytearray(size))
    start = time.perf_counter()
    _send_all(socket, [], data)
    socket.send(b"back")
    for at in range(0, size, CHUNK):
        back[at : at + CHUNK] = socket.recv_multipart(copy=False)[1].buffer
        socket.send(b"ack")
    seconds = time.perf_counter() - start
    if back != data:
        raise RuntimeError("the bytes that came back are not those that were sent")
    return seconds


def _peer(port_in, size: int, rounds: int) -> None:
    context = zmq.Context()
    socket = server_socket(context)
    port_in.send(socket.bind_to_random_port("tcp://127.0.0.1"))
    kept = memoryview(bytearray(size))
    for _ in range(rounds):
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
        if unanswered > CREDIT:
            socket.recv_multipart()
            unanswered -= 1
    for _ in range(unanswered):
        socket.recv_multipart()
