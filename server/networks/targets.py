"""Whether a network can dream of a target: its layers, its classes, its guide. Imports no torch."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from ...shared.declaration import SettingError
from ...shared.target import Class, Guided, Layer, Target, Term, parse
from .catalogue import Layered, check_layers
from .classes import Classifier, class_number


class Dreaming(Layered, Classifier, Protocol):
    """Anything that a target can be checked against: a `NetworkInfo` or a loaded network."""


def check_target(network: Dreaming, layers: str, *, guided: bool) -> Target:
    """The target that the setting ``layers`` describes, spelled as the network does; its default layers when empty.

    Classes come back as numbers. Whether the channels asked for are there is only known once the network is loaded.
    guided: whether a guide picture is given. Raises `SettingError`, `UnknownLayer` and `UnknownClass`.
    """
    target = parse(layers) or tuple(Term(Layer(name)) for name in network.default_layers)
    return tuple(replace(term, what=_checked(network, term, guided)) for term in target)


def _checked(network: Dreaming, term: Term, guided: bool) -> Layer | Class | Guided:
    match term.what:
        case Layer(name):
            return replace(term.what, name=_layer(network, name))
        case Class(name):
            return replace(term.what, name=str(class_number(network, name)))
        case Guided(_, layer):
            if not guided:
                raise SettingError(
                    "layers",
                    f"{term.what} follows a guide picture, and there is none",
                    "a guide picture, or plain layers",
                )
            return replace(term.what, layer=_layer(network, layer))


def _layer(network: Layered, name: str) -> str:
    return check_layers(network, [name])[0]
