"""What appears is dreamed when it is worth it, where it is, and as strongly as what is around it."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from moving_film import MovingFilm

from reverie.server.coherence.appearing import appeared, as_strong, boxes, softened
from reverie.server.coherence.carrying import spread
from reverie.server.coherence.sliding import sliding


def _strip(width: int, size: tuple[int, int] = (144, 256)) -> torch.Tensor:
    """HxW bool: a strip of that width at the left edge."""
    strip = torch.zeros(size, dtype=torch.bool)
    strip[:, :width] = True
    return strip


def test_only_more_than_a_strip_is_dreamed_at_once() -> None:
    widths = [width for width in range(1, 8) if appeared(_strip(width)).any()]
    assert widths == [5, 6, 7]
    assert torch.equal(appeared(_strip(5)), _strip(5))


def test_a_dream_that_is_due_takes_the_others_with_it_but_for_thin_lines() -> None:
    missing = _strip(5)
    missing[60:63, 100:150] = True
    missing[100, 100:150] = True
    new = appeared(missing)
    assert new[61, 120] and not new[100, 120]


def test_a_mask_is_whole_where_something_appears_and_nothing_far_away() -> None:
    region = _strip(5)
    mask = softened(region)[0, 0]
    assert (mask[region] == 1).all() and (mask >= 0).all()
    assert (mask[:, 12:] == 0).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 139), st.integers(0, 251), st.integers(1, 40)), min_size=1, max_size=5))
def test_pieces_hold_all_of_the_mask_and_do_not_overlap(squares: list[tuple[int, int, int]]) -> None:
    mask = torch.zeros(1, 1, 144, 256)
    for row, column, side in squares:
        mask[..., row : row + side, column : column + side] = 1
    covered = torch.zeros_like(mask)
    for rows, columns in boxes(mask):
        covered[..., rows, columns] += 1
    assert (covered[mask > 0] == 1).all()
    assert covered.max() == 1


def test_nothing_new_is_no_piece() -> None:
    assert boxes(torch.zeros(1, 1, 144, 256)) == []


@pytest.mark.parametrize("strength", [0.85, 1.0, 1.7])
def test_a_dream_is_made_as_strong_as_its_neighbours(strength: float) -> None:
    noise = torch.randn(3, 64, 64, generator=torch.Generator().manual_seed(1))
    new = torch.zeros(64, 64, dtype=torch.bool)
    new[20:44, 20:44] = True
    gain = as_strong(strength * noise, noise, new.float(), ~new)
    made = (strength * noise * gain)[:, new]
    assert made.square().mean().sqrt().item() == pytest.approx(noise.square().mean().sqrt().item(), rel=0.1)
    assert (gain[0, ~new] == 1).all()


def test_a_dream_is_not_made_much_stronger_than_it_is() -> None:
    new = torch.zeros(64, 64, dtype=torch.bool)
    new[20:44, 20:44] = True
    old = torch.ones(3, 64, 64)
    assert as_strong(0.1 * old, old, new.float(), ~new).max() < 1.5


def test_far_from_all_others_a_dream_stays_as_it_is() -> None:
    whole = torch.ones(64, 64)
    assert (as_strong(torch.ones(3, 64, 64), torch.zeros(3, 64, 64), whole, whole < 0) == 1).all()


def test_what_waits_shows_its_own_object() -> None:
    detail = torch.zeros(3, 8, 8)
    detail[:, :, 4:] = 1.0
    objects = torch.zeros(8, 8, dtype=torch.int32)
    objects[:, 3:] = 1
    ripe = torch.ones(8, 8, dtype=torch.bool)
    ripe[:, 3] = False
    filled, known = spread(detail, ripe, objects, 2)
    assert (filled[:, :, 3] == 1).all() and (filled[:, :, :3] == 0).all()
    assert known.all()


def test_outlines_are_on_the_far_side_of_what_slides() -> None:
    film = MovingFilm(block=(2.0, 0.0))
    scene = film.scene(4)
    assert scene.objects is not None
    edges, block = sliding(scene, scene.objects), film.covered(4)
    assert edges.any() and not (edges & block).any()
    resting = MovingFilm(block=(0.0, 0.0)).scene(4)
    assert resting.objects is not None and not sliding(resting, resting.objects).any()
