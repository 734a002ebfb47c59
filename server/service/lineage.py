"""Which job goes on from which: a frame needs the memory of the one before."""

from __future__ import annotations

from collections.abc import Iterable

from .ledger import Job, Ledger


class Lineage:
    """The jobs that still need the memory of another, and those others, released or not."""

    def __init__(self, ledger: Ledger, jobs: dict[bytes, Job]) -> None:
        """``jobs``: those that are not released; not changed here."""
        self._ledger = ledger
        self._jobs = jobs
        self._followers: dict[bytes, dict[bytes, Job]] = {}
        # Those that are released, and gone on from.
        self._gone: dict[bytes, Job] = {}

    def enter(self, job: Job) -> Job | None:
        """``job`` may need another's memory; returns that other where it is released and its memory now kept for it."""
        after = job.request.after
        if not after:
            return None
        followers = self._followers.setdefault(after, {})
        followers[job.id] = job
        if after in self._jobs or len(followers) > 1:
            return None
        return self._keep(self._ledger.job(after))

    def release(self, job: Job) -> Job | None:
        """``job`` is released; returns it where others still go on from it, and its memory is kept."""
        return self._keep(job) if job.id in self._followers else None

    def leave(self, job: Job) -> Job | None:
        """``job`` has no need of the one before any more; returns that where its memory was kept and is no more."""
        followers = self._followers.get(job.request.after or b"", {})
        if followers.pop(job.id, None) is None or followers:
            return None
        del self._followers[job.request.after or b""]
        return self._gone.pop(job.request.after or b"", None)

    def before(self, job: Job) -> Job | None:
        """The job that ``job``, which needs its memory, goes on from."""
        after = job.request.after
        return (self._jobs.get(after) or self._gone.get(after)) if after else None

    def followers(self, job: Job) -> Iterable[Job]:
        """The jobs that go on from ``job``."""
        return self._followers.get(job.id, {}).values()

    def _keep(self, job: Job | None) -> Job | None:
        if job:
            self._gone[job.id] = job
        return job
