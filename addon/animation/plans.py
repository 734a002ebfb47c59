"""What is dreamed of a scene's animation, where it comes from and where it goes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy
from bpy.types import PropertyGroup, Scene

from ...shared.frames.batch import BatchJob
from ...shared.frames.numbering import Pattern
from ...shared.frames.settings import FrameSettings
from ...shared.frames.source import Files, Growing, OneFile
from .. import images, properties
from ..problems import Problem
from . import demands, files, sampling
from .rendering import Rendered, Rendering, notes

# Beside the dreams: what is only written for them.
_PASSES = "passes"


@dataclass(frozen=True, slots=True)
class Plan:
    """A batch's job, and the render that its frames come from.

    needs_render: whether some of them are not there yet. changes: what the render needs changed in the scene.
    note: what an artist should know of it.
    """

    job: BatchJob
    rendering: Rendering | None = None
    needs_render: bool = False
    changes: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    keep_passes: bool = False

    def offer(self, rendered: Rendered) -> None:
        """A frame is there."""
        if isinstance(self.job.passes, Growing) and rendered.passes:
            self.job.passes.offer(rendered.number, rendered.passes)
        if isinstance(self.job.source, Growing):
            self.job.source.offer(rendered.number, rendered.picture)

    def ended(self) -> None:
        """No further frame will come."""
        for source in (self.job.passes, self.job.source):
            if isinstance(source, Growing):
                source.end()

    def tidy(self) -> None:
        """All is dreamed."""
        if self.rendering:
            self.rendering.tidy(self.keep_passes)


def made(scene: Scene, *, anew: bool, force: bool) -> Plan:
    """The plan of dreaming ``scene``, as its settings say. Raises `Problem`."""
    group: PropertyGroup = scene.reverie_animation  # type: ignore[attr-defined]
    settings = properties.read_declared(group, FrameSettings)
    source: str = group.source  # type: ignore[attr-defined]
    plan = _of_render(scene, settings, anew) if source == "RENDER" else _of_files(scene, settings)
    return dataclasses.replace(plan, job=dataclasses.replace(plan.job, force=force))


def is_unfinished(scene: Scene) -> bool:
    """Whether a render of this scene was begun here and not finished."""
    try:
        frames = files.of_scene(scene)
    except Problem:
        return False
    return bool(notes(_folder(scene, frames) / _PASSES))


def _of_render(scene: Scene, settings: FrameSettings, anew: bool) -> Plan:
    frames = files.of_scene(scene)
    folder = _folder(scene, frames)
    rendering = Rendering(scene, frames, folder / _PASSES, demands.needs_passes(settings))
    changes = demands.wanted(scene, settings)
    if anew or scene.render.is_movie_format:  # A film can't be gone on with in its middle.
        rendering.begin_anew()
    there = rendering.finished()
    if not scene.render.use_overwrite:
        there = rendering.spared()
    elif there:
        rendering.make_way()
        changes["render.use_overwrite"] = False
    source = Growing(rendering.numbers, scene.frame_step, rendering.folder)
    passes = Growing(rendering.numbers, scene.frame_step) if rendering.has_passes else None
    job = _job(scene, settings, source, passes, folder, frames.pattern.with_suffix(rendering.kind))
    keep = bool(scene.reverie_animation.keep_passes)  # type: ignore[attr-defined]
    needs_render = len(there) < len(rendering.numbers)
    plan = Plan(job, rendering, needs_render, changes, demands.advice(scene, settings), keep)
    for rendered in there:
        plan.offer(rendered)
    return plan


def _of_files(scene: Scene, settings: FrameSettings) -> Plan:
    first: str = scene.reverie_animation.first  # type: ignore[attr-defined]
    frames = files.on_disk(first) if first else files.of_scene(scene)
    there = frames.there()
    if not there:
        raise Problem(
            f"There is no frame {frames.pattern.name(min(frames.paths))} in {frames.folder}.",
            "Render the animation first, or choose other files.",
        )
    folder = _folder(scene, frames)
    beside = {number: folder / _PASSES / f"{path.stem}.exr" for number, path in there.items()}
    passes = Files(beside) if all(path.is_file() for path in beside.values()) else None
    pattern = frames.pattern.with_suffix(next(iter(there.values())).suffix)
    return Plan(_job(scene, settings, Files(there, frames.step), passes, folder, pattern, is_own=not first))


def _job(
    scene: Scene,
    settings: FrameSettings,
    source: Files,
    passes: Files | None,
    folder: Path,
    pattern: Pattern,
    is_own: bool = True,
) -> BatchJob:
    settings_of = sampling.sampled(scene, source.numbers)
    inputs = properties.inputs(scene.reverie)  # type: ignore[attr-defined]
    given = {name: images.as_file(image) for name, image in inputs.items()}
    return BatchJob(
        source,
        folder,
        pattern.name,
        settings_of.__getitem__,
        settings,
        mask=OneFile(given["mask"]) if "mask" in given else None,
        passes=passes,
        guide=given.get("guide"),
        cuts=frozenset(_cuts(scene, source.numbers)) if is_own else frozenset(),
    )


def _cuts(scene: Scene, numbers: Any) -> list[int]:
    """The frames that another camera begins with than the frame before was seen by."""
    bound = sorted((marker.frame, marker.camera.name) for marker in scene.timeline_markers if marker.camera)
    if not bound:
        return []
    cuts, before = [], None
    for number in numbers:
        camera = next((name for frame, name in reversed(bound) if frame <= number), bound[0][1])
        if before is not None and camera != before:
            cuts.append(number)
        before = camera
    return cuts


def _folder(scene: Scene, frames: files.Frames) -> Path:
    """Where the dreams go: what the artist has chosen, or a folder beside the frames that is named after them."""
    chosen: str = scene.reverie_animation.folder  # type: ignore[attr-defined]
    if chosen:
        if chosen.startswith("//") and not bpy.data.filepath:
            raise Problem("The folder of the dreams lies beside the file, which is not saved yet.", "Save it first.")
        return Path(bpy.path.abspath(chosen))
    return frames.folder / f"{frames.pattern.before.rstrip(' ._-')} dream".lstrip()
