"""The worker: a process that holds the networks of one device and dreams one job at a time."""

from __future__ import annotations

import dataclasses
import logging
import sys
import threading
from functools import partial
from pathlib import Path

from ..dream.device import available, describe, pick_device
from ..networks import native
from ..still import Networks
from .link import Link, hired
from .spool import Spool
from .task import Task

# Seconds without a job after which a new worker does what would keep its first dream waiting.
_IDLE = 5.0


def main() -> None:
    """Do what standard input says, until it ends."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s worker: %(message)s")
    terms = hired()
    link = Link(terms["address"], terms["token"])
    try:
        device = pick_device(terms["device"])
    except ValueError as error:
        link.tell("BROKEN", msg=str(error), hint=getattr(error, "hint", ""))
        return
    facts = describe(device)
    # Whoever leaves the choice to us gets all there are.
    besides = [name for name in available()[1:] if name.startswith("cuda")] if terms["device"] == "auto" else []
    link.tell("READY", devices=[dataclasses.asdict(facts)], slots=1, besides=besides)
    warming = threading.Timer(_IDLE, native.get_ready)
    warming.daemon = True
    if device.type == "cpu":
        warming.start()
    networks, spool = Networks(), Spool(Path(terms["spool"]))
    for order in link.jobs():
        warming.cancel()
        task = Task(order, spool, partial(link.is_cancelled, order["job"]))
        for report in task.reports(networks, device):
            link.tell(report.kind, report.pixels, **report.fields)
            if report.kind == "LOST":  # a new process starts anew
                sys.exit("The device was lost")


if __name__ == "__main__":
    main()
