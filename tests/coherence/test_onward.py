"""A dream goes on from frame to frame: it stays on what it was dreamed on, keeps its strength, and comes back."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
import torch
from moving_film import MovingFilm

from reverie.server.coherence.memory import Dreamed, LostMemory, Memory
from reverie.server.coherence.onward import Dreamer, dream_alone, dream_on
from reverie.server.coherence.sampling import Texture
from reverie.server.coherence.scene import Scene, grid
from reverie.server.dream.events import Finished
from reverie.server.dream.still import dream_still
from reverie.server.networks.staged import StagedNetwork
from reverie.shared.settings import DreamSettings

SETTINGS = DreamSettings(octaves=1, iterations=3, jitter=4)


def _last(events: Iterator[float | Dreamed]) -> Dreamed:
    *shares, dreamed = events
    assert isinstance(dreamed, Dreamed)
    assert shares == sorted(shares) and all(isinstance(share, float) and 0 <= share <= 1 for share in shares)
    return dreamed


def _dreams(
    film: MovingFilm,
    frames: int,
    network: StagedNetwork,
    coherence: float = 1.0,
    *,
    through: bool = True,
    lacks: tuple[str, ...] = (),
) -> list[Dreamed]:
    """The dreams of the film's frames. lacks: parts of a `Scene` that nobody knows."""
    dreamer = Dreamer(network, SETTINGS)
    memory, before, dreams = None, None, []
    for frame in range(frames):
        scene = dataclasses.replace(film.scene(frame), **dict.fromkeys(lacks))
        if memory is None or before is None:
            dreamed = _last(dream_alone(scene, dreamer, None))
        else:
            dreamed = _last(dream_on(scene, before, memory, dreamer, coherence, None))
        memory = Memory.of(scene, dreamed, None, torch.zeros(1).numpy(), b"0" * 32)
        if through:
            memory = Memory.from_bytes(memory.to_bytes(), torch.device("cpu"))
        before = memory.scene()
        dreams.append(dreamed)
    return dreams


def _detail(dreamed: Dreamed, scene: Scene) -> torch.Tensor:
    return (dreamed.picture - scene.seen)[0]


def test_whole_steps_carry_a_dream_as_it_is(tiny_network: StagedNetwork) -> None:
    film = MovingFilm(wall=(-1.0, 0.0), block=(-1.0, 0.0), start=(20.0, 10.0))
    first, *_, last = (_detail(dream, film.scene(n)) for n, dream in enumerate(_dreams(film, 4, tiny_network)))
    # A page is in half floats. What is new at the right edge is dreamed over a few pixels of what was there.
    assert torch.allclose(last[..., :40], first[..., 3:43], atol=2e-3)
    assert first.abs().mean() > 0.01


def test_no_frame_alone_needs_a_memory(tiny_network: StagedNetwork) -> None:
    scene = MovingFilm().scene(0)
    *_, still = dream_still(scene.seen, tiny_network, SETTINGS)
    assert isinstance(still, Finished)
    assert torch.equal(_last(dream_alone(scene, Dreamer(tiny_network, SETTINGS), None)).picture, still.picture)


@pytest.mark.parametrize("lacks", [(), ("objects", "depth")], ids=["all passes", "vectors alone"])
def test_forty_frames_keep_the_energy(tiny_network: StagedNetwork, lacks: tuple[str, ...]) -> None:
    film = MovingFilm(wall=(0.37, 0.21), block=(-0.43, 0.11), start=(36.0, 12.0))
    dreams = _dreams(film, 40, tiny_network, lacks=lacks)
    energies = [_detail(dream, film.scene(n)).var().item() for n, dream in enumerate(dreams)]
    alone = (
        _detail(_last(dream_alone(film.scene(39), Dreamer(tiny_network, SETTINGS), None)), film.scene(39)).var().item()
    )
    assert 0.85 < energies[-1] / energies[0] < 1.2
    assert 0.8 < energies[-1] / alone < 1.2


