"""Headers that are well-formed msgpack and otherwise anything at all: refused or taken, but never stumbled over."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw_client import RawClient
from server_process import ServerProcess

from reverie.shared.settings import DreamSettings
from reverie.shared.wire.codec import encode
from reverie.shared.wire.messages import SCHEMA

REQUESTS = ["HELLO", "PING", "LIST", "PUT", "CHUNK", "ACK", "SUBMIT", "CANCEL", "STATUS", "GET", "RELEASE", "PAIR"]
IDS = st.sampled_from([bytes(16), b"\1" * 16, b"\2" * 16])
WHOLE = {"shape": [2, 2, 4], "dtype": "u8"}
PICTURES = st.just(WHOLE) | st.fixed_dictionaries(
    {"shape": st.lists(st.integers(-1, 5), min_size=2, max_size=4), "dtype": st.sampled_from(["u8", "f32", "f64"])},
    optional={"alpha": st.sampled_from(["none", "straight", 1]), "colorspace": st.text(max_size=3), "rows": st.none()},
)
SETTINGS = st.just({"strength": 0.0}) | st.dictionaries(
    st.sampled_from([*DreamSettings.specs(), "unknown"]),
    st.one_of(
        st.integers(-5, 5),
        st.floats(),
        st.text(max_size=5),
        st.booleans(),
        st.none(),
        st.lists(st.integers(-(2**63), 2**64 - 1)),
    ),
    max_size=4,
)
FRAMES = st.fixed_dictionaries(
    {"kind": st.sampled_from([".png", ".exr", ".xyz", "png"])},
    optional={"dream": SETTINGS, "frames": st.dictionaries(st.sampled_from(["coherence", "where", "x"]), st.floats())},
)
CHUNK = bytes(16)
# For each field, values that could be right; and for every field, values that rarely are.
LIKELY: dict[str, st.SearchStrategy[Any]] = {
    "id": st.binary(min_size=16, max_size=16),
    "blob": IDS,
    "job": IDS,
    "jobs": st.lists(IDS, max_size=3),
    "inputs": st.fixed_dictionaries({"picture": IDS}, optional={"mask": IDS})
    | st.fixed_dictionaries({"frame": IDS}, optional={"passes": IDS}),
    "after": st.none() | IDS,
    "picture": PICTURES,
    "file": st.none() | st.fixed_dictionaries({"suffix": st.sampled_from([".exr", ".png", "exr", "./.", 1])}),
    "size": st.sampled_from([16, 16, 17]),
    "settings": SETTINGS | FRAMES,
    "urgency": st.sampled_from(["interactive", "batch", None]),
    "what": st.sampled_from(["networks", "jobs"]),
    "kind": st.sampled_from(["still", "still", "frame", "frame", "zoom"]),
    "client": st.text(max_size=5),
    "name": st.text(max_size=5),
    "features": st.lists(st.text(max_size=5), max_size=3),
    "codec": st.sampled_from(["none", "none", "zstd"]),
    "crc": st.sampled_from([zlib.crc32(CHUNK), 0]),
    "at": st.sampled_from([0, 0, 1, 1 << 20]),
    "full": st.booleans(),
    "have": st.binary(max_size=2),
    "proof": st.binary(max_size=2),
}
ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(), st.text(max_size=9), st.binary(max_size=20)
)


@st.composite
def headers(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(REQUESTS))
    # At most one field that is likely wrong: a header with many is refused at the first.
    odd = draw(st.none() | st.sampled_from([*SCHEMA[kind], "t"]))
    header = {name: draw(LIKELY.get(name, st.integers(0, 300))) for name in SCHEMA[kind]} | {"t": kind}
    if kind == "PUT":  # a picture or a file, seldom both
        header[draw(st.sampled_from(["picture", "file"]))] = None
    return header if odd is None else header | {odd: draw(ANYTHING)}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RawClient]:
    with ServerProcess(tmp_path_factory.mktemp("fuzz") / "spool") as server, RawClient(server.endpoint) as client:
        yield client
        assert "Traceback" not in server.said(), server.said()


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(header=headers(), chunk=st.sampled_from([CHUNK, CHUNK, None, b"odd"]))
def test_no_header_makes_the_server_stumble(client: RawClient, header: dict[str, Any], chunk: bytes | None) -> None:
    client.frames(*([encode(header)] if chunk is None else [encode(header), chunk]))
    assert client.ask("PING")["t"] == "PONG"
    answers = [heard for heard, _ in client.heard]
    client.heard.clear()
    assert not [answer for answer in answers if answer.get("code") == "INTERNAL"]
