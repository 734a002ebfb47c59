"""What the one who keeps the server may ask of it, from its own computer: every job, and another try for one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from ...shared.wire.errors import WireError
from .guard import Guard
from .jobs import Jobs
from .ledger import FAILED, Job, Ledger
from .metrics import Reading
from .sessions import Session, Sessions

# As many as surely fit into one header.
_MOST = 200


class Keeping:
    """Answers LEDGER, PULSE and RETRY.

    Without keys whoever is on this computer is the keeper, with keys whoever has its own.
    """

    def __init__(
        self, ledger: Ledger, jobs: Jobs, sessions: Sessions, guard: Guard | None, reading: Callable[[], Reading]
    ) -> None:
        self._ledger = ledger
        self._jobs = jobs
        self._sessions = sessions
        self._guard = guard
        self._reading = reading

    def ledger(self, session: Session, header: Mapping[str, Any]) -> None:
        """LEDGER: the newest jobs of all clients, the newest last; a page of them, for there may be many.

        skip: how many of the newest to pass over. begins: with which bytes the ids must begin.
        """
        self._check(session)
        skip, begins = header.get("skip") or 0, header.get("begins")
        jobs = self._jobs.beginning(begins, _MOST) if begins else self._jobs.newest(_MOST, skip)
        self._sessions.answer(session, header, "LISTING", items=[self._described(job) for job in jobs])

    def pulse(self, session: Session, header: Mapping[str, Any]) -> None:
        """PULSE: how the server does."""
        self._check(session)
        self._sessions.answer(session, header, "READING", **dataclasses.asdict(self._reading()))

    def retry(self, session: Session, header: Mapping[str, Any]) -> None:
        """RETRY: a failed job is tried once more, under its own id, so that its client finds the result."""
        self._check(session)
        job = self._jobs.find(header["job"])
        if job.state != FAILED:
            raise WireError("CONFLICT", "Only a dream that failed can be tried again.", "reverie jobs lists them.")
        self._jobs.retry(job)
        self._sessions.answer(session, header, "RETRIED", job=job.id, state=job.state)

    def _check(self, session: Session) -> None:
        if self._guard and not self._guard.is_keeper(session.user):
            raise WireError("FORBIDDEN", "Only on the server's own computer may this be asked.", "Go there.")

    def _described(self, job: Job) -> dict[str, Any]:
        error = job.error or {}
        return {
            "job": job.id,
            "kind": job.request.kind,
            "state": job.state,
            "urgency": job.request.urgency,
            "attempt": job.attempt,
            "age": max(0.0, self._ledger.now() - job.touched),
            "error": " ".join(filter(None, (error.get("msg"), error.get("hint"))))[:200],
        }
