"""A training learns, can be interrupted, and ends in a network that dreams."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from reverie.server.networks.blossom import Blossom, baked, blossom, fresh, risen, settle
from reverie.server.networks.loading import load
from reverie.server.training.adversary import attack, norms
from reverie.server.training.clustering import clustered
from reverie.server.training.folder import Pictures
from reverie.server.training.settings import TrainSettings
from reverie.server.training.train import Plan, begin, finish, prepare
from reverie.server.training.trainer import Epoch, Learning, Trained
from reverie.shared.declaration import SettingError

QUICK = TrainSettings(size=32, epochs=4, batch=12, robust=0.25, patience=100)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REVERIE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def plan(name: str = "mine", parent: str | None = None) -> Plan:
    return Plan(Path("stripes"), name, parent, "CC0", "reverie train stripes --as mine")


def train(pictures: Pictures, settings: TrainSettings, plan: Plan) -> Trained:
    *_, last = begin(plan, pictures, settings, torch.device("cpu")).run()
    assert isinstance(last, Trained)
    return last


def test_it_learns_and_dreams(stripes: Pictures, home: Path) -> None:
    prepare(plan())
    settings = QUICK.replace(epochs=20)
    trained = train(stripes, settings, plan())
    assert trained.clean >= 0.9
    info = finish(plan(), stripes, settings, trained)
    assert info.classes == ("standing", "lying")
    network = load("mine")
    shown = stripes.pixels[stripes.held_out][:, :, 5:37, 5:37].float() / 255
    (maps,) = network(shown, ["classes"])
    right = maps.mean((2, 3)).argmax(1) == stripes.labels[stripes.held_out]
    assert right.float().mean() >= 0.9, "the network in the store knows what the trained one did"
    assert not (home / "training" / "mine.pt").exists()
    with pytest.raises(SettingError, match="already a network"):
        prepare(plan())


def test_interrupted_and_gone_on_is_the_same_network(stripes: Pictures) -> None:
    whole = train(stripes, QUICK, plan("whole"))
    for event in begin(plan("broken"), stripes, QUICK, torch.device("cpu")).run():
        if isinstance(event, Learning) and event.step == 5:
            break
    going_on = begin(plan("broken"), stripes, QUICK, torch.device("cpu"))
    events = list(going_on.run())
    first = next(event for event in events if isinstance(event, Learning))
    assert 1 < first.step <= 6, "it goes on from the last epoch's end"
    last = events[-1]
    assert isinstance(last, Trained)
    for one, other in zip(whole.network.parameters(), last.network.parameters(), strict=True):
        assert torch.equal(one, other)


def test_other_settings_begin_anew(stripes: Pictures) -> None:
    for event in begin(plan(), stripes, QUICK, torch.device("cpu")).run():
        if isinstance(event, Epoch):
            break
    other = begin(plan(), stripes, QUICK.replace(seed=1), torch.device("cpu"))
    first = next(iter(other.run()))
    assert isinstance(first, Learning)
    assert first.step == 1


def test_it_goes_on_from_another_network(stripes: Pictures) -> None:
    finish(plan("first"), stripes, QUICK, train(stripes, QUICK, plan("first")))
    prepare(plan("second", "first"))
    second = train(stripes, QUICK.replace(epochs=1, rate=1e-6), plan("second", "first"))
    finish(plan("second", "first"), stripes, QUICK, second)
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    (one,), (other,) = (load(name)(picture, ["inception4c"]) for name in ("first", "second"))
    torch.testing.assert_close(one, other, rtol=0.02, atol=0.02)
    with pytest.raises(SettingError, match="can't be trained further"):
        prepare(plan("third", "ornament"))


def test_baked_is_the_network_and_can_rise_again() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network, picture = fresh(5), torch.randn(2, 3, 64, 64)
        settle(network, picture)
        torch.nn.init.normal_(network.fc.weight)
    dreaming = blossom(5)
    dreaming.load_state_dict(baked(network))
    expected = network(picture)
    torch.testing.assert_close(dreaming(picture), expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(risen(baked(network), 5)(picture), expected, rtol=1e-3, atol=1e-3)


def test_a_settled_network_keeps_its_signal() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network, picture = fresh(5), torch.randn(8, 3, 64, 64)
        settle(network, picture)
        strengths = [network.stages[:depth](picture).std().item() for depth in range(1, len(network.stages))]
    assert min(strengths) > 0.1
    assert max(strengths) < 10


@pytest.mark.parametrize("steps", [1, 5])
def test_an_attack_stays_in_its_ball_and_hurts(steps: int) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        weights = torch.randn(3 * 16 * 16, 4)
        pictures = torch.rand(6, 3, 16, 16)
    labels = torch.tensor([0, 1, 2, 3, 0, 1])

    def classifier(pictures: Tensor) -> Tensor:
        return pictures.flatten(1) @ weights

    pushed = attack(classifier, pictures, labels, 0.5, steps, seed=3)
    assert norms(pushed - pictures).max() <= 0.5001
    assert pushed.min() >= 0
    assert pushed.max() <= 1
    loss = torch.nn.functional.cross_entropy
    assert loss(classifier(pushed), labels) > loss(classifier(pictures), labels) + 0.5
    assert torch.equal(pushed, attack(classifier, pictures, labels, 0.5, steps, seed=3))


def test_a_pile_of_pictures_is_sorted_by_what_they_look_like(stripes: Pictures) -> None:
    unsorted = Pictures(stripes.pixels, -torch.ones(48, dtype=torch.long), stripes.held_out, (), (), "pile")
    found = clustered(unsorted, load("ornament"), 2, seed=0)
    assert found.classes == ("group 1", "group 2")
    agree = (found.labels == stripes.labels).float().mean().item()
    assert max(agree, 1 - agree) > 0.95


def test_it_stops_early_when_nothing_gets_better(stripes: Pictures) -> None:
    settings = QUICK.replace(epochs=40, rate=1e-6, patience=2)
    events = list(begin(plan(), stripes, settings, torch.device("cpu")).run())
    assert sum(isinstance(event, Epoch) for event in events) < 10


def test_there_is_such_a_network_class() -> None:
    assert sum(weight.numel() for weight in Blossom.parameters(blossom(64))) * 2 <= 8e6, "8 MB in half precision"
