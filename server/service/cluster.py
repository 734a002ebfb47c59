"""The worker that stands for a cluster: a process between the gateway and Ray (Moritz et al., OSDI 2018).

To the gateway it is a worker that takes many jobs at a time. It holds one actor for each device of the cluster, gives
each at most two jobs, of which one runs and one waits with all it needs, and puts what comes back into the spool. Ray
is never asked to try a thing again: attempts are the ledger's, and what is lost is told as GONE.

A process of its own, because Ray may end whoever uses it when the cluster's head is lost. The gateway then starts
another, which finds the head again or dies in turn.
"""

from __future__ import annotations

import errno
import logging
import queue
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import ray
import zmq
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from .actor import BEGUN, Actor, Told
from .background import Waker
from .link import Link, hired
from .places import Place, places
from .spool import Spool

# Jobs that a device has at a time: the one it dreams, and one that waits.
AHEAD = 2
LOOK_EVERY = 2.0
# A head that has been silent for so long is lost, and a device that does not stop, or begin, is ended. In seconds.
HEAD_LIMIT, DEAF_AFTER, START_LIMIT = 20.0, 20.0, 180.0
# Before a device that could not begin is tried again.
HIRE_PAUSES = (0.0, 2.0, 10.0, 60.0)

log = logging.getLogger(__name__)
_OPTIONS: Any = {"max_restarts": 0, "max_task_retries": 0, "concurrency_groups": {"dream": 1, "control": 1}}
_Remote: Any = ray.remote(**_OPTIONS)(Actor)


@dataclass(slots=True, eq=False)
class Device:
    """One actor. facts: what it is, once it has begun. jobs: those it has, with their attempts. begun: of these, those
    that have left its queue. stopping: since when they should have stopped. recent: its last jobs.
    """

    place: Place
    actor: Any
    facts: dict[str, Any] | None = None
    jobs: dict[bytes, int] = field(default_factory=dict)
    begun: set[bytes] = field(default_factory=set)
    stopping: dict[bytes, float] = field(default_factory=dict)
    recent: deque[bytes] = field(default_factory=lambda: deque(maxlen=8))


