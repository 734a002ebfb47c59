"""Painters: the same numbers paint the same picture, and every class has one that fills its frame or is cut out."""

from __future__ import annotations

import numpy as np
import pytest

from reverie.server.pictures.classes import ROSTER, MotifClass
from reverie.server.pictures.painting import PAINTERS

PAINTED = [motif for motif in ROSTER if motif.source != "rendered"]


def test_every_painted_class_has_its_painter_and_every_painter_its_class() -> None:
    assert {motif.name for motif in PAINTED} == set(PAINTERS)


def test_there_are_enough_classes_and_their_names_are_folders() -> None:
    names = [motif.name for motif in ROSTER]
    assert len(names) == len(set(names)) >= 60
    assert all(name.replace("-", "").isalpha() and name.islower() for name in names)


@pytest.mark.parametrize("motif", PAINTED, ids=lambda motif: motif.name)
def test_a_painter_paints_again_what_it_painted_and_otherwise_something_new(motif: MotifClass) -> None:
    first, again, other = (PAINTERS[motif.name](motif.rng(0, number), 48) for number in (1, 1, 2))
    assert first.shape == (48, 48, 3 if motif.source == "pattern" else 4)
    assert np.isfinite(first).all() and first.min() >= 0 and first.max() <= 1
    assert first.tobytes() == again.tobytes()
    assert np.abs(first - other).mean() > 0.01
    # Something is to be seen: light and dark where it is solid, and a cut-out leaves room around it.
    assert first[..., :3].std() > 0.03
    if motif.source == "painted":
        assert 0.05 < first[..., 3].mean() < 0.95
