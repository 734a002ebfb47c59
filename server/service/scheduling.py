"""Whose turn it is: interactive before batch, fair between clients, in order within a client."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator

from .ledger import Job

# Interactive or not, and whose.
_Lane = tuple[bool, str]


class Queue:
    """The jobs that can begin. What it costs to take the next depends on how many clients there are, not jobs."""

    def __init__(self) -> None:
        self._count = itertools.count(1)
        # When each client was last served.
        self._served: dict[str, int] = {}
        # Each lane a heap by place. What is not in its lane by ``_where`` any more is passed over.
        self._lanes: dict[_Lane, list[tuple[int, bytes]]] = {}
        self._where: dict[bytes, _Lane] = {}
        self._jobs: dict[bytes, Job] = {}

    def __iter__(self) -> Iterator[Job]:
        """In no order."""
        return iter(self._jobs.values())

    def add(self, job: Job, client: str) -> None:
        """``job`` can begin, and is ``client``'s; it stands where it came in."""
        lane = (job.request.urgency == "interactive", client)
        if self._where.get(job.id) == lane:
            return
        self._where[job.id], self._jobs[job.id] = lane, job
        heapq.heappush(self._lanes.setdefault(lane, []), (job.place, job.id))

    def discard(self, job: Job) -> None:
        """``job`` can't begin, or has."""
        self._where.pop(job.id, None)
        self._jobs.pop(job.id, None)

    def take(self) -> Job | None:
        """The job to run next; its client has then had a turn."""
        for lane in sorted(self._lanes, key=lambda lane: (not lane[0], self._served.get(lane[1], 0))):
            heap = self._lanes[lane]
            while heap:
                _, id_ = heapq.heappop(heap)
                if self._where.get(id_) == lane:
                    job = self._jobs[id_]
                    self.discard(job)
                    self._served[lane[1]] = next(self._count)
                    return job
            del self._lanes[lane]
        self._served.clear()
        return None
