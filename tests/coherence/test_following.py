"""What is followed back was there, and what is not has just appeared."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from moving_film import MovingFilm

from reverie.server.coherence.following import follow
from reverie.server.coherence.scene import grid


def _truth(film: MovingFilm, frame: int) -> torch.Tensor:
    """What is seen in a frame and was seen in the one before it; of whole steps."""
    height, width = film.size
    scene = film.scene(frame)
    assert scene.back is not None and scene.objects is not None
    x, y = (grid(film.size, torch.device("cpu")) + scene.back).long()
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    before = film.scene(frame - 1).objects
    assert before is not None
    return inside & (before[y.clamp(0, height - 1), x.clamp(0, width - 1)] == scene.objects)


@pytest.mark.parametrize("wall", [(0.0, 0.0), (-3.0, 1.0)])
@pytest.mark.parametrize(
    "knows", [(), ("forward",), ("depth",), ("objects",)], ids=["all", "no forward", "no depth", "no objects"]
)
def test_whole_steps_are_told_apart_exactly(wall: tuple[float, float], knows: tuple[str, ...]) -> None:
    film = MovingFilm(wall=wall)
    scene, before = (dataclasses.replace(film.scene(frame), **dict.fromkeys(knows)) for frame in (5, 4))
    assert torch.equal(follow(scene, before).known.view(film.size), _truth(film, 5))


def test_parts_of_pixels_at_an_edge_mix_nothing_of_what_is_behind() -> None:
    film = MovingFilm(block=(1.4, 0.6), wall=(0.3, 0.0))
    scene, before = film.scene(5), film.scene(4)
    trail = follow(scene, before)
    of_block = trail.mixed(film.covered(4).float()[None])[0].view(film.size)[film.covered(5)]
    known = trail.known.view(film.size)[film.covered(5)]
    assert known.float().mean() > 0.95
    assert torch.allclose(of_block[known], torch.ones(()))


def test_weights_sum_to_one_where_known() -> None:
    trail = follow(MovingFilm(block=(1.4, 0.6)).scene(5), MovingFilm(block=(1.4, 0.6)).scene(4))
    assert torch.allclose(trail.weights.sum(0), trail.known.float(), atol=1e-6)
