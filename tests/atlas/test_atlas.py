"""``reverie atlas``: the pictures are of the channels they are numbered after, and none is dreamed twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from torch import nn

from reverie.server.atlas import making
from reverie.server.atlas.dreaming import Thumbnail, dream_channels, lively
from reverie.server.atlas.making import chosen_channels, fill, recipe
from reverie.server.atlas.shelf import Shelf
from reverie.server.cli import main
from reverie.server.media.contact_sheet import Row, contact_sheet
from reverie.server.media.files import read_picture, read_record
from reverie.server.networks.catalogue import CLASSES
from reverie.server.networks.loading import load
from reverie.server.networks.staged import StagedNetwork
from reverie.shared.declaration import SettingError

SETTINGS = recipe("ornament", "only").replace(iterations=30, random_turn=0.0, random_scale=0.0)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REVERIE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def network() -> StagedNetwork:
    with torch.random.fork_rng():
        torch.manual_seed(4)
        only = nn.Sequential(nn.Conv2d(3, 10, 5, stride=2, padding=2), nn.ReLU())
        return StagedNetwork("tiny", {"only": only}, ("only",))


def thumbnails(network: StagedNetwork, channels: list[int]) -> dict[int, np.ndarray]:
    events = dream_channels(network, channels, lively(network, SETTINGS), 32)
    return {event.channel: event.pixels for event in events if isinstance(event, Thumbnail)}


def test_each_thumbnail_excites_its_own_channel_most(network: StagedNetwork) -> None:
    dreams = thumbnails(network, list(range(10)))
    pictures = torch.stack([torch.from_numpy(dreams[channel]).permute(2, 0, 1) for channel in range(10)])
    seen = network(pictures, ["only/pre"])[0].mean((2, 3))  # pictures x channels
    most = (seen >= seen.diagonal()).sum(0) == 1
    assert most.sum() >= 7, "the numbers are not those of the channels"


def test_a_thumbnail_does_not_depend_on_its_company(network: StagedNetwork) -> None:
    alone, among = thumbnails(network, [7])[7], thumbnails(network, list(range(10)))[7]
    assert np.abs(alone - among).mean() < 2e-3
    assert np.abs(alone - 0.5).mean() > 0.02, "nothing was dreamed"


def test_channels_that_their_relu_silences_are_dreamed_before_it(network: StagedNetwork) -> None:
    chosen = lively(network, SETTINGS)
    assert (chosen.layers, chosen.measure) == ("only/pre", "mean")
    whole = StagedNetwork("smooth", {"only": nn.Conv2d(3, 4, 3)}, ("only",))
    assert lively(whole, SETTINGS) == SETTINGS


def test_a_stopped_atlas_goes_on_where_it_was(network: StagedNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf(SETTINGS, 32)
    for progress in fill(shelf, "", SETTINGS, 32, lambda: network):
        if progress.done == 8:
            break
    assert [shelf.has(channel) for channel in range(10)] == [True] * 8 + [False] * 2
    before = shelf.path(3).stat().st_mtime_ns
    loaded: list[int] = []

    def load() -> StagedNetwork:
        loaded.append(1)
        return network

    left = [progress.missing for progress in fill(shelf, "", SETTINGS, 32, load)]
    assert set(left) == {2} and len(loaded) == 1
    assert shelf.path(3).stat().st_mtime_ns == before
    assert not list(fill(shelf, "", SETTINGS, 32, load)) and len(loaded) == 1, "everything was there"
    assert read_record(shelf.path(9))["layers"] == "only/pre[9]"


def test_other_settings_weights_and_sizes_are_kept_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    weights.write_bytes(b"one")
    monkeypatch.setattr("reverie.server.networks.store.weights_of", lambda name: weights)
    folders = [Shelf(SETTINGS, 32).folder, Shelf(SETTINGS, 64).folder, Shelf(SETTINGS.replace(seed=1), 32).folder]
    weights.write_bytes(b"two")
    folders.append(Shelf(SETTINGS, 32).folder)
    assert len(set(folders)) == 4


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("", [0, 1, 2, 3, 4, 5]), ("1, 3-4", [1, 3, 4]), ("not 0-3", [4, 5]), ("5", [5])],
)
def test_channels_are_named_as_in_a_target(text: str, numbers: list[int]) -> None:
    assert chosen_channels(text, 6) == numbers


@pytest.mark.parametrize("text", ["6", "a", "strong 2", "1], x[2", "1*2", "0-"])
def test_channels_that_are_not_there_are_refused(text: str) -> None:
    with pytest.raises(SettingError):
        chosen_channels(text, 6)


def test_the_sheet_shows_each_thumbnail_where_it_is_numbered() -> None:
    flat = {number: np.full((32, 32, 3), 20 * number, np.uint8) for number in (2, 5, 7, 11, 12)}
    pixels = np.asarray(
        contact_sheet([Row(str(number), [tile]) for number, tile in flat.items()], 32, columns=2).pixels
    )
    assert pixels.shape[1] < pixels.shape[0]
    for tile in flat.values():
        found = (pixels[..., :3] == tile[0, 0]).all(-1).sum()
        assert found >= 32 * 32
    assert pixels.std() > 0 and (pixels > 180).any(), "no lettering"


def reverie(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    quick = recipe("ornament", "").replace(iterations=2, random_turn=0.0, random_scale=0.0)
    monkeypatch.setattr(making, "_CHANNELS", quick)
    yield


def test_the_command_writes_a_sheet_and_single_thumbnails(tmp_path: Path, quick: None) -> None:
    sheet, folder = tmp_path / "sheet.png", tmp_path / "singly"
    arguments = ("atlas", "ornament", "--layer", "strokes", "--size", "32", "--device", "cpu", "--out", sheet)
    done = reverie(*arguments, "--channels", "0-1, 24", "--singly", folder)
    assert done.exit_code == 0, done.output
    assert "3 of 25 channels" in done.output
    assert read_picture(sheet).info.shape[1] > 60
    assert sorted(path.name for path in folder.iterdir()) == ["0000.png", "0001.png", "0024.png"]
    again = reverie(*arguments, "--channels", "25")
    assert again.exit_code == 2 and "25 channels" in again.output


def test_what_is_not_there_is_told_with_what_is(tmp_path: Path) -> None:
    wrong = reverie("atlas", "ornament", "--layer", "stroke", "--out", tmp_path / "a.png")
    assert wrong.exit_code == 2 and "strokes" in wrong.output
    assert "Traceback" not in wrong.output


def test_classes_are_dreamed_each_for_itself_and_named(tmp_path: Path) -> None:
    network = load("reverie")
    numbers = [network.classes.index(name) for name in ("rose", "leopard", "key")]
    settings = recipe("reverie", CLASSES).replace(octaves=2, iterations=12)
    dreams = [event for event in dream_channels(network, numbers, settings, 64) if isinstance(event, Thumbnail)]
    pictures = torch.stack([torch.from_numpy(dream.pixels).permute(2, 0, 1) for dream in dreams])
    (seen,) = network(pictures, [CLASSES])
    assert seen.mean((2, 3)).argmax(1).tolist() == numbers
    sheet = tmp_path / "sheet.png"
    done = reverie("atlas", "reverie", "--layer", "classes", "--size", "32", "--channels", "3", "--out", sheet)
    assert done.exit_code == 0 and "1 of 94 channels of classes" in done.output, done.output
