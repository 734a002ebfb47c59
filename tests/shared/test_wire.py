"""The wire by properties: what goes in comes out, and whatever else arrives is refused cleanly."""

from __future__ import annotations

import os
import zlib

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.shared.picture import DTYPES, Picture, PictureError, PictureInfo
from reverie.shared.wire import keys
from reverie.shared.wire.address import Address, AddressError
from reverie.shared.wire.blobs import CHUNK, Bitmap, check_chunk, chunk_count, chunk_header
from reverie.shared.wire.codec import MAX_HEADER, decode, encode
from reverie.shared.wire.errors import CODES, WireError
from reverie.shared.wire.messages import SCHEMA

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=50)
    | st.binary(max_size=50),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=10), inner, max_size=5),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=10).filter(lambda key: key not in ("t", "v")), VALUES, max_size=8))
def test_headers_of_unknown_types_survive_the_wire(fields: dict) -> None:
    header = {"t": "SOMETHING_NEW", **fields}
    if _depth(header) <= 8:
        assert decode(encode(header)) == {"v": 1, **header}


@given(st.binary(max_size=300))
def test_random_bytes_are_refused_cleanly(frame: bytes) -> None:
    with pytest.raises(WireError) as caught:
        decode(frame)
    assert caught.value.code in ("BAD_HEADER", "PROTO_VERSION")


@given(st.sampled_from(sorted(SCHEMA)), st.dictionaries(st.sampled_from(["id", "blob", "at", "size", "job"]), VALUES))
def test_no_header_of_a_known_type_does_worse_than_a_clean_refusal(kind: str, fields: dict) -> None:
    try:
        header = decode(encode({"t": kind, **fields}))
    except WireError as error:
        assert error.code == "BAD_HEADER" and error.field and error.allowed
    else:
        for name, field in SCHEMA[kind].items():
            assert field.holds(header[name]) if name in header else field.optional


@pytest.mark.parametrize(
    "hostile",
    [
        msgpack.packb({"v": 1, "t": "PING", "x": "a" * 5000}),
        msgpack.packb({"v": 1, "t": "PING", "x": list(range(5000))}),
        msgpack.packb({"v": 1, "t": "PING", "x": {str(n): n for n in range(300)}}),
        msgpack.packb({"v": 1, "t": "PING", "x": msgpack.ExtType(5, b"abc")}),
        msgpack.packb({"v": 1, "t": "PING", 5: 6}),
        msgpack.packb([1, 2, 3]),
        b"\xdd\xff\xff\xff\xff",  # an array that claims four thousand million items
        b"\xc6\xff\xff\xff\xff",  # as many bytes
        b"\x91" * 60000,  # lists in lists in lists
        b"\x00" * (MAX_HEADER + 1),
    ],
)
def test_hostile_headers_are_refused(hostile: bytes) -> None:
    with pytest.raises(WireError, match="must be"):
        decode(hostile)


def test_a_refused_request_can_still_be_answered_by_its_id() -> None:
    request = os.urandom(16)
    with pytest.raises(WireError) as caught:
        decode(encode({"t": "CANCEL", "id": request}))
    assert caught.value.request_id == request and caught.value.field == "job"


@given(st.sampled_from(sorted(CODES)), st.text(max_size=80), st.text(max_size=80))
def test_errors_survive_the_wire(code: str, msg: str, hint: str) -> None:
    sent = WireError(code, msg, hint, ref="0123abcd", field="layers", allowed="1 to 3")
    received = WireError.from_details(decode(encode({"t": "ERR", **sent.details()})))
    assert received.details() == sent.details()


@given(st.integers(1, 300 * CHUNK), st.data())
def test_a_bitmap_tells_what_is_missing(size: int, data: st.DataObject) -> None:
    count = chunk_count(size)
    here = data.draw(st.sets(st.integers(0, count - 1)))
    bitmap = Bitmap(size)
    for index in here:
        bitmap.add(index)
    travelled = Bitmap(size, bytes(bitmap))
    assert set(travelled.missing()) == set(range(count)) - here
    assert travelled.present == len(here) and travelled.full == (len(here) == count)


def test_bits_beyond_the_last_chunk_do_not_count() -> None:
    assert Bitmap(3 * CHUNK, b"\xf8").present == 0
    with pytest.raises(ValueError):
        Bitmap(3 * CHUNK, b"\x01\x02")


