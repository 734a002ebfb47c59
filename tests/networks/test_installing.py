from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from torch import nn

from reverie.server.networks import installing
from reverie.server.networks.architectures import ARCHITECTURES
from reverie.server.networks.catalogue import catalogue, find
from reverie.server.networks.installing import DownloadFailed, install
from reverie.server.networks.loading import MissingWeights, UnreadableWeights, load


class Shelf:
    """A file server on this machine: ``claimed`` is the length it promises, whatever it then delivers."""

    def __init__(self, data: bytes, claimed: int | None = None) -> None:
        shelf = self
        self.requests = 0

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                shelf.requests += 1
                self.send_response(200 if data else 404)
                self.send_header("Content-Length", str(len(data) if claimed is None else claimed))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/weights.pth"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Shelf]]:
    shelves: list[Shelf] = []

    def build(data: bytes, claimed: int | None = None) -> Shelf:
        shelves.append(Shelf(data, claimed))
        return shelves[-1]

    yield build
    for shelf in shelves:
        shelf.close()


@pytest.fixture
def weights(tmp_path: Path, random_model: Callable[..., nn.Module], monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Random weights of GoogLeNet as a file, which the zoo is told to expect: its checksum is in the file's name."""
    file = tmp_path / "random.pth"
    torch.save(random_model(ARCHITECTURES["googlenet"], aux_logits=True).state_dict(), file)
    data = file.read_bytes()
    _expect(data, monkeypatch)
    return data


def _expect(data: bytes, monkeypatch: pytest.MonkeyPatch, name: str = "googlenet") -> None:
    import dataclasses

    digest = hashlib.sha256(data).hexdigest()
    expected = dataclasses.replace(ARCHITECTURES[name], weights_file=f"{name}-{digest[:8]}.pth")
    monkeypatch.setitem(ARCHITECTURES, name, expected)


def test_the_files_expected_are_torchvisions():
    for architecture in ARCHITECTURES.values():
        if architecture.weights_file:
            assert installing.weights_url(architecture).endswith("/" + architecture.weights_file)


def test_fetched_checked_and_ready_to_dream(serve: Callable[..., Shelf], weights: bytes, home: Path):
    shelf, seen = serve(weights), []
    install(find("googlenet"), lambda done, total: seen.append((done, total)), url=shelf.url)
    assert seen[-1] == (len(weights), len(weights))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert find("googlenet").installed
    assert [path.suffix for path in (home / "weights").iterdir()] == [".pth"]
    assert load("googlenet")(torch.rand(1, 3, 64, 64))[0].shape == (1, 512, 4, 4)
    install(find("googlenet"), url=shelf.url)
    assert shelf.requests == 1


def test_loading_asks_before_it_fetches(serve: Callable[..., Shelf], weights: bytes, monkeypatch: pytest.MonkeyPatch):
    shelf, seen = serve(weights), []
    monkeypatch.setattr(installing, "weights_url", lambda _: shelf.url)
    with pytest.raises(MissingWeights):
        load("googlenet")
    assert shelf.requests == 0
    assert load("googlenet", progress=lambda *now: seen.append(now), download=True).name == "googlenet"
    assert seen


def test_a_wrong_checksum_leaves_nothing(serve: Callable[..., Shelf], weights: bytes, home: Path):
    shelf = serve(weights[:-1] + b"?")
    with pytest.raises(DownloadFailed, match="damaged") as caught:
        install(find("googlenet"), url=shelf.url)
    assert str(home) in caught.value.hint
    assert list((home / "weights").iterdir()) == []


def test_a_broken_connection_leaves_nothing(serve: Callable[..., Shelf], weights: bytes, home: Path):
    shelf = serve(weights[: len(weights) // 2], len(weights))
    with pytest.raises(DownloadFailed, match="could not be fetched"):
        install(find("googlenet"), url=shelf.url)
    assert list((home / "weights").iterdir()) == []


def test_nobody_there(serve: Callable[..., Shelf], weights: bytes):
    gone = serve(weights)
    missing = serve(b"")
    gone.close()
    for url in (gone.url, missing.url):
        with pytest.raises(DownloadFailed, match="could not be fetched"):
            install(find("googlenet"), url=url)


def test_missing_weights_say_which_file_where_from_and_where_to(home: Path):
    with pytest.raises(MissingWeights, match=r"googlenet-1378be20\.pth is missing") as caught:
        load("googlenet")
    assert installing.weights_url(ARCHITECTURES["googlenet"]) in caught.value.hint
    assert str(home / "weights" / "googlenet-1378be20.pth") in caught.value.hint


def test_weights_that_torch_has_fetched_before_are_found(weights: bytes, tmp_path: Path):
    cache = tmp_path / "torch" / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    (cache / ARCHITECTURES["googlenet"].weights_file).write_bytes(weights)
    assert load("googlenet").name == "googlenet"


def test_a_damaged_file_is_named(home: Path):
    (home / "weights").mkdir(parents=True)
    (home / "weights" / "googlenet-1378be20.pth").write_bytes(b"not weights")
    with pytest.raises(UnreadableWeights, match=r"googlenet-1378be20\.pth can't be read"):
        load("googlenet")


def test_any_of_torchvisions_classifiers_is_fetched_by_name(
    serve: Callable[..., Shelf], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from torchvision.models import shufflenet_v2_x0_5

    file = tmp_path / "random.pth"
    torch.save(shufflenet_v2_x0_5(weights=None).state_dict(), file)
    _expect(file.read_bytes(), monkeypatch, "shufflenet_v2_x0_5")
    shelf = serve(file.read_bytes())
    monkeypatch.setattr(installing, "weights_url", lambda _: shelf.url)
    assert "shufflenet_v2_x0_5" not in [info.name for info in catalogue()]
    network = load("ShuffleNet v2 x0.5", download=True)
    assert network.classes[985] == "daisy"
    assert network(torch.rand(1, 3, 64, 64), ["classes"])[0].shape == (1, 1000, 2, 2)
    assert "shufflenet_v2_x0_5" in [info.name for info in catalogue()]
