"""Where networks lie on disk: downloaded weights, those a person has added, our own. Imports no torch.

<home>/weights/<file>          torchvision's weights, under torchvision's file names
<home>/networks/<name>.json    the card of an added network
<home>/networks/<name>.safetensors
shipped/<name>.…               the same two, beside this file, of a network that comes with Reverie
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from .architectures import ARCHITECTURES

SHIPPED = Path(__file__).with_name("shipped")


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of an added network, or of our own: its architecture, how many classes its classifier tells apart
    (0: it has none) and what they are called (nothing: not known), and where it came from; of one that was trained
    with `reverie train`, also how: its data, licence, accuracy, settings and command.
    """

    name: str
    architecture: str
    classes: int
    sha256: str
    source_file: str
    class_names: tuple[str, ...] = ()
    about: dict[str, Any] = field(default_factory=dict)


def home() -> Path:
    """The folder that holds it all: REVERIE_HOME, or the place this system keeps a person's data."""
    chosen = os.environ.get("REVERIE_HOME")
    return Path(chosen) if chosen else user_data_path("reverie", appauthor=False)


def weights_path(file: str) -> Path:
    """Where the downloaded weights ``file`` lies or should be put."""
    return home() / "weights" / file


def weights_of(network: str) -> Path | None:
    """The weights of ``network``, torchvision's, our own or added; None when they are not on this machine."""
    if network in ARCHITECTURES and (file := ARCHITECTURES[network].weights_file):
        return found(file)
    candidates = (SHIPPED / f"{network}.safetensors", tensors_path(network))
    return next((path for path in candidates if path.is_file()), None)


def found(file: str) -> Path | None:
    """The downloaded weights ``file``, here or where torch keeps them; None when they are not on this machine."""
    return next((path for path in (weights_path(file), _torch_cache() / file) if path.is_file()), None)


def _torch_cache() -> Path:
    """Where torch itself would have put what it downloaded for another program."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("TORCH_HOME") or f"{cache}/torch"
    return Path(home).expanduser() / "hub" / "checkpoints"


def card_path(name: str) -> Path:
    """The card of the added network ``name``."""
    return home() / "networks" / f"{name}.json"


def tensors_path(name: str) -> Path:
    """The weights of the added network ``name``."""
    return card_path(name).with_suffix(".safetensors")


def write_card(card: Card) -> None:
    """Store ``card``; the network is in the catalogue from here on, so its weights must be in place."""
    part = card_path(card.name).with_suffix(".json.part")
    part.write_text(json.dumps(asdict(card), indent=2) + "\n", encoding="utf-8")
    part.replace(card_path(card.name))


def cards() -> list[Card]:
    """The networks that were added, by name. A card that can't be read is passed over, not fatal to the rest."""
    return _cards_in(home() / "networks")


def shipped() -> list[Card]:
    """The networks that come with Reverie, by name: card and weights."""
    return [card for card in _cards_in(SHIPPED) if (SHIPPED / f"{card.name}.safetensors").is_file()]


def _cards_in(folder: Path) -> list[Card]:
    read = (_read_card(path) for path in sorted(folder.glob("*.json")))
    return [card for card in read if card is not None]


def _read_card(path: Path) -> Card | None:
    try:
        card = Card(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return card if card.name == path.stem and card.architecture in ARCHITECTURES else None
