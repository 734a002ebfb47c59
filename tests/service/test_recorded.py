"""What a client and a server of version 1 once said to each other, played to the server of today.

``recorded/version1.jsonl`` was written by the first server that spoke version 1, and is never to be written anew: each
line holds the frames that the client said, byte for byte, and the messages that answered them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from raw_client import RawClient
from server_process import ServerProcess

RECORDED = Path(__file__).parent / "recorded" / "version1.jsonl"
LINES = [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
# What every server may say in its own way.
OWN = {"server", "boot", "free", "devices", "msg", "hint", "ref", "n", "items", "results", "facts", "limits", "allowed"}
OWN |= {"seconds_left", "step", "steps", "queued", "running"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RawClient]:
    folder = tmp_path_factory.mktemp("recorded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REVERIE_HOME", str(folder / "home"))
        with ServerProcess(folder / "spool") as server:
            server.wait_for("is ready")
            with RawClient(server.endpoint) as client:
                yield client


def name(header: dict[str, Any]) -> str:
    return header["t"] if header["t"] != "EVENT" else f"EVENT {header.get('state') or header['kind']}"


def plain(value: Any) -> Any:
    """A value as it is in the recording."""
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def assert_alike(then: Any, now: Any, where: str) -> None:
    """Everything that was there is there, of the same form; there may be more."""
    if isinstance(then, dict):
        assert isinstance(now, dict) and then.keys() <= now.keys(), (where, then, now)
        for key, value in then.items():
            assert_alike(value, now[key], f"{where}.{key}")
    elif isinstance(then, list):
        assert isinstance(now, list) and bool(then) <= bool(now), (where, then, now)
        for value, other in zip(then[:1], now[:1], strict=False):
            assert_alike(value, other, f"{where}[0]")
    elif then is not None:
        assert type(now) is type(then), (where, then, now)


@pytest.mark.parametrize("line", LINES, ids=[f"{i:02} {json.dumps(x['hear'])[10:24]}" for i, x in enumerate(LINES)])
def test_what_version_1_said_is_answered_as_it_was(client: RawClient, line: dict[str, Any]) -> None:
    client.frames(*map(bytes.fromhex, line["say"]))
    for then in line["hear"]:
        header, chunk = client.expect(lambda header, then=then: name(header) == name(then), seconds=60)
        now = plain(header)
        assert chunk.hex() == then.pop("chunk", chunk.hex())
        assert_alike(then, now, name(then))
        exact = then.keys() - OWN
        assert {key: now[key] for key in exact} == {key: then[key] for key in exact}
    client.heard.clear()
