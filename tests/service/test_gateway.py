"""A real server, spoken to as PROTOCOL says and as nobody should speak to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import Any

import msgpack
import numpy as np
import pytest
from float_pictures import LARGE, SMALL, floats
from raw_client import RawClient
from server_process import ServerProcess

from reverie.shared.picture import Picture, PictureInfo
from reverie.shared.wire.blobs import CHUNK, chunk_count
from reverie.shared.wire.codec import encode


def test_hello_is_answered_while_the_worker_still_warms_up(server: ServerProcess, client: RawClient) -> None:
    welcome = client.ask("HELLO", min=1, max=3, client="test", features=["pieces", "telepathy"])
    assert welcome["t"] == "WELCOME"
    assert welcome["server"].startswith("Reverie ")
    assert welcome["limits"]["chunk"] == CHUNK
    assert 8 <= welcome["credit"] <= 16
    assert welcome["features"] == ["pieces"]
    server.wait_for("is ready")
    (device,) = client.ask("HELLO", min=1, max=1, client="test")["devices"]
    assert device["kind"] == "cpu"
    assert device["memory"] > 0


def test_another_version_is_refused_in_words(client: RawClient) -> None:
    error = client.ask("HELLO", min=2, max=9, client="from tomorrow")
    assert (error["code"], error["field"], error["allowed"]) == ("PROTO_VERSION", "min", "1")
    assert error["msg"] and error["hint"]


def test_the_networks_are_listed(client: RawClient) -> None:
    networks = {item["name"]: item for item in client.ask("LIST", what="networks")["items"]}
    assert networks["ornament"]["installed"] is True
    assert "ornaments" in networks["ornament"]["layers"]
    assert "inception4c" in networks["googlenet"]["layers"]


@pytest.mark.parametrize(
    ("dtype", "channels", "alpha"),
    [("u8", 4, "straight"), ("u8", 3, "none"), ("u16", 1, "none"), ("f16", 2, "straight")],
)
def test_strength_0_gives_back_every_bit(client: RawClient, dtype: str, channels: int, alpha: str) -> None:
    info = PictureInfo((33, 21, channels), dtype, "sRGB", alpha, "top-down")
    there_and_back(client, Picture.from_bytes(info, os.urandom(info.size)))


def test_strength_0_gives_back_every_bit_of_hdr(client: RawClient) -> None:
    picture = floats(600, 500)
    picture.pixels[0, :4, :3] = [[np.inf, -np.inf, np.nan], [-0.0, 1e-45, 3.4e38], [-7, 0, 1], [1.0001, 65504, -1e-9]]
    there_and_back(client, picture)


def there_and_back(client: RawClient, picture: Picture) -> None:
    job, accepted = client.submit(client.upload(picture))
    assert accepted["t"] == "ACCEPTED"
    done = client.state(job, "DONE", "FAILED")
    result = done["results"]["picture"]
    assert result["picture"] == picture.info.header()
    assert client.fetch(result["blob"], result["size"]) == picture.data()
    assert client.ask("RELEASE", job=job)["t"] == "RELEASED"
    assert client.ask("GET", blob=result["blob"], have=b"", credit=1)["code"] == "UNKNOWN_BLOB"


def test_a_dream_tells_how_far_it_is_and_shows_itself(client: RawClient) -> None:
    info = PictureInfo((64, 80, 3), "u8", "sRGB", "none", "bottom-up")
    picture = Picture(info, np.random.default_rng(5).integers(0, 255, info.shape, np.uint8))
    job, _ = client.submit(client.upload(picture), settings={"octaves": 2, "iterations": 3})
    done = client.state(job, "DONE", "FAILED")
    events = [(header, chunk) for header, chunk in client.heard if header["t"] == "EVENT" and header["job"] == job]
    progress = [header for header, _ in events if header["kind"] == "progress"]
    assert progress[-1]["step"] == progress[-1]["steps"] == 6
    preview, pixels = next((header, chunk) for header, chunk in events if header["kind"] == "preview")
    shown = PictureInfo.from_header(preview["picture"])
    assert (shown.dtype, shown.rows, shown.size) == ("u8", "bottom-up", len(pixels))
    numbers = [header["n"] for header, _ in events] + [done["n"]]
    assert numbers == sorted(set(numbers))
    result = client.fetch(done["results"]["picture"]["blob"], info.size)
    assert result != bytes(picture.data())


@pytest.mark.parametrize(
    ("fields", "code", "field", "allowed"),
    [
        ({"settings": {"octaves": 99}}, "BAD_PARAM", "octaves", "1 to 16"),
        ({"settings": {"octaves": "four"}}, "BAD_PARAM", "octaves", "1 to 16"),
        ({"settings": {"octafes": 4}}, "BAD_PARAM", "octafes", "octaves"),
        ({"settings": {"network": "googlnet"}}, "UNKNOWN_NETWORK", "network", "googlenet"),
        ({"settings": {"network": "ornament", "layers": "ornament"}}, "UNKNOWN_LAYER", "layers", "ornaments"),
        ({"kind": "zoom"}, "BAD_PARAM", "kind", "still"),
        ({"inputs": {}}, "BAD_PARAM", "inputs", "picture"),
        ({"inputs": {"picture": os.urandom(16)}}, "UNKNOWN_BLOB", None, None),
        ({"inputs": {"guide": os.urandom(16)}}, "BAD_PARAM", "inputs", "picture"),
        ({"inputs": {"picture": os.urandom(16), "gide": os.urandom(16)}}, "BAD_PARAM", "inputs", "guide"),
        ({"urgency": "now"}, "BAD_HEADER", "urgency", "interactive or batch"),
        ({"inputs": {"picture": b"short"}}, "BAD_HEADER", "inputs", "16 bytes"),
    ],
)
def test_a_request_that_can_not_be_is_refused_naming_what_can(
    client: RawClient, fields: dict[str, Any], code: str, field: str | None, allowed: str | None
) -> None:
    blob, _ = client.put(SMALL)
    job, error = client.submit(blob, **fields)
    assert (error["t"], error["code"], error.get("field")) == ("ERR", code, field), error
    assert (allowed or "") in error.get("allowed", "")
    assert client.ask("STATUS", jobs=[job], since=0)["items"] == [{"job": job, "state": "UNKNOWN", "n": 0}]


@pytest.mark.parametrize("name", ["guide", "mask"])
def test_a_further_input_that_was_never_sent_is_named(client: RawClient, name: str) -> None:
    blob, _ = client.put(SMALL)
    _, error = client.submit(blob, inputs={"picture": blob, name: os.urandom(16)})
    assert error["code"] == "UNKNOWN_BLOB"
    assert name in error["msg"] and name in error["hint"]


def test_a_job_waits_for_its_guide_and_another_guide_is_another_job(client: RawClient) -> None:
    picture, guide, other = client.upload(SMALL), client.put(LARGE)[0], client.upload(SMALL)
    job, first = client.submit(picture, inputs={"picture": picture, "guide": guide})
    assert first["state"] == "RECEIVING"
    assert client.submit(picture, job, inputs={"picture": picture, "guide": other})[1]["code"] == "CONFLICT"
    assert client.submit(picture, job)[1]["code"] == "CONFLICT"
    for index in range(chunk_count(LARGE.info.size)):
        client.chunk(guide, LARGE, index)
    client.state(job, "DONE")
    assert client.ask("RELEASE", job=job)["t"] == "RELEASED"
    assert client.ask("GET", blob=guide, have=b"", credit=1)["code"] == "UNKNOWN_BLOB", "the guide was kept"


def test_a_job_sent_twice_is_one_job_and_other_contents_are_a_conflict(client: RawClient) -> None:
    blob, _ = client.put(SMALL)
    job, first = client.submit(blob)
    assert first["state"] == "RECEIVING"
    # The same request with a default spelled out.
    assert client.submit(blob, job, settings={"strength": 0.0, "octaves": 4})[1]["state"] == "RECEIVING"
    assert client.submit(blob, job, settings={"strength": 0.5})[1]["code"] == "CONFLICT"
    client.chunk(blob, SMALL, 0)
    client.state(job, "DONE")
    assert client.submit(blob, job)[1]["state"] == "DONE"
    own = client.ask("LIST", what="jobs")["items"]
    assert [(item["job"], item["state"]) for item in own] == [(job, "DONE")]


def test_cancelling_twice_is_cancelling_once(client: RawClient) -> None:
    job, _ = client.submit(client.upload(floats(256, 256)), settings={"iterations": 2000, "octaves": 1})
    client.expect(lambda header: header.get("kind") == "progress")
    for _ in range(2):
        answer = client.ask("CANCEL", job=job)
        assert (answer["t"], answer["state"]) == ("CANCELLED", "CANCELLED")
    client.state(job, "CANCELLED")
    # The worker really has stopped: it takes the next job.
    another, _ = client.submit(client.upload(SMALL))
    client.state(another, "DONE", seconds=20)
    assert client.ask("CANCEL", job=another)["state"] == "DONE"
    assert client.ask("STATUS", jobs=[job], since=0)["items"][0]["state"] == "CANCELLED"


def test_a_network_that_is_not_installed_fails_the_dream_and_says_what_to_do(client: RawClient) -> None:
    job, accepted = client.submit(client.upload(SMALL), settings={"network": "googlenet", "layers": "inception4c"})
    assert accepted["t"] == "ACCEPTED"
    error = client.state(job, "FAILED")["error"]
    assert error["code"] == "UNKNOWN_NETWORK"
    assert "googlenet" in error["msg"] and "reverie networks install googlenet" in error["hint"]
    assert "/" not in error["msg"] + error["hint"], "no folder of the server's is told to a client"
    assert error["ref"]


def test_jobs_nobody_knows(client: RawClient) -> None:
    for kind in ("CANCEL", "RELEASE"):
        assert client.ask(kind, job=os.urandom(16))["code"] == "UNKNOWN_JOB"
    blob, _ = client.put(SMALL)
    job, _ = client.submit(blob)
    assert client.ask("RELEASE", job=job)["code"] == "CONFLICT"


def test_who_comes_back_is_told_what_was_missed(server: ServerProcess, client: RawClient) -> None:
    with RawClient(server.endpoint) as leaving:
        job, _ = leaving.submit(leaving.upload(SMALL), urgency="batch")
    deadline = time.monotonic() + 60
    while client.ask("STATUS", jobs=[job], since=0)["items"][0]["state"] != "DONE":
        assert time.monotonic() < deadline
    client.silence(1.0)  # each of these questions made the job its asker's, who is told of it too
    client.heard.clear()
    (item,) = client.ask("STATUS", jobs=[job], since=1)["items"]
    done = client.state(job, "DONE")
    assert done["n"] <= item["n"]
    result = done["results"]["picture"]
    assert client.fetch(result["blob"], result["size"]) == SMALL.data()
    client.ask("STATUS", jobs=[job], since=done["n"])
    client.silence(0.2)
    assert not client.heard


NO_HEADERS: list[Any] = [
    [1, 2, 3],
    {"t": "PING"},
    {"t": "PING", "v": 2},
    {"t": 7, "v": 1},
    {"t": "PING", "v": 1, "x": msgpack.ExtType(5, b"12")},
    {"t": "PING", "v": 1, "x": "a" * 70000},
    {"t": "PING", "v": 1, 5: "x"},
    {"t": "SUBMIT", "v": 1},
]


def test_garbage_is_answered_and_the_server_lives(server: ServerProcess, client: RawClient) -> None:
    whole = encode({"t": "PING"})
    garbage: list[tuple[bytes, ...]] = [
        (b"",),
        (b"\xc1",),
        (b"GET / HTTP/1.1\r\n\r\n",),
        (whole[:-1],),
        (os.urandom(1000),),
        *((bytes(msgpack.packb(value) or b""),) for value in NO_HEADERS),
        (whole, b"", b""),
    ]
    for frames in garbage:
        client.frames(*frames)
        header, _ = client.expect(lambda header: header["t"] == "ERR", seconds=10)
        assert header["code"] in ("BAD_HEADER", "PROTO_VERSION"), (frames, header)
    with pytest.raises((urllib.error.URLError, OSError)):
        urllib.request.urlopen(server.endpoint.replace("tcp", "http"), timeout=5)
    assert "Traceback" not in server.said()


def test_types_nobody_knows_are_said_to_be_so(client: RawClient) -> None:
    assert client.ask("DANCE")["code"] == "UNKNOWN_TYPE"
    assert client.ask("PAIR", name="laptop", proof=b"")["code"] == "NOT_PAIRED"
    client.send("ERR", code="INTERNAL", msg="an error is never answered by an error")
    client.silence(0.2)
    assert not client.heard


def test_a_message_over_the_limit_closes_that_connection_alone(server: ServerProcess, client: RawClient) -> None:
    with RawClient(server.endpoint) as flooding:
        flooding.frames(bytes(2 * CHUNK))
        flooding.silence(0.3)
        assert not flooding.heard
    assert client.ask("PING")["t"] == "PONG"


def test_a_ping_is_answered_at_once_while_pictures_move(server: ServerProcess, client: RawClient) -> None:
    picture = floats(2048, 1024)
    blob = client.upload(picture)
    with RawClient(server.endpoint) as other:
        other.ask("PING")
        client.send("GET", blob=blob, have=b"", credit=16)
        seconds = []
        for _ in range(20):
            client.listen(0)
            for header, _ in client.heard:
                client.frames(encode({"t": "ACK", "blob": blob, "at": header["at"]}))
            client.heard.clear()
            start = time.monotonic()
            other.ask("PING")
            seconds.append(time.monotonic() - start)
    assert sorted(seconds)[10] < 0.05


def test_the_gateway_never_imports_torch() -> None:
    code = (
        "import sys, json, reverie.server.service.serve, reverie.server.networks.catalogue as c; c.catalogue();"
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = set(json.loads(done.stdout))
    assert "reverie.server.service.gateway" in modules
    assert not modules & {"torch", "torchvision", "OpenImageIO", "reverie.server.still", "reverie.server.media"}
