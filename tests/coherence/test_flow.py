"""Optical flow finds the motion between two pictures, and says clearly what it lacks."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest
import torch
from moving_film import MovingFilm
from torchvision.models.optical_flow import raft_large

from reverie.server.coherence.flow import RAFT_WEIGHTS, Raft, dis_flow
from reverie.server.coherence.following import follow
from reverie.server.coherence.memory import luma
from reverie.server.coherence.scene import Scene
from reverie.server.networks.weights import UnfitWeights
from reverie.shared.declaration import SettingError

FILM = MovingFilm(size=(72, 96), wall=(1.5, -0.5), block=(-2.0, 1.0), start=(50.0, 20.0), side=24)


def test_dense_inverse_search_finds_the_motion_of_wall_and_block() -> None:
    now, before = FILM.scene(3), FILM.scene(2)
    flow = dis_flow(luma(now.seen), luma(before.seen))
    assert now.back is not None
    off = torch.linalg.vector_norm(flow - now.back, dim=0)
    assert off.median() < 0.25
    assert off[FILM.covered(3)].median() < 0.5


def test_there_and_back_leaves_out_what_appears() -> None:
    now, before = luma(FILM.scene(3).seen), luma(FILM.scene(2).seen)
    scene = Scene(FILM.scene(3).seen, back=dis_flow(now, before))
    known = follow(scene, Scene(FILM.scene(2).seen, forward=dis_flow(before, now))).known.view(FILM.size)
    truly = follow(FILM.scene(3), FILM.scene(2)).known.view(FILM.size)
    assert (known & truly).sum() > 0.85 * truly.sum()


def test_its_result_does_not_hang_on_how_many_threads_there_are() -> None:
    now, before = luma(FILM.scene(3).seen), luma(FILM.scene(2).seen)
    threads = cv2.getNumThreads()
    try:
        flows = []
        for count in (1, 2):
            cv2.setNumThreads(count)
            flows.append(dis_flow(now, before))
            assert cv2.getNumThreads() == count
    finally:
        cv2.setNumThreads(threads)
    assert torch.equal(*flows)


def test_tiny_pictures_have_a_flow() -> None:
    picture = torch.zeros(3, 5, dtype=torch.uint8)
    assert dis_flow(picture, picture).shape == (2, 3, 5)


def test_rafts_weights_are_asked_for_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVERIE_HOME", str(tmp_path))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(SettingError, match=RAFT_WEIGHTS):
        Raft.load(torch.device("cpu"))
    (tmp_path / "weights").mkdir()
    torch.save({"other": torch.zeros(1)}, tmp_path / "weights" / RAFT_WEIGHTS)
    with pytest.raises(UnfitWeights):
        Raft.load(torch.device("cpu"))


def test_raft_is_loaded_from_its_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Random weights find no motion, but they go all the way."""
    monkeypatch.setenv("REVERIE_HOME", str(tmp_path))
    (tmp_path / "weights").mkdir()
    torch.save(raft_large(weights=None).state_dict(), tmp_path / "weights" / RAFT_WEIGHTS)
    flow = Raft.load(torch.device("cpu")).flow(luma(FILM.scene(3).seen), luma(FILM.scene(2).seen))
    assert flow.shape == (2, 72, 96) and bool(flow.isfinite().all())
