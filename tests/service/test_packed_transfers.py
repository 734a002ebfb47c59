"""Packed chunks at a real gateway, from a client that says exactly what a test wants."""

from __future__ import annotations

import os

import pytest
import zstandard
from float_pictures import LARGE
from raw_client import RawClient, without_type

from reverie.shared.picture import Picture
from reverie.shared.wire.blobs import CHUNK, Bitmap, check_chunk, chunk_bytes, chunk_header, packed_chunk
from reverie.shared.wire.codec import encode
from reverie.shared.wire.packing import Grain

GRAIN = Grain(4, 4)
# Floats that can be packed.
SOFT = Picture(LARGE.info, LARGE.pixels.round())


def upload(client: RawClient, picture: Picture) -> bytes:
    blob, _ = client.put(picture)
    for at in range(0, picture.info.size, CHUNK):
        header, data = packed_chunk(blob, at, picture.data()[at : at + CHUNK], GRAIN)
        assert header["codec"] == "zstd"
        assert client.ask("CHUNK", data, **without_type(header))["t"] == "ACK"
    return blob


def fetch(client: RawClient, blob: bytes, base: tuple[bytes, Picture] | None = None) -> tuple[bytes, int]:
    """The blob, and how many bytes of it travelled."""
    whole, here, travelled = bytearray(SOFT.info.size), Bitmap(SOFT.info.size), 0
    named = {"base": base[0]} if base else {}
    client.send("GET", blob=blob, have=b"", credit=16, codec="zstd", **named)
    while not here.full:
        header, chunk = client.expect(lambda h: h["t"] == "CHUNK" and h["blob"] == blob)
        here.add(check_chunk(header, chunk, SOFT.info.size))
        other = base[1].data()[header["at"] :][: header["size"]] if base and header.get("base") else None
        whole[header["at"] : header["at"] + header["size"]] = chunk_bytes(header, chunk, other)
        travelled += len(chunk)
        client.frames(encode({"t": "ACK", "blob": blob, "at": header["at"]}))
    return bytes(whole), travelled


def test_it_takes_and_gives_packed_chunks(client: RawClient) -> None:
    blob = upload(client, SOFT)
    assert client.fetch(blob, SOFT.info.size) == SOFT.data()
    back, travelled = fetch(client, blob)
    assert back == SOFT.data() and travelled < 0.8 * SOFT.info.size


def test_it_tells_the_difference_from_another_blob(client: RawClient) -> None:
    blob = upload(client, SOFT)
    job, _ = client.submit(blob)
    result = client.state(job, "DONE")["results"]["picture"]["blob"]
    back, travelled = fetch(client, result, (blob, SOFT))
    assert back == SOFT.data() and travelled < 2000


@pytest.mark.parametrize("base", [os.urandom(16), b"another form"])
def test_a_base_that_will_not_do_is_left_out(client: RawClient, base: bytes) -> None:
    blob = upload(client, SOFT)
    if base == b"another form":
        base = client.upload(Picture.from_bytes(type(SOFT.info)((2, 2, 4), "f32"), bytes(64)))
    assert fetch(client, blob, (base, SOFT))[0] == SOFT.data()


@pytest.mark.parametrize(
    "frame", [zstandard.compress(bytes(1 << 28)), b"", os.urandom(3000), zstandard.compress(bytes(CHUNK - 4))]
)
def test_a_frame_that_lies_is_refused_and_can_be_sent_again(client: RawClient, frame: bytes) -> None:
    blob, _ = client.put(SOFT)
    lie = chunk_header(blob, 0, frame) | {"codec": "zstd", "size": CHUNK, "item": 4, "lag": 4}
    error = client.ask("CHUNK", frame, **without_type(lie))
    assert (error["t"], error["code"], error["field"]) == ("ERR", "BAD_CHUNK", "codec")
    assert client.chunk(blob, SOFT, 0)["t"] == "ACK"


def test_a_difference_can_not_be_sent_to_it(client: RawClient) -> None:
    blob, _ = client.put(SOFT)
    data = SOFT.data()[:CHUNK]
    header, packed = packed_chunk(blob, 0, data, GRAIN, (os.urandom(16), data))
    error = client.ask("CHUNK", packed, **without_type(header))
    assert (error["code"], error["field"]) == ("BAD_CHUNK", "base")