@given(st.binary(min_size=1, max_size=2000), st.integers(0, 15), st.integers(0, 1999))
def test_any_flipped_bit_in_a_chunk_is_found(data: bytes, bit: int, where: int) -> None:
    header = chunk_header(b"b" * 16, 0, data)
    assert check_chunk(header, data, len(data)) == 0
    flipped = bytearray(data)
    flipped[where % len(data)] ^= 1 << bit % 8
    with pytest.raises(WireError, match="damaged"):
        check_chunk(header, flipped, len(data))


@pytest.mark.parametrize(("field", "value"), [("at", 5), ("at", 2 * CHUNK), ("size", 9), ("crc", 0), ("size", 1)])
def test_a_chunk_that_lies_is_refused_naming_the_field(field: str, value: object) -> None:
    data = b"x" * 10
    header = {**chunk_header(b"b" * 16, CHUNK, data), field: value}
    with pytest.raises(WireError) as caught:
        check_chunk(header, data, CHUNK + 10)
    assert caught.value.code == "BAD_CHUNK" and caught.value.field == field
    assert zlib.crc32(data) != 0


@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(1, 4)),
    st.sampled_from(sorted(DTYPES)),
    st.sampled_from(["top-down", "bottom-up"]),
)
def test_pictures_survive_the_wire(shape: tuple[int, int, int], dtype: str, rows: str) -> None:
    info = PictureInfo(shape, dtype, "Non-Color", "straight" if shape[2] in (2, 4) else "none", rows)
    assert PictureInfo.from_header(decode(encode({"t": "X", "picture": info.header()}))["picture"]) == info
    data = os.urandom(info.size)
    assert bytes(Picture.from_bytes(info, data).data()) == data
    with pytest.raises(PictureError):
        Picture.from_bytes(info, data + b"x")


@pytest.mark.parametrize(
    "change",
    [
        {"shape": [0, 5, 4]},
        {"shape": [5, 5]},
        {"shape": [5, 5, 5]},
        {"shape": [10**9, 5, 4]},
        {"shape": ["5", 5, 4]},
        {"shape": [True, 5, 4]},
        {"dtype": "f64"},
        {"dtype": "O"},
        {"dtype": ["u8"]},
        {"alpha": "perhaps"},
        {"rows": None},
        {"colorspace": ""},
        {"colorspace": 5},
        {"shape": [5, 5, 3], "alpha": "straight"},
    ],
)
def test_pictures_that_make_no_sense_are_refused(change: dict) -> None:
    good = PictureInfo((5, 5, 4), "u8", alpha="straight").header()
    with pytest.raises(PictureError, match="must be"):
        PictureInfo.from_header({**good, **change})


@pytest.mark.parametrize(
    ("typed", "endpoint"),
    [
        ("", "tcp://127.0.0.1:5571"),
        ("localhost", "tcp://127.0.0.1:5571"),
        ("LOCALHOST:6000/", "tcp://127.0.0.1:6000"),
        (" gpubox ", "tcp://gpubox:5571"),
        ("gpubox.local:6000/", "tcp://gpubox.local:6000"),
        ("tcp://10.0.0.5:6000", "tcp://10.0.0.5:6000"),
        ("TCP://gpubox/", "tcp://gpubox:5571"),
        ("http://gpubox:6000/", "tcp://gpubox:6000"),
        (f"reverie://gpubox:6000/{keys.written(bytes(32))}", "tcp://gpubox:6000"),
        ('"gpubox:6000"', "tcp://gpubox:6000"),
        ("6000", "tcp://127.0.0.1:6000"),
        (":6000", "tcp://127.0.0.1:6000"),
        ("::1", "tcp://[::1]:5571"),
        ("[::1]:6000", "tcp://[::1]:6000"),
        ("tcp://[fe80::1]/", "tcp://[fe80::1]:5571"),
    ],
)
def test_every_form_of_address_a_person_types(typed: str, endpoint: str) -> None:
    assert Address.parse(typed).endpoint == endpoint


@pytest.mark.parametrize("typed", ["gpu box", "gpubox:high", "gpubox:0", "gpubox:70000", "ftp://gpubox", "a:b:c", "-x"])
def test_what_is_no_address_is_said_with_an_example(typed: str) -> None:
    with pytest.raises(AddressError, match=r"gpubox|port"):
        Address.parse(typed)


@pytest.mark.parametrize(
    ("typed", "loopback"),
    [("", True), ("127.0.0.5", True), ("::1", True), ("10.0.0.1", False), ("gpubox", False)],
)
def test_only_this_machine_needs_no_network_permission(typed: str, loopback: bool) -> None:
    assert Address.parse(typed).is_loopback is loopback


def _depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0
