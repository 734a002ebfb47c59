"""Whose turn it is: interactive before batch, fair between clients, in order within a client."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary

from .ledger import Job


class Turns:
    """Remembers when each client was last served."""

    def __init__(self) -> None:
        self._count = itertools.count(1)
        self._served: WeakKeyDictionary[Any, int] = WeakKeyDictionary()

    def choose(self, waiting: Iterable[tuple[Job, Any]]) -> Job | None:
        """The job to run next out of ``waiting`` (job, client) pairs; its client has then had a turn."""
        candidates = list(waiting)
        if not candidates:
            return None

        def rank(candidate: tuple[Job, Any]) -> tuple[bool, int, int]:
            job, client = candidate
            return job.request.urgency != "interactive", self._served.get(client, 0), job.place

        job, client = min(candidates, key=rank)
        self._served[client] = next(self._count)
        return job
