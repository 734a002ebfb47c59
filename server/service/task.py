"""One attempt at one job, wherever it is dreamed: what is reported of it, and in which words it fails."""

from __future__ import annotations

import errno
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from ...shared.declaration import SettingError
from ...shared.wire.content import described
from ..coherence.memory import LostMemory
from ..dream.memory import ran_out
from ..media.errors import MediaError
from ..networks.loading import WeightsError
from ..still import Networks
from .dreams import Blobs, Outcome, Underway, dream, network_of

PROGRESS_EVERY = 0.1
PREVIEW_EVERY = 0.25
PREVIEW_SIDE = 512


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What a worker tells the gateway, as `link` lists it. pixels: of a PREVIEW."""

    kind: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    pixels: memoryview | None = None


class Task:
    """One attempt at one job."""

    def __init__(self, order: Mapping[str, Any], blobs: Blobs, cancelled: Callable[[], bool]) -> None:
        """``order``: the gateway's START. ``blobs``: where its inputs are, and its results go.

        cancelled: whether the gateway wants no more of it; asked at every step.
        """
        self._order = order
        self._blobs = blobs
        self._cancelled = cancelled
        self._about = {"job": order["job"], "attempt": order["attempt"]}
        self._next_progress = self._next_preview = 0.0

    def reports(self, networks: Networks, device: torch.device) -> Iterator[Report]:
        """Dream, and report how it goes; the last report is DONE, FAILED, STOPPED or LOST.

        After LOST this process can't use the device any more.
        """
        try:
            yield from self._dream(networks, device)
        except WeightsError as error:
            # What it says names folders of this machine: that is for the log alone.
            name = network_of(self._order)
            msg = f"The server has no weights of {name} that it can use."
            hint = f"Run there: reverie networks install {name}. The server's log says more."
            yield self._failed("UNKNOWN_NETWORK", msg, hint, f"{error}. {error.hint}")
        except SettingError as error:
            hint = f"Allowed: {error.allowed}."
            yield self._failed("BAD_PARAM", f"{error.problem}.", hint, field=error.field, allowed=error.allowed)
        except LostMemory:
            hint = "Dream the shot from its first frame."
            yield self._failed(
                "UNKNOWN_JOB", "The memory of the frame before is of no use any more.", hint, field="after"
            )
        except MediaError as error:
            yield self._failed("BAD_FILE", str(error), error.hint)
        except Exception as error:
            yield self._broken_off(error)

    def _dream(self, networks: Networks, device: torch.device) -> Iterator[Report]:
        for event in dream(self._order, self._blobs, networks, device):
            if self._cancelled():
                yield Report("STOPPED", self._about)
                return
            if isinstance(event, Outcome):
                yield self._hand_in(event)
            else:
                yield from self._underway(event)

    def _hand_in(self, outcome: Outcome) -> Report:
        results = {}
        for name, (content, data) in outcome.results.items():
            blob = self._order["results"][name]
            self._blobs.write(blob, memoryview(data))
            results[name] = {"blob": blob, **described(content)}
        return Report("DONE", {**self._about, "results": results, "facts": outcome.facts})

    def _underway(self, event: Underway) -> Iterator[Report]:
        now = time.monotonic()
        if now >= self._next_progress or event.step == event.steps:
            self._next_progress = now + PROGRESS_EVERY
            facts = {"step": event.step, "steps": event.steps, "seconds_left": event.seconds_left}
            yield Report("PROGRESS", {**self._about, **facts})
        if event.preview and now >= self._next_preview:
            self._next_preview = now + PREVIEW_EVERY
            preview = event.preview(PREVIEW_SIDE)
            yield Report("PREVIEW", {**self._about, "picture": preview.info.header()}, preview.data())

    def _broken_off(self, error: Exception) -> Report:
        if ran_out(error):
            hint = getattr(error, "hint", "Set a smaller tile.")
            return self._failed("OUT_OF_MEMORY", "The dream needs more memory than there is.", hint)
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            return self._failed("NO_SPACE", "The server's disk is too full for what was dreamed.", "Make room there.")
        trace = traceback.format_exc()
        if _device_is_lost(error):
            return Report("LOST", {**self._about, "trace": trace})
        return self._failed(
            "INTERNAL", "The dream failed by a fault of Reverie's.", "The server's log says more.", trace
        )

    def _failed(self, code: str, msg: str, hint: str, trace: str = "", field: str = "", allowed: str = "") -> Report:
        why = {"code": code, "msg": msg, "hint": hint, "trace": trace, "field": field, "allowed": allowed}
        return Report("FAILED", {**self._about, **why})


def _device_is_lost(error: Exception) -> bool:
    """Whether the device can't be used any more by this process, as after a CUDA error."""
    return isinstance(error, getattr(torch, "AcceleratorError", ())) or "CUDA error" in str(error)
