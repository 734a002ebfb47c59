"""Where thumbnails are kept, so that a channel is dreamed once. Imports no torch."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from ...shared.picture import Picture, PictureInfo
from ...shared.settings import DreamSettings
from ..media.files import read_picture, write_picture
from ..networks import store
from ..networks.catalogue import CLASSES


class Shelf:
    """The thumbnails of one layer: ``<home>/atlas/<network>/<layer>/<key>/0012.png``.

    The key is made of the network's weights, the settings of the dreams and the thumbnails' side: what was dreamed
    with others is never taken for these.
    """

    def __init__(self, settings: DreamSettings, size: int) -> None:
        """settings: of the dreams; their ``layers`` is the layer. size: of a thumbnail's side, in pixels."""
        key = hashlib.sha256(f"{_weights_digest(settings.network)} {settings.digest()} {size}".encode()).hexdigest()
        layer = settings.layers.replace("/", "_")
        self.folder = store.home() / "atlas" / settings.network / layer / key[:16]

    @property
    def channels(self) -> int | None:
        """How many channels the layer has; None before anything of it was kept."""
        try:
            return int(json.loads((self.folder / "layer.json").read_text(encoding="utf-8"))["channels"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def open(self, channels: int) -> None:
        """Make place for the thumbnails of a layer of so many channels."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / "layer.json.part"
        part.write_text(json.dumps({"channels": channels}), encoding="utf-8")
        part.replace(self.folder / "layer.json")

    def path(self, channel: int) -> Path:
        """Where the thumbnail of ``channel`` is or will be."""
        return self.folder / f"{channel:04d}.png"

    def has(self, channel: int) -> bool:
        """Whether the channel was dreamed; a thumbnail is there whole or not at all."""
        return self.path(channel).is_file()

    def put(self, channel: int, pixels: np.ndarray, settings: DreamSettings) -> None:
        """Keep a thumbnail, side x side x 3 in 0..1, and with it the settings of its dream."""
        eight_bit = np.ascontiguousarray(np.round(pixels.clip(0, 1) * 255).astype(np.uint8))
        layers = f"class({channel})" if settings.layers == CLASSES else f"{settings.layers}[{channel}]"
        record = settings.replace(layers=layers).record()
        picture = Picture(PictureInfo(eight_bit.shape, "u8", "sRGB", "none"), eight_bit)
        write_picture(self.path(channel), picture, record=record)

    def get(self, channel: int) -> np.ndarray:
        """The thumbnail of ``channel``, side x side x 3 uint8. Raises `ReadError`."""
        return np.asarray(read_picture(self.path(channel)).pixels)[..., :3]

    def copy(self, channels: Iterable[int], folder: Path) -> None:
        """Copy thumbnails into ``folder``, which is created where it is missing."""
        folder.mkdir(parents=True, exist_ok=True)
        for channel in channels:
            shutil.copyfile(self.path(channel), folder / self.path(channel).name)


def _weights_digest(network: str) -> str:
    """The SHA-256 of a network's weights; of this package's version where it is built from formulas."""
    path = store.weights_of(network)
    if path is None:
        return hashlib.sha256(version("reverie").encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
