"""``reverie bench film``: how still dreams are held on three films whose motion is known exactly."""

from __future__ import annotations

import dataclasses
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from ....shared.frames.frame import FrameFile, FrameRequest, FrameResult
from ....shared.frames.settings import FrameSettings
from ....shared.settings import DreamSettings
from ...footage import SCENES, render
from ...frames.dreaming import dream_frame
from ...still import NetworkLoader, Networks
from ..engine.row import HOLDS, Row, at_least, at_most
from .measuring import Truth, energy, flicker

# Frames dreamed alone are compared in so many places of a film: they cost a whole dream each.
_PAIRS = 5


@dataclass(slots=True)
class Told:
    """What is measured of one film dreamed in one way: flicker from frame to frame, energy and seconds by frame."""

    flicker: list[float] = field(default_factory=list)
    energy: dict[int, float] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)

    @property
    def stillness(self) -> float:
        """The mean flicker, in units of a picture's range."""
        return statistics.fmean(self.flicker)


def run(
    console: Console,
    settings: DreamSettings,
    frames: int,
    size: tuple[int, int],
    device: torch.device,
    films: Path | None = None,
    report: Path | None = None,
) -> None:
    """Render the films, or take those that are in ``films`` already; dream and measure them; print the rows.

    frames: of each film. size: width and height. films: a folder with one folder a film. report: a JSON file.
    """
    with tempfile.TemporaryDirectory(prefix="reverie-films-") as own:
        folder = films or Path(own)
        rows = []
        for row in _rows(console, folder, settings, frames, size, device):
            rows.append(row)
            console.print(f"{row.what}: {row.measured}", highlight=False, soft_wrap=True)
    table = Table("What", "Measured", "Bar", "Holds", title=f"Films of {frames} frames, dreamed by {settings.network}")
    for row in rows:
        table.add_row(row.what, row.measured, row.bar, HOLDS[row.holds])
    console.print(table)
    if report is not None:
        facts = {"settings": settings.record(), "frames": frames, "rows": [dataclasses.asdict(row) for row in rows]}
        report.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _rows(
    console: Console, folder: Path, settings: DreamSettings, frames: int, size: tuple[int, int], device: torch.device
) -> Iterator[Row]:
    networks, shares = Networks(), []
    for scene in SCENES:
        film = _film(console, folder / scene, scene, frames, size)
        alone = _alone(film, settings, networks, device)
        exact = _told(film, settings, FrameSettings(coherence=1.0, motion="vector"), networks, device)
        guessed = _told(film, settings, FrameSettings(coherence=1.0, motion="dis"), networks, device)
        first, last = exact.energy[0], exact.energy[len(film) - 1]
        shares.append(exact.stillness / guessed.stillness)
        yield at_most(f"{scene}: flicker at coherence 1, of that at 0", exact.stillness / alone.stillness, 0.2)
        yield at_least(f"{scene}: energy of the last frame's dream, of the first's", last / first, 0.9)
        yield at_least(
            f"{scene}: energy of the last frame, of its dream alone", last / alone.energy[len(film) - 1], 0.9
        )
        yield Row(f"{scene}: flicker by the Vector pass, of that by DIS", f"{shares[-1]:.3g} ×", "", None)
        pace = statistics.fmean(exact.seconds[1:]) / statistics.fmean(alone.seconds)
        yield Row(f"{scene}: seconds of a frame, of those of one alone", f"{pace:.3g} ×", "", None)
    yield at_most("flicker by the Vector pass, of that by DIS, mean of all films", statistics.fmean(shares), 0.6)


def _film(console: Console, folder: Path, scene: str, frames: int, size: tuple[int, int]) -> list[Path]:
    """The film's files; rendered where they are not there."""
    files = [folder / f"{number:04}.exr" for number in range(1, frames + 1)]
    if not all(file.is_file() for file in files):
        with console.status(f"{scene}: {SCENES[scene]}; rendering"):
            for _ in render(scene, folder, frames, size):
                pass
    return files


def _alone(film: list[Path], settings: DreamSettings, networks: NetworkLoader, device: torch.device) -> Told:
    """Pairs of frames, each dreamed by itself, the first and the last two among them."""
    told, alone = Told(), FrameSettings(coherence=0.0)
    starts = {round(part * (len(film) - 2) / (_PAIRS - 1)) for part in range(_PAIRS)}
    for start in sorted(starts):
        pair = _told(film[start : start + 2], settings, alone, networks, device)
        told.flicker += pair.flicker
        told.seconds += pair.seconds
        told.energy |= {start + frame: value for frame, value in pair.energy.items()}
    return told


def _told(
    film: list[Path], settings: DreamSettings, frames: FrameSettings, networks: NetworkLoader, device: torch.device
) -> Told:
    told, memory = Told(), None
    before: tuple[Truth, Tensor] | None = None
    for number, path in enumerate(film):
        start = time.perf_counter()
        result = _dreamed(path, settings, frames, memory, networks, device)
        told.seconds.append(time.perf_counter() - start)
        memory = result.memory
        truth = Truth.of(path)
        detail = truth.detail(result.frame)
        told.energy[number] = energy(detail)
        if before is not None:
            told.flicker.append(flicker(truth, detail, *before))
        before = truth, detail
    return told


def _dreamed(
    path: Path,
    settings: DreamSettings,
    frames: FrameSettings,
    memory: bytes | None,
    networks: NetworkLoader,
    device: torch.device,
) -> FrameResult:
    request = FrameRequest(FrameFile(path.suffix, path.read_bytes()), ".exr", settings, frames, memory=memory)
    *_, result = dream_frame(request, networks, device)
    assert isinstance(result, FrameResult)
    return result
