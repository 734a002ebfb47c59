"""Which networks there are and what their layers are called. Imports no torch: the gateway answers from here."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

from ...shared.declaration import SettingError, nearest
from . import store
from .architecture import Architecture
from .architectures import ARCHITECTURES
from .classes import class_names
from .published import UNFIT

CLASSES = "classes"
_BEFORE_RELU = "/pre"
_TENSORFLOWS_BEFORE_RELU = "_pre_relu"


@dataclass(frozen=True, slots=True)
class NetworkInfo:
    """One network of the zoo.

    layers: in forward order. parts: layers within layers, which can be dreamed too but are not listed.
    source: says in words where its weights come from.
    classes: the names of the classes it tells apart, "" where a name is not known; none without a classifier.
    """

    name: str
    title: str
    architecture: str
    layers: tuple[str, ...]
    default_layers: tuple[str, ...]
    installed: bool
    source: str
    classes: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


ORNAMENT = NetworkInfo(
    name="ornament",
    title="Ornament",
    architecture="ornament",
    layers=("strokes", "contours", "ornaments"),
    default_layers=("ornaments",),
    installed=True,
    source="built from formulas, needs no weights",
)
_PUBLISHED = {name: architecture for name, architecture in ARCHITECTURES.items() if architecture.weights_file}


class Layered(Protocol):
    """Anything with named layers: a `NetworkInfo` or a loaded network."""

    @property
    def name(self) -> str:
        """The network's name."""
        ...

    @property
    def layers(self) -> tuple[str, ...]:
        """Its layers in forward order."""
        ...

    @property
    def parts(self) -> Collection[str]:
        """The layers within its layers."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes it tells apart; none without a classifier."""
        ...

    @property
    def default_layers(self) -> tuple[str, ...]:
        """What is excited when nothing is asked for."""
        ...


class UnknownNetwork(SettingError):
    """No network of that name; ``allowed`` names the nearest."""


class UnknownLayer(SettingError):
    """The network has no layer of that name; ``allowed`` names the nearest."""


def built_in() -> frozenset[str]:
    """The names of the networks that can't be added, and stay."""
    return frozenset({ORNAMENT.name, *_PUBLISHED, *(card.name for card in store.shipped())})


def catalogue(*, everything: bool = False) -> list[NetworkInfo]:
    """The networks to choose from: our own, torchvision's best known, those of it that are installed, and those that
    were added, by name; or, with ``everything``, all of torchvision's that can dream.
    """
    published = [_of_torchvision(architecture) for architecture in _PUBLISHED.values()]
    shown = [info for info in published if everything or info.installed or _PUBLISHED[info.name].listed]
    return [*_shipped(), ORNAMENT, *shown, *_added()]


def find(name: str) -> NetworkInfo:
    """The network called ``name``; case and punctuation don't matter. Raises `UnknownNetwork`."""
    trained = {info.name: info for info in (*_shipped(), *_added())}
    known = [ORNAMENT.name, *_PUBLISHED, *trained]
    match = _match(name, known)
    if match is None:
        raise _unknown(name, known)
    if match == ORNAMENT.name:
        return ORNAMENT
    return trained[match] if match in trained else _of_torchvision(_PUBLISHED[match])


def _unknown(name: str, known: list[str]) -> UnknownNetwork:
    if reason := next((UNFIT[unfit] for unfit in UNFIT if _plain(unfit) == _plain(name)), None):
        return UnknownNetwork("network", f"{name} can't dream: it {reason}", _closest(name, known))
    if architecture := _match(name, ARCHITECTURES):
        add = f"reverie networks add FILE --architecture {architecture} --as NAME"
        return UnknownNetwork("network", f"{name} has no weights that can be fetched", f"a network added with: {add}")
    return UnknownNetwork("network", f"There is no network {name!r}", _closest(name, known))


def _closest(name: str, known: list[str]) -> str:
    """Those most like ``name`` or, where none is, those that are shown: not all of torchvision's."""
    close = nearest(name, known)
    return ", ".join(info.name for info in catalogue()) if close == ", ".join(known) else close


def _shipped() -> list[NetworkInfo]:
    source = "comes with Reverie, trained on pictures made with Blender"
    return [
        dataclasses.replace(_of_card(card), title=card.name.capitalize(), source=source) for card in store.shipped()
    ]


def _added() -> list[NetworkInfo]:
    taken = built_in()
    return [_of_card(card) for card in store.cards() if card.name not in taken]


def check_layers(network: Layered, names: Iterable[str]) -> tuple[str, ...]:
    """The layers meant by ``names``, spelled as the network does; none at all means its default layers.

    Spellings such as ``inception_4c/output`` are understood. A layer or part may be followed by ``/pre``: what it is
    before its ReLU, in TensorFlow's spelling ``_pre_relu``. ``classes`` is the class map. Raises `UnknownLayer`.
    """
    return tuple(_check_layer(network, name) for name in names) or network.default_layers


def _check_layer(network: Layered, name: str) -> str:
    if name in network.layers:
        return name
    if name == CLASSES:
        if not network.classes:
            problem = f"The network {network.name} has come without a classifier, so it knows no classes"
            raise UnknownLayer("layers", problem, nearest(name, list(network.layers)))
        return name
    if name.endswith(_TENSORFLOWS_BEFORE_RELU):
        return _check_layer(network, name.removesuffix(_TENSORFLOWS_BEFORE_RELU) + _BEFORE_RELU)
    base = name.removesuffix(_BEFORE_RELU)
    match = _match(base, network.layers) or _match(base, network.parts)
    if match is None:
        known = [*network.layers, *network.parts]
        close = nearest(base, known)
        allowed = ", ".join(network.layers) if close == ", ".join(known) else close
        raise UnknownLayer("layers", f"The network {network.name} has no layer {name!r}", allowed)
    return match + name[len(base) :]


def _of_torchvision(architecture: Architecture) -> NetworkInfo:
    return NetworkInfo(
        name=architecture.name,
        title=architecture.title,
        architecture=architecture.name,
        layers=architecture.layers,
        default_layers=architecture.default_layers,
        installed=store.weights_of(architecture.name) is not None,
        source="torchvision, trained on ImageNet",
        classes=class_names(architecture.classes),
        parts=tuple(architecture.parts),
    )


def _of_card(card: store.Card) -> NetworkInfo:
    architecture = ARCHITECTURES[card.architecture]
    return NetworkInfo(
        name=card.name,
        title=f"{card.name} ({architecture.title})",
        architecture=architecture.name,
        layers=architecture.layers,
        default_layers=architecture.default_layers,
        installed=store.weights_of(card.name) is not None,
        source=f"added from {card.source_file}",
        classes=class_names(card.classes, card.class_names),
        parts=tuple(architecture.parts),
    )


def _match(name: str, known: Iterable[str]) -> str | None:
    """The one of ``known`` that ``name`` spells: exactly or, failing that, but for case, or but for punctuation too."""
    names = list(known)
    for spelling in (str, str.lower, _plain):
        if match := next((candidate for candidate in names if spelling(candidate) == spelling(name)), None):
            return match
    return None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower().removesuffix("/output"))
