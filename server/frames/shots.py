"""Where a sequence's shots begin, before any of it is dreamed."""

from __future__ import annotations

from collections.abc import Iterator

from ...shared.frames.batch import Batch
from ...shared.frames.errors import FrameError
from ...shared.frames.pieces import at_once
from ...shared.picture import PictureError
from ..coherence.cuts import is_cut, signature
from ..media.errors import MediaError
from .decoding import decode


def find_cuts(batch: Batch) -> Iterator[tuple[int, int]]:
    """Tell the batch of every cut in its frames; yields how many frames were looked at, and of how many.

    They are those that would be found while the frames are dreamed, one after the other. Frames that can't be read
    are passed over: whatever comes after them begins afresh in any case.
    """
    rows = [row for row in batch.shots() if len(row) > 1]
    done, frames = 0, sum(map(len, rows))
    for row in rows:
        before = None
        for number in row:
            try:
                digests = at_once(batch.inputs.digests(number))
                files = at_once(batch.inputs.files(number, digests))
                glance = signature(decode(files["frame"]).picture)
            except (FrameError, MediaError, PictureError):
                before = None
            else:
                if before is not None and is_cut(before[1], glance):
                    batch.add_cut(number, before[0], digests.frame)
                before = digests.frame, glance
            batch.inputs.drop(number)
            done += 1
            yield done, frames
