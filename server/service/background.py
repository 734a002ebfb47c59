"""Slow things, done on threads of their own, and reported back to the loop's thread."""

from __future__ import annotations

import contextlib
import queue
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class Waker:
    """Wakes a loop that polls ``reader``, from another thread or from a signal handler."""

    def __init__(self) -> None:
        self.reader, self.writer = socket.socketpair()
        self.reader.setblocking(False)
        self.writer.setblocking(False)

    def wake(self) -> None:
        """Make ``reader`` readable."""
        # A full pipe holds so many wake-ups that the loop is sure to wake.
        with contextlib.suppress(BlockingIOError):
            self.writer.send(b"\0")

    def clear(self) -> None:
        """Take up every wake-up so far."""
        with contextlib.suppress(BlockingIOError):
            while self.reader.recv(4096):
                pass

    def close(self) -> None:
        """Close both ends."""
        self.reader.close()
        self.writer.close()


class Background:
    """Runs work off the loop's thread; `finish` then runs what follows it, on the loop's thread."""

    def __init__(self, waker: Waker, threads: int = 1) -> None:
        """``threads``: how many; with one, work is done in the order in which it is given."""
        self._waker = waker
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="disk")
        # How much work is not yet followed up.
        self.waiting = 0
        self._done: queue.SimpleQueue[tuple[Callable[[BaseException | None], None], BaseException | None]] = (
            queue.SimpleQueue()
        )

    def run(self, work: Callable[[], None], then: Callable[[BaseException | None], None]) -> None:
        """Do ``work`` on a thread, then call ``then`` with its error or None from `finish`."""

        def task() -> None:
            self._done.put((then, error_of(work)))
            self._waker.wake()

        self._pool.submit(task)
        self.waiting += 1

    def finish(self) -> None:
        """Call what follows each piece of work that is done."""
        while not self._done.empty():
            then, error = self._done.get()
            self.waiting -= 1
            then(error)

    def close(self) -> None:
        """Wait for the work at hand, leave the rest."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def error_of(work: Callable[[], None]) -> BaseException | None:
    """Do ``work``; returns what it raised, if anything."""
    try:
        work()
    except Exception as error:
        return error
    return None
