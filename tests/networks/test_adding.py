from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file
from torch import Tensor, nn

from reverie.server.cli import main
from reverie.server.networks.adding import add, remove
from reverie.server.networks.architectures import ARCHITECTURES
from reverie.server.networks.catalogue import UnknownNetwork, catalogue, find
from reverie.server.networks.cutting import cut
from reverie.server.networks.loading import MissingWeights, UnreadableWeights, load
from reverie.server.networks.weights import UnfitWeights
from reverie.shared.declaration import SettingError


@pytest.fixture
def weights(random_model: Callable[..., nn.Module]) -> dict[str, Tensor]:
    return dict(random_model(ARCHITECTURES["googlenet"], aux_logits=True, num_classes=10).state_dict())


def saved(weights: dict[str, Tensor], file: Path) -> Path:
    if file.suffix == ".safetensors":
        save_file(weights, file)
    else:
        torch.save(weights, file)
    return file


@pytest.mark.parametrize("suffix", [".safetensors", ".pth", ".pt"])
def test_an_added_network_dreams_as_its_weights_say(weights: dict[str, Tensor], tmp_path: Path, suffix: str):
    info = add(saved(weights, tmp_path / f"mine{suffix}"), "googlenet", "my-net_2")
    assert (info.name, info.architecture, len(info.classes), info.installed) == ("my-net_2", "googlenet", 10, True)
    assert info in catalogue()
    picture = torch.rand(1, 3, 48, 48)
    expected = cut(ARCHITECTURES["googlenet"], "mine", weights)(picture)[0]
    torch.testing.assert_close(load("my-net_2")(picture)[0], expected, atol=1e-4, rtol=1e-4)
    remove("my-net_2")
    with pytest.raises(UnknownNetwork):
        find("my-net_2")


def test_wrapped_and_prefixed_state_dicts_are_understood(weights: dict[str, Tensor], tmp_path: Path):
    file = tmp_path / "checkpoint.pth"
    torch.save({"epoch": 3, "state_dict": {f"module.{key}": value for key, value in weights.items()}}, file)
    assert add(file, "googlenet", "mine").classes == ("",) * 10


@pytest.mark.parametrize("name", ["", "a/b", "../up", "two words", "ornament", "GoogLeNet", "x" * 65])
def test_bad_and_taken_names_are_refused(weights: dict[str, Tensor], tmp_path: Path, home: Path, name: str):
    with pytest.raises(SettingError) as caught:
        add(saved(weights, tmp_path / "mine.pth"), "googlenet", name)
    assert caught.value.field == "name"
    assert not home.exists()


def test_an_added_network_is_not_overwritten(weights: dict[str, Tensor], tmp_path: Path):
    file = saved(weights, tmp_path / "mine.pth")
    add(file, "googlenet", "mine")
    with pytest.raises(SettingError, match="networks remove mine"):
        add(file, "googlenet", "Mine")


def test_bad_files_leave_the_store_as_it_was(weights: dict[str, Tensor], tmp_path: Path, home: Path):
    code = tmp_path / "code.pth"
    torch.save({"weights": nn.Linear(2, 2)}, code)  # would run code from the file when unpickled
    text = tmp_path / "text.safetensors"
    text.write_text("hello")
    for file in (code, text):
        with pytest.raises(UnreadableWeights, match=file.name):
            add(file, "googlenet", "mine")
    with pytest.raises(UnfitWeights, match=r"conv1_1|features\.0\.weight is missing"):
        add(saved(weights, tmp_path / "mine.pth"), "vgg16", "mine")
    with pytest.raises(SettingError, match="resnet50"):
        add(tmp_path / "mine.pth", "resnet51", "mine")
    assert not home.exists()


def test_what_is_built_in_stays():
    for name in ("ornament", "vgg16", "never-added"):
        with pytest.raises(SettingError):
            remove(name)


def test_a_network_whose_file_is_gone_says_so(weights: dict[str, Tensor], tmp_path: Path, home: Path):
    add(saved(weights, tmp_path / "mine.pth"), "googlenet", "mine")
    (home / "networks" / "mine.safetensors").unlink()
    assert not find("mine").installed
    with pytest.raises(MissingWeights, match="mine") as caught:
        load("mine")
    assert "--architecture googlenet --as mine" in caught.value.hint


def test_a_damaged_card_hides_its_network_alone(weights: dict[str, Tensor], tmp_path: Path, home: Path):
    add(saved(weights, tmp_path / "mine.pth"), "googlenet", "mine")
    (home / "networks" / "broken.json").write_text("{")
    (home / "networks" / "old.json").write_text(json.dumps({"name": "old"}))
    assert [info.name for info in catalogue()][-2:] == ["efficientnet_b0", "mine"]


def run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, ["networks", *arguments])
    assert result.exit_code == code, result.output
    return result.output


def test_the_command_adds_lists_and_removes(weights: dict[str, Tensor], tmp_path: Path):
    file = saved(weights, tmp_path / "mine.safetensors")
    assert "mine can dream now" in run("add", str(file), "--architecture", "googlenet", "--as", "mine")
    (entry,) = [item for item in json.loads(run("--json")) if item["name"] == "mine"]
    assert entry["installed"] and entry["source"] == "added from mine.safetensors"
    assert "inception4c" in entry["layers"]
    listing = run()
    assert "ornament" in listing and "mine" in listing and "inception4c" in listing
    run("remove", "mine")
    assert "mine" not in [item["name"] for item in json.loads(run("--json"))]


def test_the_command_answers_mistakes_in_sentences(weights: dict[str, Tensor], tmp_path: Path):
    file = str(saved(weights, tmp_path / "mine.pth"))
    assert "not weights of VGG-16" in run("add", file, "--architecture", "vgg16", "--as", "mine", code=2)
    assert "letters, digits" in run("add", file, "--architecture", "googlenet", "--as", "a b", code=2)
    assert "googlenet" in run("install", "gogglenet", code=2)
    assert "is installed" in run("install", "ornament")


def test_the_command_lists_all_of_torchvisions_when_asked():
    few, all_of_them = (json.loads(run("--json", *more)) for more in ((), ("--all",)))
    assert len(few) < 12 and len(all_of_them) > 60
    (entry,) = [item for item in all_of_them if item["name"] == "densenet121"]
    assert entry["classes"] == 1000 and "denseblock3" in entry["layers"]


def test_the_command_gives_classes_their_names(weights: dict[str, Tensor], tmp_path: Path):
    file = str(saved(weights, tmp_path / "mine.safetensors"))
    names = tmp_path / "names.txt"
    names.write_text("one\ntwo\n")
    options = ("--architecture", "googlenet", "--as", "mine", "--classes", str(names))
    assert "10 names" in run("add", file, *options, code=2)
    names.write_text("".join(f"class {k}\n" for k in range(10)))
    run("add", file, *options)
    assert load("mine").classes[3] == find("mine").classes[3] == "class 3"
