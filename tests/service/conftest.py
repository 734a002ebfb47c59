"""A real server and a client that speaks the bare protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from raw_client import RawClient
from server_process import ServerProcess
from service_rooms import Rooms


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("service")
    with pytest.MonkeyPatch.context() as patch:
        # No downloaded weights, whatever this machine has.
        patch.setenv("REVERIE_HOME", str(folder / "home"))
        patch.setenv("TORCH_HOME", str(folder / "torch"))
        with ServerProcess(folder / "spool") as process:
            assert process.endpoint, process.said()
            yield process


@pytest.fixture
def client(server: ServerProcess) -> Iterator[RawClient]:
    """A client; when it is done with it, the server must still be there."""
    with RawClient(server.endpoint) as client:
        yield client
        assert client.ask("PING")["t"] == "PONG"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Rooms]]:
    """Starts the rooms over one folder; starting again ends what was before."""
    started: list[Rooms] = []

    def start() -> Rooms:
        while started:
            started.pop().close()
        started.append(Rooms(tmp_path))
        return started[0]

    yield start
    while started:
        started.pop().close()


@pytest.fixture
def rooms(start: Callable[[], Rooms]) -> Rooms:
    return start()
