"""Optical flow: motion estimated from the pictures, where no renderer says what it was."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.models.optical_flow import raft_large

from ...shared.declaration import SettingError
from ..networks import store
from ..networks.weights import UnfitWeights, read_state_dict

# As torchvision names the weights of `raft_large`, trained on all of the paper's data.
RAFT_WEIGHTS = "raft_large_C_T_SKHT_V2-ff5fadd5.pth"
# What RAFT's features are smaller by, and what it needs at least of each side.
_RAFT_STEP, _RAFT_SIDE = 8, 128
# What dense inverse search needs of each side.
_DIS_SIDE = 16


def dis_flow(picture: Tensor, other: Tensor) -> Tensor:
    """Where what is seen in ``picture`` lies in ``other``: 2xHxW float32, x right and y down, in pixels.

    picture, other: HxW uint8. Dense inverse search: Kroeger, Timofte, Dai and Van Gool, "Fast Optical Flow using Dense
    Inverse Search", 2016, as OpenCV has it. The same on every machine: how many threads it takes changes its result,
    so it gets one.
    """
    height, width = picture.shape
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        search = cv2.DISOpticalFlow.create(cv2.DISOpticalFlow_PRESET_MEDIUM)
        flow = search.calc(_for_dis(picture), _for_dis(other), None)  # type: ignore[arg-type]
    finally:
        cv2.setNumThreads(threads)
    return torch.from_numpy(flow).to(picture.device)[:height, :width].permute(2, 0, 1).contiguous()


def _for_dis(picture: Tensor) -> np.ndarray:
    """It needs some pixels of each side."""
    missing = [max(0, _DIS_SIDE - side) for side in picture.shape]
    return np.pad(picture.cpu().numpy(), [(0, missing[0]), (0, missing[1])], "edge")


class Raft:
    """Optical flow by a network: Teed and Deng, "RAFT: Recurrent All-Pairs Field Transforms for Optical Flow", 2020.

    weights: the state dict of torchvision's `raft_large`.
    """

    def __init__(self, weights: Mapping[str, Tensor], device: torch.device) -> None:
        network = raft_large(weights=None)
        network.load_state_dict(weights)
        self._network = network.eval().requires_grad_(False).to(device)
        self._device = device

    @classmethod
    def load(cls, device: torch.device) -> Raft:
        """With the weights that are on this machine. Raises `SettingError` where there are none, `WeightsError`."""
        path = store.found(RAFT_WEIGHTS)
        if path is None:
            raise SettingError(
                "motion",
                f"RAFT's weights are not on this machine; torchvision's {RAFT_WEIGHTS} goes to "
                f"{store.weights_path(RAFT_WEIGHTS)}",
                "auto, vector, dis",
            )
        try:
            return cls(read_state_dict(path), device)
        except RuntimeError as error:
            raise UnfitWeights(
                f"{path.name} are not RAFT's weights", f"Put torchvision's {RAFT_WEIGHTS} there."
            ) from error

    @torch.no_grad()
    def flow(self, picture: Tensor, other: Tensor) -> Tensor:
        """As `dis_flow`."""
        height, width = picture.shape
        pair = torch.stack([picture, other])[:, None].to(self._device).float().div(127.5).sub(1)
        right, down = (max(_RAFT_SIDE, -(-side // _RAFT_STEP) * _RAFT_STEP) - side for side in (width, height))
        pair = F.pad(pair, (0, right, 0, down), "replicate").expand(-1, 3, -1, -1)
        flow = self._network(pair[:1], pair[1:])[-1]
        return flow[0, :, :height, :width].to(picture.device)
