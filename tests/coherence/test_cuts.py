"""Cuts are found, and nothing else is taken for one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from reverie.server.coherence.cuts import is_cut, signature
from reverie.shared.picture import Picture, PictureInfo


def _shot(seed: int, shift: float = 0.0) -> np.ndarray:
    """90x160x3, 0..1: broad waves of some colours, moved by ``shift`` pixels."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:90, :160]
    columns = columns - shift
    waves = sum(
        random.normal(size=3) * np.sin(fx * columns + fy * rows + phase)[..., None]
        for fx, fy, phase in zip(
            random.normal(0, 0.08, 9), random.normal(0, 0.08, 9), random.uniform(0, 6, 9), strict=True
        )
    )
    return np.clip(random.uniform(0.2, 0.8, 3) + 0.12 * waves, 0, 1)


def _seen(pixels: np.ndarray, linear: bool = False) -> np.ndarray:
    info = PictureInfo(pixels.shape, "f32", "Linear Rec.709" if linear else "sRGB")
    return signature(Picture(info, pixels.astype(np.float32)))


@pytest.mark.parametrize("pair", [(1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12)])
def test_other_pictures_are_a_cut(pair: tuple[int, int]) -> None:
    assert is_cut(_seen(_shot(pair[0])), _seen(_shot(pair[1])))


@pytest.mark.parametrize("seed", range(1, 9))
def test_what_goes_on_is_none(seed: int) -> None:
    shot = _shot(seed)
    noise = np.random.default_rng(0).normal(0, 0.05, shot.shape)
    following = {
        "still": shot,
        "noise": np.clip(shot + noise, 0, 1),
        "pan": _shot(seed, 12.0),
        "flash": 0.25 * shot + 0.75,
        "white": np.ones_like(shot),
        "fade": 0.8 * shot,
        "black": np.zeros_like(shot),
    }
    assert [what for what, pixels in following.items() if is_cut(_seen(shot), _seen(pixels))] == []


def test_a_whole_fade_out_and_in_of_one_shot_begins_once_again() -> None:
    """Out of the dark comes a new shot, and that only once."""
    levels = [*np.linspace(1, 0, 12), *np.linspace(0, 1, 12)]
    frames = [_seen(level * _shot(3)) for level in levels]
    assert sum(is_cut(a, b) for a, b in itertools.pairwise(frames)) == 1


def test_bright_light_in_a_render_is_none() -> None:
    shot = _shot(2)
    sun = shot.copy()
    sun[:8, :8] = 5000.0
    assert not is_cut(_seen(shot, linear=True), _seen(sun, linear=True))
