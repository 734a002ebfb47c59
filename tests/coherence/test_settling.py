"""What has not settled is dreamed on, gently; what has stays as it is."""

from __future__ import annotations

import dataclasses

import torch
from moving_film import MovingFilm

from reverie.server.coherence.following import follow
from reverie.server.coherence.hidden import surfaces_of
from reverie.server.coherence.memory import Memory
from reverie.server.coherence.onward import Dreamer, dream_alone, dream_on
from reverie.server.coherence.scene import Scene, grid
from reverie.server.coherence.settling import stirred, unsettled
from reverie.server.networks.staged import StagedNetwork
from reverie.shared.settings import DreamSettings

SETTINGS = DreamSettings(octaves=1, iterations=3, jitter=4)


def _remembered(scene: Scene, network: StagedNetwork) -> Memory:
    *_, dreamed = dream_alone(scene, Dreamer(network, SETTINGS), None)
    assert not isinstance(dreamed, float)
    return Memory.of(scene, dreamed, None, torch.zeros(1).numpy(), b"0" * 32)


def _loose(scene: Scene, before: Scene, memory: Memory) -> torch.Tensor:
    trail = follow(scene, before)
    return unsettled(memory, trail, scene, surfaces_of(scene, trail))


def test_what_only_moves_has_settled(tiny_network: StagedNetwork) -> None:
    film = MovingFilm(wall=(0.4, 0.2), block=(3.0, 0.0))
    memory = _remembered(film.scene(0), tiny_network)
    assert not _loose(film.scene(1), film.scene(0), memory).any()


def test_what_is_stretched_has_not(tiny_network: StagedNetwork) -> None:
    film = MovingFilm(block=(0.0, 0.0))
    memory = _remembered(film.scene(0), tiny_network)
    away = grid(film.size, torch.device("cpu")) - 20
    for share in (0.01, 0.02):
        nearer = dataclasses.replace(film.scene(1), back=-share * away, objects=None, depth=None)
        loose = _loose(nearer, dataclasses.replace(film.scene(0), forward=None, objects=None, depth=None), memory)
        assert (loose[5:-5, 5:-5] - share * 1.5).abs().max() < 0.002


def test_what_is_new_is_loose_and_settles_with_time(tiny_network: StagedNetwork) -> None:
    film = MovingFilm(block=(0.0, 0.0))
    memory = _remembered(film.scene(0), tiny_network)
    new = torch.zeros(film.size, dtype=torch.bool)
    new[:, :5] = True
    loose = stirred(_loose(film.scene(1), film.scene(0), memory), ~(new | ~new), new)
    assert (loose[:, :5] > 2 * loose[:, 5:].max()).all() and loose[:, 6].all() and not loose[:, 25:].any()
    for _ in range(80):
        memory = dataclasses.replace(memory, unsettled=loose.half())
        after = _loose(film.scene(1), film.scene(0), memory)
        assert (after <= loose).all()
        loose = after
    assert not loose.any()


def test_what_has_settled_stays_to_the_bit_while_the_rest_is_dreamed_on(tiny_network: StagedNetwork) -> None:
    film = MovingFilm(block=(0.0, 0.0))
    scene, dreamer = film.scene(0), Dreamer(tiny_network, SETTINGS)
    memory = _remembered(scene, tiny_network)
    loose = torch.zeros(film.size)
    loose[:, :10] = 0.1
    memory = dataclasses.replace(memory, unsettled=loose.half())
    *_, dreamed = dream_on(film.scene(1), scene, memory, dreamer, 1.0, None)
    *_, undisturbed = dream_on(film.scene(1), scene, dataclasses.replace(memory, unsettled=None), dreamer, 1.0, None)
    assert not isinstance(dreamed, float) and not isinstance(undisturbed, float)
    assert torch.equal(dreamed.picture[..., 10:], undisturbed.picture[..., 10:])
    changed = (dreamed.picture - undisturbed.picture)[..., :10].abs().mean()
    assert 0 < changed < 0.5 * (undisturbed.picture - scene.seen)[..., :10].abs().mean()
