"""A real server and a client that speaks the bare protocol."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from raw_client import RawClient
from server_process import ServerProcess


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
