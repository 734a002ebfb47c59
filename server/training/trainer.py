"""The training: epochs over a folder of pictures, measured on those held out, interruptible at any time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..networks.blossom import Blossom
from .adversary import Classifier, attack
from .augmenting import Augment
from .checkpoint import read_checkpoint, write_checkpoint
from .folder import Pictures
from .learner import Learner
from .settings import TrainSettings

# The radius that robust accuracy is told for, whatever the training's own.
TESTED_RADIUS = 0.5
_CHECKPOINT_EVERY = 30.0
# How many pictures an "automatic" training is shown in all, and how often each at least and at most.
_SHOWN, _LEAST, _MOST = 48_000, 12, 150
# Between epochs a sample will do.
_SAMPLE = 384


@dataclass(frozen=True, slots=True)
class Learning:
    """Where the training stands: ``step`` of ``steps``, the loss of late, and the seconds left, once known."""

    step: int
    steps: int
    loss: float
    seconds_left: float | None


@dataclass(frozen=True, slots=True)
class Epoch:
    """One epoch is done: the share of held-out pictures recognised, as they are and under attack."""

    number: int
    epochs: int
    loss: float
    clean: float
    robust: float


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """The last event: the network, and its accuracy on all held-out pictures."""

    network: Blossom
    clean: float
    robust: float
    epochs: int


class Trainer:
    """One training of ``network`` on ``pictures``.

    checkpoint: the file that is written while it goes on, and gone on from where it fits this very training.
    """

    def __init__(
        self, network: Blossom, pictures: Pictures, settings: TrainSettings, device: torch.device, checkpoint: Path
    ) -> None:
        self._pictures = pictures
        self._settings = settings
        self._device = device
        self._checkpoint = checkpoint
        self._augment = Augment(settings.size)
        self._learned = (~pictures.held_out).nonzero().flatten()
        count = len(self._learned)
        self._epochs = settings.epochs or max(_LEAST, min(_MOST, round(_SHOWN / count)))
        self._per_epoch = -(-count // settings.batch)
        self._learner = Learner(network, settings, self._epochs * self._per_epoch, device)
        self._best: dict[str, Any] = {"score": -1.0, "epoch": 0, "weights": network.state_dict()}
        self._losses: list[float] = []
        self._restore()

    def run(self) -> Iterator[Learning | Epoch | Trained]:
        """Train; to interrupt, ask for no more. The same training begun again goes on from the last checkpoint."""
        steps = self._epochs * self._per_epoch
        began, first, saved = time.monotonic(), self._learner.step, time.monotonic()
        while self._learner.step < steps and not self._settled():
            self._losses.append(self._learner.learn(*self._batch(self._learner.step)))
            done = self._learner.step
            pace = (time.monotonic() - began) / (done - first)
            yield Learning(done, steps, self._recent_loss(), pace * (steps - done))
            if done % self._per_epoch == 0:
                yield self._measure(done // self._per_epoch)
            if done % self._per_epoch == 0 or time.monotonic() - saved > _CHECKPOINT_EVERY:
                self._save()
                saved = time.monotonic()
        network = self._learner.average
        network.load_state_dict(self._best["weights"])
        held_out = self._pictures.held_out.nonzero().flatten()
        clean, robust = self._accuracy(self._learner.classify_by_average, held_out, attack_steps=20)
        yield Trained(network, clean, robust, self._best["epoch"])

    def _batch(self, step: int) -> tuple[Tensor, Tensor]:
        """The pictures of one step: every epoch goes through all of them in an order of its own."""
        epoch, place = divmod(step, self._per_epoch)
        generator = torch.Generator().manual_seed(self._settings.seed * 7919 + epoch)
        order = torch.randperm(len(self._learned), generator=generator)
        chosen = self._learned[order[place * self._settings.batch :][: self._settings.batch]]
        shown = self._augment(self._pictures.pixels[chosen], self._settings.seed * 104_729 + step)
        return shown, self._pictures.labels[chosen]

    def _measure(self, epoch: int) -> Epoch:
        held_out = self._pictures.held_out.nonzero().flatten()
        generator = torch.Generator().manual_seed(0)
        sample = held_out[torch.randperm(len(held_out), generator=generator)[:_SAMPLE]]
        clean, robust = self._accuracy(self._learner.classify_by_average, sample, attack_steps=5)
        if clean + robust > self._best["score"]:
            weights = {name: tensor.clone() for name, tensor in self._learner.average.state_dict().items()}
            self._best = {"score": clean + robust, "epoch": epoch, "weights": weights}
        return Epoch(epoch, self._epochs, self._recent_loss(), clean, robust)

    def _accuracy(self, classifier: Classifier, chosen: Tensor, attack_steps: int) -> tuple[float, float]:
        clean = robust = 0
        for part in chosen.split(self._settings.batch):
            shown = self._augment.plain(self._pictures.pixels[part])
            shown = shown.to(self._device, memory_format=torch.channels_last)
            labels = self._pictures.labels[part].to(self._device)
            pushed = attack(classifier, shown, labels, TESTED_RADIUS, attack_steps, seed=0)
            with torch.no_grad():
                clean += int((classifier(shown).argmax(1) == labels).sum())
                robust += int((classifier(pushed).argmax(1) == labels).sum())
        return clean / len(chosen), robust / len(chosen)

    def _settled(self) -> bool:
        """Whether nothing has got better for so long that nothing will."""
        epoch = self._learner.step // self._per_epoch
        patience = self._settings.patience or max(_LEAST, self._epochs // 2)
        return self._best["epoch"] > 0 and epoch - self._best["epoch"] >= patience

    def _recent_loss(self) -> float:
        return sum(self._losses[-50:]) / len(self._losses[-50:])

    def _identity(self) -> str:
        return f"{self._settings.digest()} {self._pictures.digest} {self._device.type}"

    def _save(self) -> None:
        state = {"learner": self._learner.state(), "best": self._best, "losses": self._losses[-50:]}
        write_checkpoint(self._checkpoint, self._identity(), state)

    def _restore(self) -> None:
        state = read_checkpoint(self._checkpoint, self._identity())
        if state is not None:
            self._learner.restore(state["learner"])
            self._best, self._losses = state["best"], state["losses"]
