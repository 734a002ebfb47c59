"""Tiles cover the picture, keep to the network's grid, and change next to nothing."""

from __future__ import annotations

import gc

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from reverie.server.dream.events import Finished
from reverie.server.dream.memory import bytes_per_pixel
from reverie.server.dream.objective import View
from reverie.server.dream.objectives.compiling import objective_of
from reverie.server.dream.slope import Slopes, gradient
from reverie.server.dream.still import dream_still
from reverie.server.dream.tiles import Tiling, tiling
from reverie.server.networks.staged import StagedNetwork
from reverie.shared.settings import DreamSettings

sides = st.integers(1, 300)


@settings(deadline=None)
@given(sides, sides, st.integers(1, 200), st.integers(0, 60), st.sampled_from([1, 4, 16, 32]))
def test_tiles_cover_every_pixel_once(height: int, width: int, side: int, context: int, stride: int) -> None:
    numbers = torch.arange(height * width).view(1, 1, height, width)
    copy = torch.zeros_like(numbers)
    shift = (side // 2, 3 * context)
    pixels = 0
    for tile in Tiling(side, context, stride).cut(height, width):
        tile.put(tile.own(tile.see(numbers, shift)), copy, shift)
        pixels += tile.pixels
        for span, length in ((tile.rows, height), (tile.columns, width)):
            assert span.outer_start % stride == 0
            assert span.start - span.outer_start >= min(context, span.start)
            assert span.outer_stop - span.stop >= min(context, length - span.stop)
    assert torch.equal(copy, numbers)
    assert pixels == height * width


@settings(deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(4, 50), st.integers(1, 40), st.data())
def test_beyond_mirrors_is_the_picture_mirrored_and_all_of_it_is_in_sight(
    height: int, width: int, side: int, jitter: int, data: st.DataObject
) -> None:
    picture = torch.arange(1, 1 + height * width).view(1, 1, height, width)
    cutting = Tiling(side, 8, 4, jitter=jitter)
    frame = cutting.in_sight(height, width)
    assert all(size <= seen <= size + jitter for size, seen in zip((height, width), frame, strict=True))
    down, right = (data.draw(st.integers(0, cutting.margin(size))) for size in (height, width))
    room = np.pad(picture[0, 0].numpy(), ((down, frame[0]), (right, frame[1])), "reflect")[: frame[0], : frame[1]]
    looked, back = torch.zeros((1, 1, *frame), dtype=picture.dtype), torch.zeros_like(picture)
    for tile in cutting.cut(*frame):
        tile.put(tile.own(tile.see(picture, (down, right))), looked)
        tile.put(tile.own(tile.see(picture, (down, right))), back, (down, right))
    assert torch.equal(looked[0, 0], torch.from_numpy(room.copy()))
    assert torch.equal(back, picture)


def whole_gradient(picture: torch.Tensor, network: StagedNetwork) -> torch.Tensor:
    return gradient(picture, network, objective_of(DreamSettings(), network), View(0, 0, *picture.shape[-2:]))


def tiled_gradient(picture: torch.Tensor, network: StagedNetwork, cutting: Tiling) -> torch.Tensor:
    pieces = torch.empty_like(picture)
    for _ in Slopes(network, objective_of(DreamSettings(), network), cutting, "float32").of(picture, (0, 0), pieces):
        pass
    return pieces


def test_with_twice_the_halo_tiles_are_exact(small_network: StagedNetwork, picture: torch.Tensor) -> None:
    cutting = Tiling(40, 2 * small_network.halo("third"), small_network.stride("third"))
    assert len(cutting.cut(90, 123)) == 12
    whole = whole_gradient(picture, small_network)
    torch.testing.assert_close(tiled_gradient(picture, small_network, cutting), whole, rtol=1e-4, atol=1e-6)


def test_without_context_tiles_show(small_network: StagedNetwork, picture: torch.Tensor) -> None:
    whole = whole_gradient(picture, small_network)
    bare = tiled_gradient(picture, small_network, Tiling(40, 0, 4))
    assert (bare - whole).norm() / whole.norm() > 0.05


def test_googlenet_tiles_differ_by_under_two_percent(random_googlenet: tuple[nn.Module, StagedNetwork]) -> None:
    _, network = random_googlenet
    picture = torch.rand(1, 3, 400, 560, generator=torch.Generator().manual_seed(1))
    whole = whole_gradient(picture, network)
    tiled = tiled_gradient(picture, network, tiling(network, network.default_layers, picture.device, 192))
    assert (tiled - whole).norm() / whole.norm() < 0.02


@pytest.mark.parametrize("jitter", [0, 16])
def test_a_tiled_dream_is_the_untiled_dream(small_network: StagedNetwork, picture: torch.Tensor, jitter: int) -> None:
    request = DreamSettings(octaves=2, iterations=2, jitter=jitter)
    *_, whole = dream_still(picture, small_network, request.replace(tile=4096))
    *events, tiled = dream_still(picture, small_network, request.replace(tile=50))
    assert isinstance(whole, Finished)
    assert isinstance(tiled, Finished)
    moved = (whole.picture - picture).norm()
    assert (tiled.picture - whole.picture).norm() < 0.02 * moved
    assert len(events) > 4, "a tiled step reports after every tile"


def test_memory_is_bounded_by_choice_of_tile(random_googlenet: tuple[nn.Module, StagedNetwork]) -> None:
    """GoogLeNet to 4c keeps some hundred bytes a pixel; a tile and its context stay under 3 GiB."""
    _, network = random_googlenet
    needed = bytes_per_pixel(network, ("inception4c",), torch.device("cpu"))
    assert 100 < needed < 2000
    assert bytes_per_pixel(network, ("conv1",), torch.device("cpu")) < needed / 3
    cutting = tiling(network, ("inception4c",), torch.device("cpu"))
    assert len(cutting.cut(512, 512)) == 1
    assert needed * cutting.at_once <= 3 * 2**30
    for tile in cutting.cut(6000, 9000):
        rows, columns = (span.outer_stop - span.outer_start for span in (tile.rows, tile.columns))
        assert rows * columns <= 1.05 * cutting.at_once


def test_counting_memory_keeps_none(small_network: StagedNetwork) -> None:
    counts = []
    for _ in range(3):
        bytes_per_pixel(small_network, ("third",), torch.device("cpu"))
        gc.collect()
        counts.append(sum(type(thing) is torch.Tensor for thing in gc.get_objects()))
    assert counts[1] == counts[2]
