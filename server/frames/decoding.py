"""A frame's file as what is dreamed on: its picture, and what its renderer knew."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ...shared.frames.frame import FrameFile
from ...shared.picture import Picture, PictureError, PictureInfo
from ..media.errors import ReadError
from ..media.files import read_picture
from ..media.layers import Layer, LayeredFile
from ..media.passes import Cryptomatte, Passes
from ..media.scratch import scratch_file

# What stands for "nothing there" in a depth pass, as Blender writes it.
_FAR = 1e10
_MANIFEST_ENTRY = re.compile(r'"(.*?)"\s*:\s*"([0-9a-fA-F]{8})"(?=\s*[,}])', re.DOTALL)


@dataclass(frozen=True, eq=False)
class Frame:
    """A frame to be dreamed. picture: top row first, in the form of its file. layers: of an EXR.

    Of an EXR the picture and all passes lie on `LayeredFile.canvas`: data and display window together.
    """

    source: FrameFile
    picture: Picture
    layers: LayeredFile | None = None

    @cached_property
    def passes(self) -> Passes:
        """The passes of an EXR, decoded when they are first asked for. Raises `ReadError`."""
        alpha = self.picture.pixels[..., -1] if self.picture.info.alpha != "none" else None
        if self.layers is None:
            return Passes(alpha=None if alpha is None else _share(alpha))
        return _passes(self.layers, None if alpha is None else _share(alpha))


def decode(file: FrameFile, name: str = "The file") -> Frame:
    """The frame in a file of any format that pictures come in. name: what messages call it, where a sentence begins.

    Float EXR and TIFF are "Linear Rec.709", all others "sRGB". Raises `ReadError`, or `PathError` where the suffix
    tells of no known format.
    """
    if file.suffix.lower() != ".exr":
        with scratch_file(file.suffix, file.data) as path:
            return Frame(file, read_picture(path, name))
    layers = LayeredFile(file.data, name)
    try:
        return Frame(file, _picture(layers), layers)
    except PictureError as error:
        raise ReadError(f"{name} holds no picture that can be dreamed: {error}", "Give another file.") from error


def read_dream(path: Path) -> Picture:
    """The dream in a dreamed frame's file: of an EXR its layer Dream, of any other the picture. Raises `ReadError`."""
    if path.suffix.lower() != ".exr":
        return read_picture(path)
    try:
        layers = LayeredFile(path.read_bytes(), path.name)
    except OSError as error:
        raise ReadError(f"{path.name} can't be opened: {error.strerror}", "Check that you may read it.") from error
    layer = layers.find("dream")
    return _picture(layers, layer, layer.colours) if layer and layer.colours else _picture(layers)


def _picture(layers: LayeredFile, layer: Layer | None = None, colours: tuple[str, ...] = ()) -> Picture:
    layer, colours, canvas = layer or layers.picture, colours or layers.colours, layers.canvas
    dtype = layers.form(layer, colours)
    header = {
        "shape": (*canvas.shape, len(colours)),
        "dtype": dtype,
        "colorspace": "Linear Rec.709",
        "alpha": "premultiplied" if len(colours) in (2, 4) and colours[-1] in "Aa" else "none",
    }
    info = PictureInfo.from_header(header)
    return Picture(info, np.ascontiguousarray(layers.read(layer, colours), info.numpy_dtype))


def _passes(layers: LayeredFile, alpha: np.ndarray | None) -> Passes:
    vector, normal = layers.find("vector"), layers.find("normal")
    return Passes(
        vector=layers.read(vector, "XYZW") if vector and set("XYZW") <= set(vector.channels) else None,
        depth=_depth(layers),
        normal=layers.read(normal, "XYZ") if normal and set("XYZ") <= set(normal.channels) else None,
        alpha=alpha,
        object_index=_single(layers, layers.find("indexob", "object index")),
        material_index=_single(layers, layers.find("indexma", "material index")),
        cryptomattes=tuple(_cryptomattes(layers)),
    )


def _depth(layers: LayeredFile) -> np.ndarray | None:
    found = layers.find("depth", "z")
    if found is None and "Z" in layers.picture.channels:
        # The custom of renderers that write R, G, B, A and Z.
        return layers.read(layers.picture, "Z", _FAR)[..., 0]
    return _single(layers, found, _FAR)


def _single(layers: LayeredFile, layer: Layer | None, outside: float = 0.0) -> np.ndarray | None:
    if layer is None or len(layer.channels) != 1:
        return None
    return layers.read(layer, tuple(layer.channels), outside)[..., 0].astype(np.float32)


def _cryptomattes(layers: LayeredFile) -> Iterator[Cryptomatte]:
    """By the headers' entries ``cryptomatte/<id>/…``: ranks are the layers of that name with a number behind it."""
    texts = {entry.name: part.text(entry.name) for part in layers.parts for entry in part.header}
    for key, name in texts.items():
        if not (key.startswith("cryptomatte/") and key.endswith("/name")):
            continue
        ranks = sorted(
            (layer for layer in layers.layers if layer.name[:-2] == name and layer.name[-2:].isdigit()),
            key=lambda layer: layer.name,
        )
        if ranks:
            pairs = np.concatenate([layers.read(rank, _rank_channels(rank)) for rank in ranks], axis=2)
            yield Cryptomatte(
                name.rpartition(".")[2],
                np.ascontiguousarray(pairs[..., 0::2]).view(np.uint32),
                np.ascontiguousarray(pairs[..., 1::2]),
                _manifest(texts.get(key.removesuffix("name") + "manifest", "")),
            )


def _rank_channels(layer: Layer) -> tuple[str, ...]:
    """Two pairs of identity and share; their channels are written in upper or in lower case."""
    by_letter = {letter.lower(): letter for letter in layer.channels}
    return tuple(by_letter[letter] for letter in "rgba" if letter in by_letter)


def _manifest(text: str) -> dict[str, int]:
    try:
        return {name: int(value, 16) for name, value in json.loads(text).items()}
    except (ValueError, TypeError, AttributeError):
        # Blender writes names with quotes as they are.
        return {name: int(value, 16) for name, value in _MANIFEST_ENTRY.findall(text)}


def _share(alpha: np.ndarray) -> np.ndarray:
    """Alpha as float32, integers as 0..1."""
    scale = np.iinfo(alpha.dtype).max if alpha.dtype.kind == "u" else 1
    return alpha.astype(np.float32) / np.float32(scale)
