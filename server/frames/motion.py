"""How a frame moves, as far as anybody knows: by its renderer's passes, or by optical flow."""

from __future__ import annotations

import dataclasses

import numpy as np
import torch
from torch import Tensor

from ...shared.declaration import SettingError
from ..coherence.flow import Raft, dis_flow
from ..coherence.memory import Memory, luma
from ..coherence.scene import Scene
from ..media.passes import Passes


def scenes_of(seen: Tensor, passes: Passes, motion: str, memory: Memory | None) -> tuple[Scene, Scene | None]:
    """A frame as the coherence of dreams sees it, and so the frame before, if one is remembered.

    seen: as in `Scene`, on whose device all lies. motion: the setting. Raises `SettingError` where it asks for what is
    not there.
    """
    device = seen.device
    vector = _vector(passes, motion)
    scene = Scene(seen, depth=_tensor(passes.depth, device), objects=_identities(passes.objects, device))
    before = None if memory is None else memory.scene()
    if vector is not None:
        x, y, next_x, next_y = torch.from_numpy(np.ascontiguousarray(vector, np.float32)).to(device).unbind(-1)
        # Rows count downwards, the pass upwards.
        return dataclasses.replace(scene, back=torch.stack([x, -y]), forward=torch.stack([-next_x, next_y])), before
    if memory is None or before is None:
        return scene, None
    flow = Raft.load(device).flow if motion == "raft" else dis_flow
    now = luma(seen)
    scene = dataclasses.replace(scene, back=flow(now, memory.luma))
    return scene, dataclasses.replace(before, forward=flow(memory.luma, now))


def _vector(passes: Passes, motion: str) -> np.ndarray | None:
    if motion in ("dis", "raft"):
        return None
    if passes.vector is None and motion == "vector":
        raise SettingError(
            "motion",
            "This frame has no Vector pass; in Blender it is under View Layer › Passes › Data, and there only without "
            "motion blur",
            "auto, dis, raft",
        )
    return passes.vector


def _tensor(values: np.ndarray | None, device: torch.device) -> Tensor | None:
    return None if values is None else torch.from_numpy(np.ascontiguousarray(values, np.float32)).to(device)


def _identities(objects: np.ndarray | None, device: torch.device) -> Tensor | None:
    """As 32-bit integers: hashes bit for bit, and indices, which files hold as floats, by their value."""
    if objects is None:
        return None
    whole = objects.view(np.int32) if objects.dtype == np.uint32 else objects.astype(np.int32)
    return torch.from_numpy(whole.copy()).to(device)
