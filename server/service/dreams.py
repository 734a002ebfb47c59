"""What a worker does for each kind of job: blobs in, events while it dreams, blobs out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch

from ...shared.frames.frame import FrameFile, FrameRequest, FrameResult
from ...shared.frames.settings import FrameSettings
from ...shared.picture import Picture, PictureInfo
from ...shared.settings import DreamSettings
from ...shared.wire.content import Content, FileInfo
from ..frames.dreaming import dream_frame
from ..still import Done, Networks, dream_picture

# A frame tells which share of it is done, and a message counts steps: so many make a frame.
SHARES = 1000
# More would not be read, and must not outgrow a header.
MAX_WARNINGS, MAX_WARNING = 16, 500


@dataclass(frozen=True, slots=True, eq=False)
class Underway:
    """Where a dream stands. preview: makes a small picture of it, its longer side at most the pixels given."""

    step: int
    steps: int
    seconds_left: float | None = None
    preview: Callable[[int], Picture] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What came of it. results: by name, what each blob is and its bytes. facts: what else the client is told."""

    results: Mapping[str, tuple[Content, bytes | memoryview]]
    facts: Mapping[str, Any] = field(default_factory=dict)


class Blobs(Protocol):
    """Where the blobs of a job are: the spool, or what was brought along to another machine."""

    def map(self, blob: bytes) -> memoryview:
        """A blob's bytes, read-only."""
        ...

    def write(self, blob: bytes, data: memoryview) -> None:
        """Keep a whole blob."""
        ...


class Inputs:
    """The blobs of a job, by name, as its order describes them."""

    def __init__(self, contents: Mapping[str, Mapping[str, Any]], blobs: Blobs) -> None:
        self._contents = contents
        self._blobs = blobs

    def data(self, name: str) -> memoryview | None:
        """The bytes of an input, None where it was not given."""
        return self._blobs.map(self._contents[name]["blob"]) if name in self._contents else None

    def pictures(self) -> dict[str, Picture]:
        """Every input, as the picture that it is."""
        return {
            name: Picture.from_bytes(PictureInfo.from_header(content["picture"]), self._blobs.map(content["blob"]))
            for name, content in self._contents.items()
        }

    def file(self, name: str) -> FrameFile | None:
        """An input that is a file."""
        data = self.data(name)
        return None if data is None else FrameFile(self._contents[name]["file"]["suffix"], data)


Events = Iterator[Underway | Outcome]


def dream(order: Mapping[str, Any], blobs: Blobs, networks: Networks, device: torch.device) -> Events:
    """Do what the gateway's START asks. Raises what the drivers raise."""
    inputs = Inputs(order["inputs"], blobs)
    kind = {"still": _still, "frame": _frame}[order["kind"]]
    return kind(order["settings"], inputs, networks, device)


def network_of(order: Mapping[str, Any]) -> str:
    """The name of the network that a job dreams with."""
    settings = order["settings"]
    return str(settings.get("dream", settings)["network"])


def _still(settings: Mapping[str, Any], inputs: Inputs, networks: Networks, device: torch.device) -> Events:
    pictures = inputs.pictures()
    asked = DreamSettings.from_mapping(settings)
    for event in dream_picture(pictures.pop("picture"), asked, networks, device, **pictures):
        if isinstance(event, Done):
            yield Outcome({"picture": (event.picture.info, event.picture.data())})
        else:
            yield Underway(event.step, event.steps, event.seconds_left, event.preview)


def _frame(settings: Mapping[str, Any], inputs: Inputs, networks: Networks, device: torch.device) -> Events:
    frame, memory = inputs.file("frame"), inputs.data("memory")
    assert frame is not None
    request = FrameRequest(
        frame,
        settings["kind"],
        DreamSettings.from_mapping(settings["dream"]),
        FrameSettings.from_mapping(settings["frames"]),
        inputs.file("mask"),
        inputs.file("guide"),
        inputs.file("passes"),
        None if memory is None else bytes(memory),
    )
    for event in dream_frame(request, networks, device):
        if isinstance(event, FrameResult):
            yield _frame_outcome(event)
        else:
            yield Underway(round(event.share * SHARES), SHARES)


def _frame_outcome(result: FrameResult) -> Outcome:
    blobs = {"frame": (result.frame.suffix, result.frame.data), "memory": (".memory", result.memory)}
    results = {name: (FileInfo(len(data), suffix), data) for name, (suffix, data) in blobs.items() if len(data)}
    warnings = [warning[:MAX_WARNING] for warning in result.warnings[:MAX_WARNINGS]]
    return Outcome(results, {"cut": result.cut, "warnings": warnings})
