"""Normal maps: seen as reliefs, and dreams pressed into them."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from reverie.server.dream.relief import pressed, shaded
from reverie.server.dream.wrap import OPEN, Wrap


def normal_map(seed: int, height: int = 11, width: int = 13, steepness: float = 0.6) -> torch.Tensor:
    slopes = steepness * torch.randn(1, 2, height, width, generator=torch.Generator().manual_seed(seed))
    return F.normalize(torch.cat([slopes, torch.ones(1, 1, height, width)], 1), dim=1) * 0.5 + 0.5


def plane(height: int = 9, width: int = 9) -> torch.Tensor:
    return torch.tensor([0.5, 0.5, 1.0]).view(1, 3, 1, 1).repeat(1, 1, height, width)


def heights(seed: int) -> torch.Tensor:
    return torch.randn(1, 1, 11, 13, generator=torch.Generator().manual_seed(seed))


def vectors(normals: torch.Tensor) -> torch.Tensor:
    return 2 * normals - 1


def test_a_plane_is_grey_and_what_faces_the_light_is_bright() -> None:
    assert torch.equal(shaded(plane()), torch.full((1, 3, 9, 9), 0.5))
    upper_left = F.normalize(torch.tensor([-1.0, 1.0, 1.0]), dim=0).view(1, 3, 1, 1) * 0.5 + 0.5
    assert shaded(upper_left).unique().item() > 0.9
    assert shaded(1 - upper_left).unique().item() < 0.1


@given(st.integers(0, 2**31), st.floats(0, 50))
def test_a_relief_is_seen_from_0_to_1(seed: int, steepness: float) -> None:
    seen = shaded(normal_map(seed, steepness=steepness))
    assert seen.min() >= 0
    assert seen.max() <= 1


@given(st.integers(0, 2**31), st.integers(0, 2**31), st.floats(0.01, 30))
def test_what_is_pressed_stays_unit_length_and_outward(a: int, b: int, depth: float) -> None:
    turned = vectors(pressed(normal_map(a), depth * heights(b), OPEN))
    torch.testing.assert_close(torch.linalg.vector_norm(turned, dim=1), torch.ones(1, 11, 13), atol=1e-5, rtol=0)
    assert (turned[:, 2] > 0).all()


def test_slopes_point_as_blender_has_them() -> None:
    rising_right = torch.arange(9.0).view(1, 1, 1, 9).expand(1, 1, 9, 9)
    leftward = vectors(pressed(plane(), rising_right, OPEN))[0, :, 4, 4]
    torch.testing.assert_close(leftward, torch.tensor([-1.0, 0.0, 1.0]) / math.sqrt(2))
    rising_up = torch.arange(9.0).flip(0).view(1, 1, 9, 1).expand(1, 1, 9, 9)
    downward = vectors(pressed(plane(), rising_up, OPEN))[0, :, 4, 4]
    torch.testing.assert_close(downward, torch.tensor([0.0, -1.0, 1.0]) / math.sqrt(2))


def test_heights_add_up() -> None:
    """Pressing one height after the other is pressing their sum."""
    first, second = heights(1), heights(2)
    twice = pressed(pressed(plane(11, 13), first, OPEN), second, OPEN)
    torch.testing.assert_close(twice, pressed(plane(11, 13), first + second, OPEN), atol=1e-5, rtol=1e-4)


def test_every_bit_stays_where_the_dream_is_level() -> None:
    normals = normal_map(3) + 0.01
    bump = torch.full((1, 1, 11, 13), 4.0)
    bump[..., 5, 6] = 5.0
    result = pressed(normals, bump, OPEN)
    changed = (result != normals).any(1)[0].nonzero().tolist()
    assert changed == [[4, 6], [5, 5], [5, 7], [6, 6]]


def test_vectors_into_the_surface_and_broken_ones_stay_alone() -> None:
    normals = normal_map(4)
    normals[0, :, 2, 2] = torch.tensor([0.5, 0.5, 0.0])
    normals[0, :, 7, 7] = torch.nan
    result = pressed(normals, heights(5), OPEN)
    assert torch.equal(result[0, :, 2, 2], normals[0, :, 2, 2])
    assert result.isnan().any(1).nonzero().tolist() == [[0, 7, 7]]


@given(st.sampled_from(["none", "x", "y", "xy"]), st.integers(-30, 30), st.integers(-30, 30))
def test_pressing_commutes_with_rolling_where_edges_meet(seamless: str, down: int, right: int) -> None:
    wrap = Wrap.of(seamless)
    by = (down if wrap.y else 0, right if wrap.x else 0)
    whole = pressed(normal_map(6), heights(7), wrap).roll(by, (-2, -1))
    assert torch.equal(pressed(normal_map(6).roll(by, (-2, -1)), heights(7).roll(by, (-2, -1)), wrap), whole)