@pytest.mark.parametrize("lacks", [(), ("objects", "depth")], ids=["all passes", "vectors alone"])
def test_what_comes_in_slowly_is_dreamed_not_smeared(tiny_network: StagedNetwork, lacks: tuple[str, ...]) -> None:
    film = MovingFilm(wall=(0.3, 0.0), block=(0.3, 0.0), start=(20.0, 10.0))
    scene = film.scene(39)
    dream = _dreams(film, 40, tiny_network, lacks=lacks)[-1]
    alone = _last(dream_alone(scene, Dreamer(tiny_network, SETTINGS), None))
    came, expected = (_detail(one, scene)[..., :11].var().item() for one in (dream, alone))
    assert came > 0.5 * expected


def test_the_more_coherent_the_less_it_flickers(tiny_network: StagedNetwork) -> None:
    film = MovingFilm(wall=(0.6, 0.0), block=(0.6, 0.0), start=(20.0, 10.0))
    place = grid(film.size, torch.device("cpu"))

    def flicker(coherence: float) -> float:
        dreams = _dreams(film, 6, tiny_network, coherence)
        changes = []
        for n in range(3, 6):
            before = Texture(_detail(dreams[n - 1], film.scene(n - 1)))
            came = (place - torch.tensor([0.6, 0.0]).view(2, 1, 1)).flatten(1)
            change = _detail(dreams[n], film.scene(n)) - before.at(*came).view(3, *film.size)
            changes.append(change[:, 4:-4, 4:-4].abs().mean().item())
        return sum(changes) / len(changes)

    still, *between, alone = (flicker(coherence) for coherence in (1.0, 0.9, 0.6, 0.0))
    assert still < between[0] < between[1] < alone
    assert still < alone / 5


@pytest.mark.parametrize("lacks", [(), ("objects",)], ids=["objects", "vectors alone"])
def test_what_was_covered_comes_back_as_it_was(tiny_network: StagedNetwork, lacks: tuple[str, ...]) -> None:
    film = MovingFilm(block=(3.0, 0.0), start=(4.0, 10.0))
    dreams = _dreams(film, 9, tiny_network, lacks=lacks)
    # Beside the block as it first stood, what was dreamed is its outline, and is let go.
    came_back = film.covered(3) & ~film.covered(1) & ~film.covered(7) & ~film.covered(8)
    before, after = (_detail(dreams[n], film.scene(n))[:, came_back] for n in (0, 8))
    assert came_back.sum() > 50
    assert torch.corrcoef(torch.stack([before.flatten(), after.flatten()]))[0, 1] > 0.97


def test_a_frame_in_which_nothing_appears_is_not_dreamed(tiny_network: StagedNetwork) -> None:
    film = MovingFilm(block=(0.0, 0.0))
    first, second = _dreams(film, 2, tiny_network)
    assert torch.allclose(first.picture, second.picture, atol=2e-3)
    assert torch.equal(second.pages, first.pages)


def test_a_memory_read_back_is_the_memory(tiny_network: StagedNetwork) -> None:
    film = MovingFilm(wall=(0.4, 0.0), block=(1.3, 0.2))
    kept, read = (_dreams(film, 5, tiny_network, through=through)[-1] for through in (False, True))
    assert torch.equal(kept.picture, read.picture)
    memory = Memory.of(film.scene(4), read, None, torch.zeros(1).numpy(), b"0" * 32)
    assert memory.to_bytes() == Memory.from_bytes(memory.to_bytes(), torch.device("cpu")).to_bytes()


@pytest.mark.parametrize("data", [b"", b"nonsense", b"\x10\0\0\0\0\0\0\0{}              "])
def test_what_is_no_memory_is_refused(data: bytes) -> None:
    with pytest.raises(LostMemory):
        Memory.from_bytes(data, torch.device("cpu"))


def test_where_nothing_may_change_nothing_does(tiny_network: StagedNetwork) -> None:
    film, dreamer = MovingFilm(wall=(1.0, 0.0)), Dreamer(tiny_network, SETTINGS)
    allowed = torch.zeros(1, 1, *film.size)
    allowed[..., :20] = 1.0
    first = _last(dream_alone(film.scene(0), dreamer, allowed))
    memory = Memory.of(film.scene(0), first, allowed, torch.zeros(1).numpy(), b"0" * 32)
    for coherence in (1.0, 0.5):
        second = _last(dream_on(film.scene(1), film.scene(0), memory, dreamer, coherence, allowed))
        assert torch.equal(second.picture[..., 20:], film.scene(1).seen[..., 20:])
        assert not torch.equal(second.picture[..., :20], film.scene(1).seen[..., :20])
