"""Every preset still looks as it did, in numbers that survive the chaos of the ascent; and repeats to the bit."""

from __future__ import annotations

import json

import numpy as np
import preset_looks
import pytest

from reverie.server.sheet.samples import still_life
from reverie.shared import presets

LOOKS = json.loads(preset_looks.RECORD.read_text(encoding="utf-8"))
# Another processor rounds otherwise, and the dream goes another way to much the same place.
SHARES = {"strokes": 0.2, "contours": 0.2, "ornaments": 0.2}
DISTANCES = {"spectrum": 0.25, "saturation": 0.04}
COLOUR = 0.03


def test_every_preset_is_on_record() -> None:
    assert sorted(LOOKS) == sorted(presets.names())


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_looks_as_it_did_and_repeats_to_the_bit(name: str) -> None:
    picture = preset_looks.dreamed(name)
    assert np.array_equal(preset_looks.dreamed(name), picture)
    told, known = preset_looks.numbers(picture), LOOKS[name]
    for what, value in known.items():
        allowed = SHARES[what] * value if what in SHARES else DISTANCES.get(what, COLOUR)
        assert told[what] == pytest.approx(value, abs=allowed), what


def test_the_numbers_tell_presets_from_one_another_and_from_no_dream() -> None:
    """The bands are narrow enough to mean something: hardly any look would pass for another."""
    looks = {**LOOKS, "none": preset_looks.numbers(still_life(96).pixels)}
    pairs = [(one, other) for one in looks for other in looks if one != other]
    alike = [(one, other) for one, other in pairs if _passes(looks[one], looks[other])]
    assert len(alike) <= len(pairs) * 0.02, alike
    assert not [pair for pair in alike if "none" in pair]


def _passes(told: dict[str, float], known: dict[str, float]) -> bool:
    return all(
        abs(told[what] - value) <= (SHARES[what] * value if what in SHARES else DISTANCES.get(what, COLOUR))
        for what, value in known.items()
    )