class Cluster:
    """All devices of a cluster that Ray is connected to, and the jobs they have."""

    def __init__(self, link: Link, spool: Spool, wanted: list[str]) -> None:
        """``wanted``: the devices of each machine, as `places` takes them."""
        self._link, self._spool, self._wanted = link, spool, wanted
        self._devices: dict[Place, Device] = {}
        self._failures: dict[Place, int] = {}
        self._hire_at: dict[Place, float] = {}
        self._waker = Waker()
        self._due: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._seen = time.monotonic()

    def run(self) -> NoReturn:
        """Work until the cluster is lost, which ends this process."""
        threading.Thread(target=self._scout, daemon=True).start()
        poller = zmq.Poller()
        for source in (self._link.socket, self._waker.reader):
            poller.register(source, zmq.POLLIN)
        while True:
            poller.poll(1000)
            self._waker.clear()
            for order in self._link.orders():
                self._begin(order) if order["t"] == "START" else self._cancel(order["job"])
            while not self._due.empty():
                self._due.get()()
            if time.monotonic() - self._seen > HEAD_LIMIT:
                self._leave("The cluster's head does not answer any more")

    def _later(self, what: Callable[..., None], *arguments: Any) -> None:
        """Have the loop's thread do something."""
        self._due.put(lambda: what(*arguments))
        self._waker.wake()

    def _leave(self, why: str) -> NoReturn:
        self._link.tell("SAYS", msg=f"{why}. What was dreamed there begins anew once it is back.")
        sys.exit(1)

    # Machines and devices.

    def _scout(self) -> None:
        """On a thread of its own: see which machines there are."""
        while True:
            try:
                nodes = ray.nodes()
            except Exception as error:
                self._later(self._leave, f"The cluster's head is lost ({type(error).__name__})")
                return
            self._later(self._look, nodes)
            time.sleep(LOOK_EVERY)

    def _look(self, nodes: list[dict[str, Any]]) -> None:
        """Have an actor at every place there is, and none elsewhere; end those that hang."""
        now = self._seen = time.monotonic()
        there = places(nodes, self._wanted)
        for device in list(self._devices.values()):
            if device.place not in there:
                self._lose(device, "its machine is gone")
            elif any(now - since > DEAF_AFTER for since in device.stopping.values()):
                self._lose(device, "it does not stop")
        for place in there:
            if place not in self._devices and now >= self._hire_at.get(place, 0.0):
                self._hire(place)

    def _hire(self, place: Place) -> None:
        where = NodeAffinitySchedulingStrategy(place.node, soft=False)
        remote = _Remote.options(num_cpus=0, num_gpus=place.gpus, scheduling_strategy=where)
        device = Device(place, remote.remote(place.device, place.threads))
        self._devices[place] = device
        threading.Thread(target=self._await, args=(device,), daemon=True).start()

    def _await(self, device: Device) -> None:
        """On a thread of its own: wait until an actor is there."""
        try:
            facts = ray.get(device.actor.describe.remote(), timeout=START_LIMIT)
        except Exception as error:
            self._later(self._lose, device, _sentence(error))
        else:
            self._later(self._ready, device, facts)

    def _ready(self, device: Device, facts: dict[str, Any]) -> None:
        device.facts = facts
        self._failures.pop(device.place, None)
        self._tell_ready()

    def _tell_ready(self) -> None:
        facts = [device.facts for device in self._devices.values() if device.facts]
        self._link.tell("READY", devices=facts, slots=AHEAD * len(facts), besides=[])

    def _lose(self, device: Device, why: str) -> None:
        """Let go of an actor, and of its jobs: what had begun may be why."""
        if self._devices.get(device.place) is not device:
            return
        del self._devices[device.place]
        ray.kill(device.actor)
        failures = self._failures[device.place] = self._failures.get(device.place, 0) + 1
        self._hire_at[device.place] = time.monotonic() + HIRE_PAUSES[min(failures, len(HIRE_PAUSES)) - 1]
        self._link.tell("SAYS", msg=f"A device was lost: {why}. It is begun anew as soon as it can be.")
        for job, attempt in device.jobs.items():
            self._link.tell("GONE", job=job, attempt=attempt, blamed=job in device.begun)
        if device.facts:
            self._tell_ready()

    # Jobs.

    def _begin(self, order: dict[str, Any]) -> None:
        """Give a job to a device that is free, of these to the one it goes on from; else to one that soon is."""
        ready = (device for device in self._devices.values() if device.facts and len(device.jobs) < AHEAD)
        device = min(ready, key=lambda device: (len(device.jobs), order["after"] not in device.recent), default=None)
        if device is None:  # one has gone since the gateway was told how many there are
            self._link.tell("GONE", job=order["job"], attempt=order["attempt"], blamed=False)
            return
        device.jobs[order["job"]] = order["attempt"]
        device.recent.append(order["job"])
        threading.Thread(target=self._follow, args=(device, order), daemon=True).start()

    def _cancel(self, job: bytes) -> None:
        for device in self._devices.values():
            if job in device.jobs:
                device.stopping.setdefault(job, time.monotonic())
                device.actor.cancel.options(concurrency_group="control").remote(job, device.jobs[job])

    def _follow(self, device: Device, order: dict[str, Any]) -> None:
        """On a thread of its own: send a job to its actor, and hear what becomes of it."""
        try:
            blobs = [content["blob"] for content in order["inputs"].values()]
            # One by one and not in a list, so that Ray brings them to the actor while another job runs there.
            luggage = [ray.put(np.frombuffer(self._spool.map(blob), np.uint8)) for blob in blobs]
            dream = device.actor.dream.options(num_returns="streaming", concurrency_group="dream")
            for reference in dream.remote(order, blobs, *luggage):
                self._later(self._told, device, order, self._kept(order, ray.get(reference)))
        except Exception as error:
            self._later(self._lose, device, _sentence(error))

    def _kept(self, order: Mapping[str, Any], told: Told) -> Told:
        """The report, once its blobs are in the spool."""
        try:
            for blob, data in told[3].items():
                self._spool.write(blob, memoryview(data))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            why = {"code": "NO_SPACE", "msg": "The server's disk is too full for what was dreamed."}
            about = {"job": order["job"], "attempt": order["attempt"], "hint": "Make room there."}
            return "FAILED", {**about, **why, "trace": "", "field": "", "allowed": ""}, None, {}
        return told

    def _told(self, device: Device, order: Mapping[str, Any], told: Told) -> None:
        kind, fields, pixels, _ = told
        job = order["job"]
        if device.jobs.get(job) != order["attempt"] or self._devices.get(device.place) is not device:
            return
        if kind == BEGUN:
            device.begun.add(job)
            return
        self._link.tell(kind, pixels, **fields)
        if kind == "LOST":
            self._lose(device, "its graphics card failed")
        elif kind in ("DONE", "FAILED", "STOPPED"):
            del device.jobs[job]
            device.begun.discard(job)
            device.stopping.pop(job, None)


def main() -> None:
    """Do what standard input says, until it ends or the cluster is lost."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s cluster: %(message)s")
    terms = hired()
    link = Link(terms["address"], terms["token"])
    strange = sorted(set(terms["devices"]) - {"auto", "cpu"})
    if strange:
        hint = "Ray gives each worker a card of its own: leave --device away, or say --device cpu."
        link.tell("BROKEN", msg=f"A cluster has no device {strange[0]!r}.", hint=hint)
        return
    try:
        _join(terms["cluster"])
    except (Exception, SystemExit) as error:
        where = (
            f"Nothing can be dreamed on the cluster at {terms['cluster']}" if terms["cluster"] else "Ray can't start"
        )
        link.tell("SAYS", msg=f"{where}: {_sentence(error)}. See docs/remote.md.")
        sys.exit(1)
    Cluster(link, Spool(Path(terms["spool"])), terms["devices"]).run()


def _join(address: str) -> None:
    """Connect this process to the cluster at ``address``, or to one of this machine's own, which ends with it."""
    alone = {"address": "local", "_node_ip_address": "127.0.0.1", "include_dashboard": False}
    ray.init(**({"address": address} if address else alone), log_to_driver=False, logging_level="WARNING")  # type: ignore[arg-type]


def _sentence(error: BaseException) -> str:
    """What Ray says of an error, as far as it is for people."""
    return next((line.strip().rstrip(".") for line in str(error).splitlines() if line.strip()), type(error).__name__)


if __name__ == "__main__":
    main()
