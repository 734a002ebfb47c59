"""EXR files with layers: which there are, their pixels on one canvas, and the file with layers added.

A layer is what stands before a channel's last full stop: ``ViewLayer.Combined`` of ``ViewLayer.Combined.R``. Blender 4
writes all of them in one part, Blender 5 a part each; other programs leave the layer of the picture without a name, or
let the parts' names tell it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .errors import ReadError
from .exr import Part, assemble, parse, text
from .exr_pixels import Channel, Pixels, can_be_painted, new_part, painted, read_pixels
from .window import Window

# What the layer of a picture is called where it has a name, the likeliest first.
_PICTURES = ("combined", "", "beauty", "rgba", "rgb", "color", "image")
_COLOURS = ("RGBA", "rgba", "RGB", "rgb")
_LETTERS = {1: "Y", 2: "YA", 3: "RGB", 4: "RGBA"}


@dataclass(frozen=True, slots=True)
class Layer:
    """Channels that belong together.

    name: with its view layer, as ``ViewLayer.Combined``; empty where channels are just R, G, B.
    part: the number of the part it is in. channels: by the last part of their names, as "R", their whole names.
    """

    name: str
    part: int
    channels: Mapping[str, str]

    @property
    def words(self) -> list[str]:
        """The parts of the name, in lower case."""
        return self.name.lower().split(".")

    @property
    def colours(self) -> tuple[str, ...]:
        """The channels of its colours and its alpha: R, G, B (and A), or Y (and A); empty where it is no picture."""
        for letters in _COLOURS:
            if all(letter in self.channels for letter in letters):
                return tuple(letters)
        # Y is a grey, but beside X the second of a vector.
        grey = "Y" in self.channels and self.channels.keys() <= {"Y", "A", "Z"}
        return tuple(letter for letter in "YA" if letter in self.channels) if grey else ()


class LayeredFile:
    """An EXR file. Parts are decoded when a layer of theirs is first read, each of them once."""

    def __init__(self, data: bytes | memoryview, name: str) -> None:
        """``name``: of the file, for messages. Raises `ReadError`."""
        self.name = name
        self.parts = parse(data, name)
        self.layers = [layer for number in range(len(self.parts)) for layer in self._layers(number)]
        self._pixels: dict[int, Pixels] = {}

    @cached_property
    def picture(self) -> Layer:
        """The layer that shows what was rendered. Raises `ReadError`."""
        shown = [layer for layer in self.layers if layer.colours and not _is_dream(layer) and not _is_matte(layer)]
        if shown:
            return min(shown, key=lambda layer: (len(layer.colours) < 3, _rank(layer.words[-1])))
        if len(self.layers) == 1 and len(self.layers[0].channels) <= max(_LETTERS):
            return self.layers[0]
        names = [name for part in self.parts for name in part.channels]
        raise ReadError(
            f"{self.name} has {len(names)} channels, and none of them are R, G and B",
            f"Give a picture with colours. Its channels: {', '.join(names[:12])}.",
        )

    @property
    def colours(self) -> tuple[str, ...]:
        """The channels of the picture to dream on: those of its colours, or all when they can be grey or colour."""
        return self.picture.colours or tuple(self.picture.channels)

    @cached_property
    def canvas(self) -> Window:
        """Where the picture has pixels and where it is meant to be seen, together.

        So frames whose renderer cut off what is empty are all of one size, and overscan is kept.
        """
        part = self.parts[self.picture.part]
        return part.data_window | part.display_window

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the picture in its data window."""
        return *self.parts[self.picture.part].data_window.shape, len(self.colours)

    def find(self, *names: str) -> Layer | None:
        """The layer with one of these names in lower case, the earlier first; of several that in the picture's view."""
        beside = set(self.picture.words)
        for name in names:
            found = [layer for layer in self.layers if name in layer.words]
            if found:
                return max(found, key=lambda layer: len(beside & set(layer.words)))
        return None

    def read(self, layer: Layer, channels: Sequence[str], outside: float = 0.0) -> np.ndarray:
        """Those channels of a layer on the `canvas`: HxWxC float32, or uint32 where all of them are whole numbers.

        outside: what stands where the layer has no pixels. Raises `ReadError`.
        """
        part, pixels = self.parts[layer.part], self._decoded(layer.part)
        values = np.stack([pixels.channel(layer.channels[letter]) for letter in channels], axis=2)
        return self.canvas.place(values, part.data_window, outside)

    def form(self, layer: Layer, channels: Sequence[str]) -> str:
        """How those channels' numbers are stored: "f16", where all are, or "f32"."""
        stored = self.parts[layer.part].channels
        return "f16" if all(stored[layer.channels[letter]] == "f16" for letter in channels) else "f32"

    def beside(self, name: str) -> str:
        """The whole name of a layer ``name`` that stands beside the picture: ``ViewLayer.Dream`` for ``Dream``."""
        view_layer, _, _ = self.picture.name.rpartition(".")
        return f"{view_layer}.{name}" if view_layer else name

    def with_layers(self, layers: Mapping[str, Channel], record: str = "") -> bytes:
        """The bytes of the file with these layers besides the picture, by their names, in place of earlier dreams.

        layers: HxWxC on the `canvas`, grey or colour, perhaps with alpha, and the form, "f16" or "f32".
        record: text to be kept in the header, as ``reverie``. What came in is left as it is: pixels, whatever their
        compression, headers, and parts. A file of one part stays one where its pixels can be written again without
        loss. Raises `ReadError`, `WriteError`.
        """
        home = self.parts[self.picture.part]
        own = [text("reverie", record)] if record else []
        channels = {
            f"{self.beside(name)}.{letter}": (self.canvas.cut(values[..., at], home.data_window), form)
            for name, (values, form) in layers.items()
            for at, letter in enumerate(_LETTERS[values.shape[2]])
        }
        if len(self.parts) == 1 and can_be_painted(home):
            return assemble([painted(home, self._decoded(0), channels, self._dreams(0)).having(*own)])
        kept = [part for number in range(len(self.parts)) if (part := self._without_dreams(number))]
        if len(kept) == 1 and not kept[0].name:
            kept = [kept[0].having(text("name", self.picture.words[0] or "picture"))]
        names = [self.beside(name) for name in layers]
        return assemble([*kept, *(self._part(name, channels).having(*own) for name in names)])

    def with_picture(self, values: np.ndarray, record: str = "") -> bytes:
        """The bytes of the file with other colours in its picture: HxWxC float32 in its data window.

        record: as `with_layers` takes it. Other parts are left as they are. Raises `ReadError`, `WriteError`.
        """
        number, stored = self.picture.part, self.parts[self.picture.part].channels
        names = [self.picture.channels[letter] for letter in self.colours]
        changes = {name: (values[..., at], stored[name]) for at, name in enumerate(names)}
        part = painted(self.parts[number], self._decoded(number), changes)
        part = part.having(text("reverie", record)) if record else part
        return assemble([*self.parts[:number], part, *self.parts[number + 1 :]])

    def _part(self, name: str, channels: Mapping[str, Channel]) -> Part:
        """A part for the layer ``name``; its channels carry its name where those of the picture do."""
        own = {whole: channel for whole, channel in channels.items() if whole.rpartition(".")[0] == name}
        bare = all("." not in whole for whole in self.picture.channels.values())
        own = {whole.rpartition(".")[2] if bare else whole: channel for whole, channel in own.items()}
        return new_part(self.parts[self.picture.part], own).having(text("name", name))

    def _without_dreams(self, number: int) -> Part | None:
        """A part without the layers of an earlier dream; None where it holds nothing else."""
        part, dreams = self.parts[number], self._dreams(number)
        if not dreams or not can_be_painted(part):
            return part
        return None if len(dreams) == len(part.channels) else painted(part, self._decoded(number), {}, dreams)

    def _dreams(self, number: int) -> tuple[str, ...]:
        dreams = [layer for layer in self.layers if layer.part == number and _is_dream(layer)]
        return tuple(name for layer in dreams for name in layer.channels.values())

    def _layers(self, number: int) -> Iterable[Layer]:
        part = self.parts[number]
        found: dict[str, dict[str, str]] = {}
        for channel in () if part.deep else part.channels:
            name, _, letter = channel.rpartition(".")
            # Blender's channels have the part's name in theirs, those of others only in the part's.
            if len(self.parts) > 1 and part.name and not name.startswith(part.name):
                name = f"{part.name}.{name}" if name else part.name
            found.setdefault(name, {})[letter] = channel
        return (Layer(name, number, channels) for name, channels in found.items())

    def _decoded(self, number: int) -> Pixels:
        if number not in self._pixels:
            self._pixels[number] = read_pixels(self.parts[number], self.name)
        return self._pixels[number]


def _is_dream(layer: Layer) -> bool:
    return layer.words[-1] == "dream" or layer.words[-2:] == ["dream", "detail"]


def _is_matte(layer: Layer) -> bool:
    return layer.words[-1].startswith("crypto")


def _rank(word: str) -> int:
    return _PICTURES.index(word) if word in _PICTURES else len(_PICTURES)
