"""What clients ask about jobs: SUBMIT, STATUS, CANCEL, RELEASE and LIST."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgpack

from ...shared.declaration import SettingError
from ...shared.wire.errors import WireError
from ..networks import catalogue
from . import kinds
from .dispatch import Dispatch
from .jobs import Jobs
from .ledger import QUEUED, RECEIVING, RUNNING, Ledger, Request
from .room import Quota, no_space
from .sessions import Session, Sessions
from .transfers import Transfers

# Unfinished ones of all clients.
MAX_JOBS = 50_000
# As many as surely fit into one header.
MAX_LISTED = 512

log = logging.getLogger(__name__)


class Requests:
    """Answers to everything that concerns jobs."""

    def __init__(
        self,
        ledger: Ledger,
        jobs: Jobs,
        dispatch: Dispatch,
        transfers: Transfers,
        sessions: Sessions,
        quota: Quota,
    ) -> None:
        """``quota``: what each client may have."""
        self._ledger = ledger
        self._quota = quota
        self._jobs = jobs
        self._dispatch = dispatch
        self._transfers = transfers
        self._sessions = sessions

    def submit(self, session: Session, header: Mapping[str, Any]) -> None:
        """SUBMIT: a new job, or one already known, which is answered by its state."""
        request = checked_request(header)
        job = self._jobs.get(header["job"])
        if job is None:
            self._check_inputs(request)
            self._jobs.check_after(request)
            self._check_count(session)
            job = self._jobs.enter(header["job"], request, session)
            log.info("Dream %s: %s, %s", job.id.hex()[:8], request.kind, request.urgency)
        elif job.request != request:
            raise WireError("CONFLICT", "Another dream was started under the same id.", "Start the dream again.")
        else:
            self._jobs.adopt(job, session)
        self._sessions.answer(session, header, "ACCEPTED", job=job.id, state=job.state)

    def status(self, session: Session, header: Mapping[str, Any]) -> None:
        """STATUS: how jobs stand, and what was missed. Who knows a job's id is its client from now on."""
        if len(header["jobs"]) > MAX_LISTED:
            raise WireError(
                "BAD_HEADER", "Too many dreams were asked for at once.", field="jobs", allowed=f"{MAX_LISTED} at most"
            )
        since = header.get("since") or 0
        items, missed = [], []
        for id_ in header["jobs"]:
            job = self._jobs.get(id_)
            if job is None:
                items.append({"job": id_, "state": "UNKNOWN", "n": 0})
                continue
            self._jobs.adopt(job, session)
            items.append({"job": id_, "state": job.state, "n": job.n})
            missed += [job] if job.told > since else []
        self._sessions.answer(session, header, "LISTING", items=items)
        for job in missed:
            self._jobs.tell_state(job)

    def cancel(self, session: Session, header: Mapping[str, Any]) -> None:
        """CANCEL: end a job. One that has ended already stays as it is."""
        job = self._jobs.find(header["job"])
        self._dispatch.cancel(job)
        self._sessions.answer(session, header, "CANCELLED", job=job.id, state=job.state)

    def release(self, session: Session, header: Mapping[str, Any]) -> None:
        """RELEASE: the client has what it wanted."""
        job = self._jobs.find(header["job"])
        if job.open:
            raise WireError("CONFLICT", "The dream is not finished yet.", "Cancel it first.")
        self._jobs.release(job)
        self._sessions.answer(session, header, "RELEASED", job=job.id)

    def list(self, session: Session, header: Mapping[str, Any]) -> None:
        """LIST: the networks of this server, or the client's own jobs."""
        items = _networks() if header["what"] == "networks" else self._own_jobs(session)
        self._sessions.answer(session, header, "LISTING", items=items)

    def _own_jobs(self, session: Session) -> list[dict[str, Any]]:
        jobs = self._jobs.of(session)[-MAX_LISTED:]
        return [{"job": job.id, "kind": job.request.kind, "state": job.state, "n": job.n} for job in jobs]

    def _check_count(self, session: Session) -> None:
        if self._ledger.stuck:
            raise no_space()
        if self._jobs.count(RECEIVING, QUEUED, RUNNING) >= MAX_JOBS:
            raise WireError("BUSY", "The server has too many dreams waiting.", "Wait until some are done.")
        if self._jobs.open_of(session.client) >= self._quota.jobs:
            msg = f"You have {self._quota.jobs} dreams waiting on the server, and may have no more."
            raise WireError("BUSY", msg, "Wait until some are done; reverie serve --quota sets how many.")

    def _check_inputs(self, request: Request) -> None:
        for name, blob in request.inputs.items():
            if blob not in self._transfers:
                raise WireError("UNKNOWN_BLOB", f"The dream's {name} was never announced.", f"Send the {name} first.")
            kinds.find(request.kind).check_content(name, self._transfers.info(blob))


def checked_request(header: Mapping[str, Any]) -> Request:
    """The request in a SUBMIT, with defaults filled in. Raises `WireError` naming the field and what is allowed."""
    kind = kinds.find(header["kind"])
    inputs, after = dict(header["inputs"]), header.get("after")
    kind.check_inputs(inputs)
    if after and not kind.follows:
        raise kinds.bad_param("after", f"A {kind.title} goes on from no other", "nothing")
    try:
        settings = _checked(kind, msgpack.packb(header.get("settings") or {}), tuple(inputs), int(time.monotonic()))
    except catalogue.UnknownNetwork as error:
        raise _refused("UNKNOWN_NETWORK", error) from error
    except catalogue.UnknownLayer as error:
        raise _refused("UNKNOWN_LAYER", error) from error
    except SettingError as error:
        raise _refused("BAD_PARAM", error) from error
    urgency, lasting = header.get("urgency") or "interactive", header.get("lasting") is True
    return Request(header["kind"], settings, inputs, urgency, after, lasting)


# With more, as with the thousand of ImageNet, a listing would outgrow its header.
_MOST_NAMES = 256


@lru_cache(maxsize=64)
def _checked(kind: kinds.Kind, settings: bytes, inputs: tuple[str, ...], second: int) -> dict[str, Any]:
    """As `Kind.check`; the thousands of frames of one shot are asked for alike.

    For a second at most: what the server has of networks may change.
    """
    return kind.check(msgpack.unpackb(settings), dict.fromkeys(inputs))


def _networks() -> list[dict[str, Any]]:
    return [
        {
            "name": network.name,
            "title": network.title,
            "layers": list(network.layers),
            "default_layers": list(network.default_layers),
            "installed": network.installed,
            "classes": len(network.classes),
            "class_names": list(filter(None, network.classes)) if len(network.classes) <= _MOST_NAMES else [],
        }
        for network in catalogue.catalogue()
    ]


def _refused(code: str, error: SettingError) -> WireError:
    return WireError(code, f"{error.problem}.", f"Allowed: {error.allowed}.", field=error.field, allowed=error.allowed)
