"""A training set from nothing: motifs painted and rendered, pictures composed of them, a contact sheet."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from zlib import crc32

import torch

from . import backdrops
from .classes import MotifClass
from .composing import compose_class, cut_out
from .errors import PicturesError
from .files import HELD_OUT, Folder, Recipe
from .rendering import Blender
from .sheet import write_sheet

# Pictures composed by a process before it tells of them.
_CHUNK = 10
# What a picture and a cut-out take on disk, bytes, generously.
_PICTURE, _CUTOUT = 24_000, 120_000


@dataclass(frozen=True, slots=True)
class Progress:
    """``done`` of ``total`` steps of a phase."""

    phase: str
    done: int
    total: int


def make_pictures(
    root: Path, recipe: Recipe, classes: Sequence[MotifClass], per_class: int, jobs: int
) -> Iterator[Progress]:
    """Make what is missing of ``per_class`` pictures of each class, and a sixth of that held out.

    What is there stays: an interrupted run goes on with the same arguments, and a larger ``per_class`` adds to the
    set. Held-out pictures show motifs that no other picture shows. Raises `PicturesError`.
    """
    backdrops.panoramas()
    folder = Folder(root)
    folder.prepare(recipe)
    cutouts = [
        (motif, number)
        for number in range(recipe.renders)  # a little of every class first
        for motif in classes
        if motif.source != "pattern" and not folder.cutout(motif, number).exists()
    ]
    held_out = -(-per_class // HELD_OUT)
    pictures = [
        (motif, number, held)
        for motif in classes
        for held, count in ((False, per_class), (True, held_out))
        for number in range(count)
        if not folder.picture(motif, number, held).exists()
    ]
    _check_space(root, len(cutouts) * _CUTOUT + len(pictures) * _PICTURE)
    rendered = [(motif, number) for motif, number in cutouts if motif.source == "rendered"]
    painted = [(motif, number) for motif, number in cutouts if motif.source == "painted"]
    yield from _render(folder, recipe, rendered, jobs)
    with ProcessPoolExecutor(jobs, get_context("spawn"), _quietly) as pool:
        yield from _all("Painting motifs", pool, [(cut_out, (folder, recipe, *task), 1) for task in painted])
        tasks = []
        for motif in classes:
            own = [(number, held) for other, number, held in pictures if other is motif]
            chunks = [own[k : k + _CHUNK] for k in range(0, len(own), _CHUNK)]
            tasks += [(compose_class, (folder, recipe, motif, chunk), len(chunk)) for chunk in chunks]
        yield from _all("Composing pictures", pool, tasks)
    write_sheet(folder, classes)


def _quietly() -> None:
    """What a process that composes starts with: one thread, and Ctrl-C left to the program."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(1)


def _render(folder: Folder, recipe: Recipe, tasks: list[tuple[MotifClass, int]], jobs: int) -> Iterator[Progress]:
    """Render cut-outs in ``jobs`` Blenders at once."""
    if not tasks:
        return
    # Larger than the pictures: motifs are seen from closer, too.
    side = recipe.size * 3 // 2
    with tempfile.TemporaryDirectory(prefix="reverie-pictures-", ignore_cleanup_errors=True) as name:
        blenders: queue.SimpleQueue[Blender] = queue.SimpleQueue()
        count = min(jobs, len(tasks))

        def render(motif: MotifClass, number: int) -> None:
            blender = blenders.get()
            try:
                path = folder.cutout(motif, number)
                path.parent.mkdir(parents=True, exist_ok=True)
                blender.render(motif.name, [recipe.seed, crc32(motif.name.encode()), number], path)
            finally:
                blenders.put(blender)

        # The Blenders end first: whoever still waits for one in the pool is told so at once.
        with ThreadPoolExecutor(count) as pool, ExitStack() as stack:
            for k in range(count):
                blenders.put(stack.enter_context(Blender(side, Path(name) / str(k))))
            yield from _all("Rendering motifs", pool, [(render, task, 1) for task in tasks])


def _all(phase: str, pool: Executor, tasks: list[tuple[Callable[..., None], tuple, int]]) -> Iterator[Progress]:
    """Run all tasks, each given with its arguments and how many steps it counts; the first error ends them all."""
    total, done = sum(steps for *_, steps in tasks), 0
    if not tasks:
        return
    yield Progress(phase, 0, total)
    running: dict[Future[None], int] = {pool.submit(call, *arguments): steps for call, arguments, steps in tasks}
    try:
        while running:
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                done += running.pop(future)
                future.result()
            yield Progress(phase, done, total)
    finally:
        for future in running:
            future.cancel()


def _check_space(root: Path, needed: int) -> None:
    free = shutil.disk_usage(root).free
    if needed > free:
        raise PicturesError(
            f"{root} has {free / 1e6:.0f} MB of room, and about {needed / 1e6:.0f} MB are needed.",
            "Make room, choose another folder, or ask for fewer with --per-class.",
        )


def usual_jobs() -> int:
    """One for each core this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
