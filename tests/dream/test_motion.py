"""How a film moves from one frame to the next."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from reverie.server.dream.motion import move
from reverie.server.dream.wrap import OPEN, Wrap
from reverie.shared.film import Motion

STILL = Motion(zoom=0.0)
ROUND = Wrap(x=True, y=True)


def soft_picture(height: int, width: int) -> np.ndarray:
    """HxW float64, 0..1, periodic, without detail that interpolation could lose."""
    y, x = np.meshgrid(np.arange(height) * 2 * np.pi / height, np.arange(width) * 2 * np.pi / width, indexing="ij")
    return 0.5 + 0.2 * np.sin(x + 0.3) + 0.15 * np.cos(2 * y) + 0.1 * np.sin(x - y)


@pytest.mark.parametrize("wrap", [OPEN, ROUND])
@pytest.mark.parametrize(
    "motion",
    [
        Motion(),
        STILL.replace(turn=30.0),
        STILL.replace(shift_x=0.13, shift_y=-0.07),
        Motion(zoom=-0.2, turn=-12.0, shift_x=0.05, centre_x=0.2, centre_y=0.9),
    ],
)
def test_the_geometry_is_that_of_scipys_affine_transform(motion: Motion, wrap: Wrap) -> None:
    height, width = 60, 84
    picture = soft_picture(height, width)
    angle, scale = math.radians(motion.turn), 1 - motion.zoom
    matrix = scale * np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    centre = np.array([motion.centre_y * height, motion.centre_x * width]) - 0.5
    shift = np.array([motion.shift_y * height, motion.shift_x * width])
    mode = "grid-wrap" if wrap.x else "reflect"
    expected = ndimage.affine_transform(picture, matrix, centre - matrix @ (centre + shift), order=3, mode=mode)
    moved = move(torch.from_numpy(picture).float()[None, None], motion, wrap)[0, 0].double().numpy()
    # A fold at a mirror leaves a kink, which splines and Catmull and Rom take differently.
    inner = slice(None) if wrap.x else slice(12, -12)
    assert np.abs(moved - expected)[inner, inner].max() < 1e-3
    assert np.abs(moved - expected).mean() < 1e-3


def test_no_motion_and_motion_by_whole_pixels_are_exact() -> None:
    picture = torch.rand(2, 3, 40, 56)
    assert torch.equal(move(picture, STILL, OPEN), picture)
    shifted = move(picture, STILL.replace(shift_x=14 / 56, shift_y=10 / 40), ROUND)
    assert torch.equal(shifted, picture.roll((10, 14), (2, 3)))
    assert torch.equal(move(picture, STILL.replace(shift_x=0.25, edge="repeat"), OPEN), picture.roll(14, 3))


def test_a_quarter_turn_is_anticlockwise() -> None:
    picture = torch.rand(1, 3, 41, 41)
    assert torch.allclose(move(picture, STILL.replace(turn=90.0), OPEN), picture.rot90(1, (2, 3)), atol=1e-5)


def test_zooming_in_enlarges_about_the_centre() -> None:
    picture = torch.zeros(1, 1, 100, 100)
    picture[..., 40:60, 40:60] = 1
    assert move(picture, Motion(zoom=0.5), OPEN).mean().item() == pytest.approx(4 * picture.mean().item(), rel=0.03)
    corner = move(picture, Motion(zoom=0.5, centre_x=0.0, centre_y=0.0), OPEN)
    assert corner[..., 80:, 80:].mean() > 0.9 and corner[..., :78, :78].max() < 0.1


@settings(max_examples=30)
@given(st.floats(-1, 0.9), st.floats(-180, 180), st.floats(-1, 1), st.floats(-1, 2), st.booleans())
def test_any_motion_keeps_within_the_values_there_were(
    zoom: float, turn: float, shift: float, centre: float, wraps: bool
) -> None:
    picture = 0.2 + 0.5 * torch.rand(1, 2, 23, 31, generator=torch.Generator().manual_seed(1))
    motion = Motion(zoom, turn, shift, -shift, centre, 1 - centre)
    moved = move(picture, motion, Wrap(wraps, wraps))
    assert moved.shape == picture.shape
    assert moved.min() >= picture.min() and moved.max() <= picture.max()


def test_what_tiles_still_tiles_after_a_shift() -> None:
    picture = torch.from_numpy(soft_picture(48, 64)).float()[None, None]
    motion = STILL.replace(shift_x=0.31, shift_y=0.17)
    rolled = move(picture.roll((5, 9), (2, 3)), motion, ROUND)
    assert torch.allclose(rolled, move(picture, motion, ROUND).roll((5, 9), (2, 3)), atol=1e-5)


def test_a_hundred_small_turns_do_not_blur_or_ring() -> None:
    picture = torch.from_numpy(soft_picture(64, 64)).float()[None, None]
    moved = picture
    for _ in range(100):
        moved = move(moved, STILL.replace(shift_x=0.013), Wrap(x=True))
    assert torch.allclose(moved, move(picture, STILL.replace(shift_x=0.3), Wrap(x=True)), atol=2e-3)
