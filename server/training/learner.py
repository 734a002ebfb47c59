"""The learner: a network, its running average, and one step of learning from adversarial pictures."""

from __future__ import annotations

import copy
import math
from contextlib import AbstractContextManager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..dream.device import multiplies_bfloat16
from ..networks.architectures import ARCHITECTURES
from ..networks.blossom import Blossom
from .adversary import attack
from .settings import TrainSettings

BLOSSOM = ARCHITECTURES["blossom"]
_LABEL_SMOOTHING = 0.05
# Longest memory of the average, in steps' worth of decay.
_AVERAGING = 0.999
_WARM_UP = 0.05


class Learner:
    """Trains ``network``, a `Blossom` on ``device``, over ``steps`` steps."""

    def __init__(self, network: Blossom, settings: TrainSettings, steps: int, device: torch.device) -> None:
        self._settings = settings
        self._steps = steps
        self._device = device
        self._half = multiplies_bfloat16(device)
        self.network = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        self._optimizer = torch.optim.AdamW(_groups(self.network, settings.decay), settings.rate, betas=(0.9, 0.95))
        self.step = 0

    def learn(self, pictures: Tensor, labels: Tensor) -> float:
        """One step on ``pictures`` (Nx3xHxW, 0..1) and their classes' numbers; returns the loss."""
        pictures = pictures.to(self._device, memory_format=torch.channels_last)
        labels = labels.to(self._device)
        if self._settings.robust > 0:
            seed = self._settings.seed * 1_000_003 + self.step
            pictures = attack(self.classify, pictures, labels, self._settings.robust, 1, seed)
        for group in self._optimizer.param_groups:
            group["lr"] = self._settings.rate * self._schedule() * group["pace"]
        loss = F.cross_entropy(self.classify(pictures).float(), labels, label_smoothing=_LABEL_SMOOTHING)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self._optimizer.step()
        self.step += 1
        self._follow()
        return loss.item()

    def classify(self, pictures: Tensor) -> Tensor:
        """The network's logits."""
        with self._numbers():
            return self.network(normalised(pictures))

    def classify_by_average(self, pictures: Tensor) -> Tensor:
        """The logits of the running average, which is what will dream."""
        with self._numbers():
            return self.average(normalised(pictures))

    def state(self) -> dict[str, Any]:
        """Everything needed to go on as if never interrupted."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "step": self.step,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a `state`."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]

    def _numbers(self) -> AbstractContextManager[Any]:
        return torch.autocast(self._device.type, torch.bfloat16, enabled=self._half)

    def _schedule(self) -> float:
        """Up in a straight line, then down in half a cosine, as a share of the highest rate."""
        warm = max(1, round(_WARM_UP * self._steps))
        if self.step < warm:
            return (self.step + 1) / warm
        done = (self.step - warm) / max(1, self._steps - warm)
        return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))

    def _follow(self) -> None:
        # A young average would otherwise remember the random weights it began with.
        keep = min(_AVERAGING, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for mean, weight in zip(self.average.parameters(), self.network.parameters(), strict=True):
                mean.lerp_(weight, 1 - keep)


def _groups(network: Blossom, decay: float) -> list[dict[str, Any]]:
    """The weights by how they learn: those of convolutions decay, their gains and biases don't, and the classifier is
    slower, because Adam moves every weight alike and all its many inputs together would move the logits too far.
    """
    classifier = list(network.fc.parameters())
    rest = [weight for name, weight in network.named_parameters() if not name.startswith("fc.")]
    small = [weight for weight in rest if weight.numel() == len(weight)]
    large = [weight for weight in rest if weight.numel() > len(weight)]
    return [
        {"params": large, "weight_decay": decay, "pace": 1.0},
        {"params": small, "weight_decay": 0.0, "pace": 1.0},
        {"params": classifier, "weight_decay": decay, "pace": network.fc.in_features**-0.5},
    ]


def normalised(pictures: Tensor) -> Tensor:
    """Pictures in 0..1 as the network takes them."""
    mean, deviation = (pictures.new_tensor(values).view(1, 3, 1, 1) for values in (BLOSSOM.mean, BLOSSOM.std))
    return (pictures - mean) / deviation
