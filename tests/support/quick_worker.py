"""A worker whose dream is the negative of a picture's bytes: what a test of the server waits for comes at once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from reverie.server.service.link import Link, hired
from reverie.server.service.spool import Spool
from reverie.shared.wire.content import content_of, described

STEPS = 4


def negative(data: bytes | memoryview) -> bytes:
    """What comes of a picture's bytes."""
    return (255 - np.frombuffer(data, np.uint8)).tobytes()


def main() -> None:
    terms = hired()
    link, spool = Link(terms["address"], terms["token"]), Spool(Path(terms["spool"]))
    link.tell("READY", devices=[{"name": "quick", "kind": "cpu", "memory": 0}], slots=1, besides=[])
    for order in link.jobs():
        dream(order, link, spool, terms["seconds"])


def dream(order: Mapping[str, Any], link: Link, spool: Spool, seconds: float) -> None:
    tell = partial(link.tell, job=order["job"], attempt=order["attempt"])
    for step in range(STEPS):
        time.sleep(seconds / STEPS)
        if link.is_cancelled(order["job"]):
            tell("STOPPED")
            return
        tell("PROGRESS", step=step + 1, steps=STEPS, seconds_left=None)
    picture, blob = order["inputs"]["picture"], order["results"]["picture"]
    spool.write(blob, memoryview(negative(spool.map(picture["blob"]))))
    tell("DONE", results={"picture": {"blob": blob, **described(content_of(picture))}}, facts={})


if __name__ == "__main__":
    main()
