"""A training from the folder to the network in the store."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import torch

from ...shared.declaration import SettingError
from ..networks import store
from ..networks.adding import check_name, write_tensors
from ..networks.blossom import Blossom, baked, fresh, risen, settle
from ..networks.catalogue import NetworkInfo, find
from ..networks.loading import load
from ..networks.weights import read_state_dict
from .augmenting import Augment
from .clustering import clustered
from .folder import Pictures
from .learner import BLOSSOM, normalised
from .settings import TrainSettings
from .trainer import Trained, Trainer

# Checkpoints, the network, and some air.
_ROOM = 256 * 2**20
# How many pictures the fresh network is scaled by.
_SETTLING = 128


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train: on the pictures in ``folder``, as the network ``name``, from the network ``parent`` or from
    nothing; ``licence`` and ``command`` go into its card.
    """

    folder: Path
    name: str
    parent: str | None
    licence: str
    command: str

    @property
    def checkpoint(self) -> Path:
        """Where the training is kept while it goes on."""
        return store.home() / "training" / f"{self.name}.pt"


def prepare(plan: Plan) -> None:
    """Raise `SettingError` for whatever would spoil the training at its end: a bad name, no room."""
    check_name(plan.name)
    if plan.parent and find(plan.parent).architecture != BLOSSOM.name:
        raise SettingError("from", f"{plan.parent} can't be trained further", "a network made by reverie train")
    plan.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(plan.checkpoint.parent).free
    if free < _ROOM:
        problem = f"There are only {free >> 20} MB left where networks are kept ({plan.checkpoint.parent})"
        raise SettingError("as", problem, f"{_ROOM >> 20} MB of free space")


def begin(plan: Plan, pictures: Pictures, settings: TrainSettings, device: torch.device) -> Trainer:
    """The training on ``pictures``, which have classes, ready to run, or to go on if it was interrupted."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        network = _beginning(plan, pictures, settings)
    return Trainer(network, pictures, settings, device, plan.checkpoint)


def with_classes(pictures: Pictures, settings: TrainSettings) -> Pictures:
    """``pictures``, sorted into classes by what they look like if they have none."""
    if pictures.classes:
        return pictures
    return clustered(pictures, load("ornament"), settings.clusters, settings.seed)


def finish(plan: Plan, pictures: Pictures, settings: TrainSettings, trained: Trained) -> NetworkInfo:
    """Put what was trained into the store, half precision, with its card; it can dream from here on."""
    state = {name: tensor.half().contiguous() for name, tensor in baked(trained.network.cpu()).items()}
    target = store.tensors_path(plan.name)
    write_tensors(state, target)
    about = {
        "data": f"{len(pictures.labels)} pictures of {plan.folder.name}, digest {pictures.digest}",
        "licence": plan.licence,
        "accuracy": {"held out": round(trained.clean, 4), "under attack": round(trained.robust, 4)},
        "epochs": trained.epochs,
        "settings": settings.record(),
        "from": plan.parent,
        "command": plan.command,
    }
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    classes = pictures.classes
    store.write_card(store.Card(plan.name, BLOSSOM.name, len(classes), digest, plan.folder.name, classes, about))
    plan.checkpoint.unlink(missing_ok=True)
    return find(plan.name)


def _beginning(plan: Plan, pictures: Pictures, settings: TrainSettings) -> Blossom:
    classes = len(pictures.classes)
    if plan.parent:
        path = store.weights_of(find(plan.parent).name)
        assert path is not None
        return risen(read_state_dict(path), classes)
    network = fresh(classes)
    some = torch.randperm(len(pictures.labels))[:_SETTLING]
    settle(network, normalised(Augment(settings.size)(pictures.pixels[some], settings.seed)))
    return network
