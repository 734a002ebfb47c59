"""A line between a client and a server, as bad as a test wants it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections.abc import Callable
from types import TracebackType

# As the line carries them: what is lost, is lost by the segment.
SEGMENT = 16384


class Line:
    """Takes connections at ``port`` of 127.0.0.1 and carries their bytes to ``server``'s port and back.

    latency: seconds each way. rate: bytes a second each way. loss: share of segments that arrive a round trip late, and
    hold up what is behind them, as TCP makes of a lost one. dead: swallows every byte, of new connections too, and
    closes none. tamper: what becomes of bytes, told whether they go to the server. heard: all bytes, where asked for.
    carried: bytes so far, to the server and from it.
    """

    def __init__(
        self, server: int, latency: float = 0.0, rate: float = float("inf"), loss: float = 0.0, *, record: bool = False
    ) -> None:
        self.latency, self.rate, self.loss = latency, rate, loss
        self.dead = False
        self.tamper: Callable[[bytes, bool], bytes] = lambda data, up: data
        self.carried = {True: 0, False: 0}
        self.heard: bytearray | None = bytearray() if record else None
        self._server = server
        self._chance = random.Random(1)
        self._loop = asyncio.new_event_loop()
        started: list[asyncio.Server] = []
        ready = threading.Event()

        async def start() -> None:
            started.append(await asyncio.start_server(self._take, "127.0.0.1", 0))
            ready.set()

        def run() -> None:
            self._loop.create_task(start())
            self._loop.run_forever()

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        assert ready.wait(10)
        self.port: int = started[0].sockets[0].getsockname()[1]

    @property
    def endpoint(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def __enter__(self) -> Line:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        def end() -> None:
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            self._loop.call_later(0.05, self._loop.stop)

        self._loop.call_soon_threadsafe(end)
        self._thread.join(10)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while self.dead:
            await asyncio.sleep(0.05)
        with contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._server)
            await asyncio.gather(self._carry(reader, far_writer, True), self._carry(far_reader, writer, False))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, up: bool) -> None:
        """One direction: the sender is held back to the rate, and what it sent arrives later and in order."""
        arriving: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivery = asyncio.create_task(self._deliver(arriving, writer))
        free_at = due = self._loop.time()
        with contextlib.suppress(OSError):
            while data := await reader.read(SEGMENT):
                if self.dead:
                    continue
                self.carried[up] += len(data)
                if self.heard is not None:
                    self.heard += data
                free_at = max(free_at, self._loop.time()) + len(data) / self.rate
                late = 2 * self.latency * (self._chance.random() < self.loss)
                due = max(due, free_at + self.latency + late)
                arriving.put_nowait((due, self.tamper(data, up)))
                await asyncio.sleep(free_at - self._loop.time())
        arriving.put_nowait((due, b""))
        await delivery

    async def _deliver(self, arriving: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while True:
                due, data = await arriving.get()
                await asyncio.sleep(due - self._loop.time())
                if not data or self.dead:
                    break
                writer.write(data)
                await writer.drain()
        while self.dead:
            await asyncio.sleep(0.05)
        writer.close()
