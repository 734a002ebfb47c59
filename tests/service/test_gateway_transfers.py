"""How pictures reach the gateway, whatever happens on the way."""

from __future__ import annotations

import os
from typing import Any

import pytest
from float_pictures import LARGE, SMALL, floats
from raw_client import RawClient, without_type
from server_process import ServerProcess

from reverie.shared.wire.blobs import CHUNK, Bitmap, chunk_header
from reverie.shared.wire.codec import encode


def test_chunks_in_any_order_and_twice_make_the_picture(client: RawClient) -> None:
    blob, have = client.put(LARGE)
    assert Bitmap(LARGE.info.size, have["have"]).present == 0
    job, accepted = client.submit(blob)
    assert accepted["state"] == "RECEIVING"
    acks = [client.chunk(blob, LARGE, index) for index in (2, 0, 0, 1)]
    assert [ack["full"] for ack in acks] == [False, False, False, True]
    client.state(job, "QUEUED")
    result = client.state(job, "DONE")["results"]["picture"]
    assert client.fetch(result["blob"], result["size"]) == LARGE.data()


def test_an_upload_is_taken_up_by_another_connection(server: ServerProcess, client: RawClient) -> None:
    blob, _ = client.put(LARGE)
    client.chunk(blob, LARGE, 1)
    with RawClient(server.endpoint) as other:
        _, have = other.put(LARGE, blob)
        assert list(Bitmap(LARGE.info.size, have["have"]).missing()) == [0, 2]
        assert not other.chunk(blob, LARGE, 0)["full"]
        assert other.chunk(blob, LARGE, 2)["full"]
        assert Bitmap(LARGE.info.size, other.put(LARGE, blob)[1]["have"]).full


def test_no_more_is_sent_than_there_is_credit_for(client: RawClient) -> None:
    picture = floats(1024, 1024)
    blob = client.upload(picture)
    client.send("GET", blob=blob, have=b"", credit=2)
    client.silence(0.5)
    assert [header["at"] // CHUNK for header, _ in client.heard] == [0, 1]
    client.frames(encode({"t": "ACK", "blob": blob, "at": 0}))
    client.silence(0.3)
    assert [header["at"] // CHUNK for header, _ in client.heard] == [0, 1, 2]


def test_only_what_is_missing_is_sent(client: RawClient) -> None:
    blob = client.upload(LARGE)
    have = Bitmap(LARGE.info.size)
    have.add(0)
    have.add(2)
    client.send("GET", blob=blob, have=bytes(have), credit=16)
    header, chunk = client.expect(lambda header: header["t"] == "CHUNK")
    assert header["at"] == CHUNK
    assert chunk == LARGE.data()[CHUNK : 2 * CHUNK]
    client.silence(0.2)
    assert not client.heard


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"crc": 1}, "BAD_CHUNK", "crc"),
        ({"at": 5}, "BAD_CHUNK", "at"),
        ({"at": CHUNK << 10}, "BAD_CHUNK", "at"),
        ({"size": 17}, "BAD_CHUNK", "size"),
        ({"codec": "zstd"}, "BAD_CHUNK", "codec"),
        ({"codec": "zip"}, "BAD_HEADER", "codec"),
        ({"blob": bytes(16)}, "UNKNOWN_BLOB", None),
    ],
)
def test_a_chunk_that_lies_is_refused_and_can_be_sent_again(
    client: RawClient, changes: dict[str, Any], code: str, field: str | None
) -> None:
    blob, _ = client.put(SMALL)
    data = SMALL.data()
    error = client.ask("CHUNK", data, **without_type(chunk_header(blob, 0, data)) | changes)
    assert (error["t"], error["code"], error.get("field")) == ("ERR", code, field)
    truncated = client.ask("CHUNK", data[:-1], **without_type(chunk_header(blob, 0, data)))
    assert (truncated["code"], truncated["at"], truncated["blob"]) == ("BAD_CHUNK", 0, blob)
    assert client.chunk(blob, SMALL, 0)["full"]


@pytest.mark.parametrize(
    ("size", "changes", "code", "field"),
    [
        (4096, {}, "BAD_PARAM", "size"),
        (16384 * 20000 * 4, {"shape": [16384, 20000, 4], "dtype": "u8"}, "TOO_LARGE", "picture"),
        (1 << 39, {"shape": [65536, 65536, 4]}, "BAD_PARAM", "size"),
        (1 << 36, {"shape": [65536, 65536, 4]}, "TOO_LARGE", "picture"),
        (1024, {"shape": [2**40, 1, 1]}, "BAD_PARAM", "picture"),
        (1024, {"shape": [-8, -8, 4]}, "BAD_PARAM", "picture"),
        (1024, {"dtype": "object"}, "BAD_PARAM", "picture"),
        (1024, {"alpha": ["none"]}, "BAD_PARAM", "picture"),
        (0, {}, "BAD_HEADER", "size"),
    ],
)
def test_a_picture_that_can_not_be_is_refused_before_a_byte_moves(
    client: RawClient, size: int, changes: dict[str, Any], code: str, field: str
) -> None:
    picture = {"shape": [8, 8, 4], "dtype": "f32", "colorspace": "sRGB", "alpha": "none", "rows": "top-down"} | changes
    error = client.ask("PUT", blob=os.urandom(16), size=size, picture=picture)
    assert (error["code"], error["field"]) == (code, field), error
    assert error["msg"]


def test_two_pictures_under_one_id_are_a_conflict(client: RawClient) -> None:
    blob, _ = client.put(SMALL)
    assert client.put(LARGE, blob)[1]["code"] == "CONFLICT"
