"""What a trained network dreams of a class is of that class, in the eyes of one that learned apart from it."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path

import pytest
from class_dreams import recognised
from click.testing import CliRunner

from reverie.server.cli import main
from reverie.server.networks.loading import load

CLASSES = "honeycomb,zebra,brickwork,stained-glass,leopard,spiderweb,flames,roof-tiles"
pytestmark = pytest.mark.skipif(
    not importlib.util.find_spec("bpy"), reason="the pictures to learn from are made with what comes with bpy"
)


def reverie(*arguments: object) -> None:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output


@pytest.mark.endurance
@pytest.mark.timeout(3000)
def test_eight_classes_are_learned_in_ten_minutes_and_their_dreams_recognised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On two cores, with nothing else running."""
    monkeypatch.setenv("REVERIE_HOME", str(tmp_path / "home"))
    pictures = tmp_path / "pictures"
    reverie("pictures", pictures, "--classes", CLASSES, "--per-class", 50, "--size", 96)
    began = time.monotonic()
    reverie("train", pictures, "--as", "dreamer")
    assert time.monotonic() - began < 600
    reverie("train", pictures, "--as", "judge", "--seed", 1, "--robust", 0)
    assert recognised(load("dreamer"), load("judge"), 40) >= 0.8
