"""Chunks made small: nothing is lost, nothing is believed, and no more is unpacked than was declared."""

from __future__ import annotations

import os
import time
import tracemalloc
import zlib

import numpy as np
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from reverie.shared.picture import PictureInfo
from reverie.shared.wire import packing, zstd
from reverie.shared.wire.blobs import CHUNK, check_chunk, chunk_bytes, chunk_header, packed_chunk
from reverie.shared.wire.content import FileInfo
from reverie.shared.wire.errors import WireError
from reverie.shared.wire.packing import Grain, pack, unpack

BLOB, OTHER = b"b" * 16, b"o" * 16
GRAINS = st.builds(Grain, st.sampled_from([1, 2, 4]), st.integers(0, 4))


def shaded(dtype: str, side: int = 300, channels: int = 4) -> np.ndarray:
    """A soft picture with a little grain, as renders are."""
    rng = np.random.default_rng(3)
    height, width = np.mgrid[0:side, 0:side] / side
    picture = np.stack([0.3 + 0.5 * height * width + 0.1 * c for c in range(channels)], -1)
    picture += rng.normal(0, 0.005, picture.shape)
    return (picture * 255).astype(np.uint8) if dtype == "u8" else picture.astype(dtype)


@given(st.data(), GRAINS, st.integers(1, 300), st.booleans())
def test_whatever_is_packed_comes_back(data: st.DataObject, grain: Grain, count: int, differs: bool) -> None:
    size = count * grain.item
    plain = data.draw(st.binary(min_size=size, max_size=size))
    base = data.draw(st.binary(min_size=size, max_size=size)) if differs else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "WORTH", 1000)
        packed = pack(plain, grain, base)
    assert packed is not None and bytes(unpack(packed, size, grain, base)) == plain


@pytest.mark.parametrize(("dtype", "share"), [("u8", 0.55), ("<f2", 0.6), ("<f4", 0.75)])
def test_pictures_become_much_smaller(dtype: str, share: float) -> None:
    pixels = shaded(dtype)
    packed = pack(pixels.tobytes(), Grain(pixels.itemsize, 4))
    assert packed is not None and len(packed) < share * pixels.nbytes


def test_what_a_dream_left_alone_takes_no_room() -> None:
    before = shaded("<f2")
    after = before.copy()
    after[:30] *= 1.1
    packed = pack(after.tobytes(), Grain(2, 4), before.tobytes())
    assert packed is not None and len(packed) < 0.07 * after.nbytes


def test_noise_goes_as_it_is() -> None:
    noise = os.urandom(CHUNK)
    assert pack(noise, Grain(4, 4)) is None
    header, data = packed_chunk(BLOB, 0, noise, Grain(4, 4))
    assert header["codec"] == "none" and data == noise


def test_pixels_and_files_have_their_grain() -> None:
    assert Grain.of(PictureInfo((4, 4, 3), "f16")) == Grain(2, 3)
    assert Grain.of(FileInfo(10, ".exr")) == Grain(1, 0)


@pytest.mark.parametrize("base", [None, (OTHER, shaded("<f4", 200).tobytes())])
def test_a_packed_chunk_is_checked_and_opened(base: tuple[bytes, bytes] | None) -> None:
    plain = shaded("<f4", 200).tobytes()
    header, data = packed_chunk(BLOB, 0, plain, Grain(4, 4), base)
    assert header["codec"] == "zstd" and len(data) < len(plain)
    assert check_chunk(header, data, len(plain)) == 0
    assert bytes(chunk_bytes(header, data, base and base[1])) == plain


def test_a_difference_from_what_is_not_at_hand_is_refused() -> None:
    plain = shaded("<f4", 200).tobytes()
    header, data = packed_chunk(BLOB, 0, plain, Grain(4, 4), (OTHER, plain))
    with pytest.raises(WireError) as caught:
        chunk_bytes(header, data)
    assert (caught.value.code, caught.value.field) == ("BAD_CHUNK", "base")


def lying(frame: bytes, size: int = CHUNK, **changes: object) -> dict[str, object]:
    return chunk_header(BLOB, 0, frame) | {"codec": "zstd", "size": size, "item": 1, "lag": 0} | changes


def streamed(data: bytes) -> bytes:
    """A frame that does not say how much is in it."""
    compressor = zstandard.ZstdCompressor(write_content_size=False)
    return compressor.compress(data)


@pytest.mark.parametrize(
    ("frame", "size"),
    [
        (zstandard.compress(bytes(1 << 28)), CHUNK),
        (streamed(bytes(1 << 28)), CHUNK),
        (zstandard.compress(bytes(CHUNK)), CHUNK - 4),
        (zstandard.compress(bytes(CHUNK))[:-3], CHUNK),
        (zstandard.compress(bytes(CHUNK)) + b"more", CHUNK),
        (b"", CHUNK),
        (b"\x28\xb5\x2f\xfd" + bytes(50), CHUNK),
        (os.urandom(5000), CHUNK),
    ],
    ids=["bomb", "bomb of unknown size", "another size", "cut off", "too long", "empty", "no end", "noise"],
)
def test_a_frame_that_lies_is_refused_before_it_takes_memory(frame: bytes, size: int) -> None:
    header = lying(frame, size)
    assert check_chunk(header, frame, size) == 0
    tracemalloc.start()
    start = time.perf_counter()
    with pytest.raises(WireError) as caught:
        chunk_bytes(header, frame)
    assert time.perf_counter() - start < 0.1
    assert tracemalloc.get_traced_memory()[1] < 3 * CHUNK
    tracemalloc.stop()
    assert caught.value.code == "BAD_CHUNK"


def test_numbers_that_do_not_fill_the_chunk_are_refused() -> None:
    frame = zstandard.compress(bytes(10))
    with pytest.raises(WireError) as caught:
        chunk_bytes(lying(frame, 10, item=4), frame)
    assert caught.value.code == "BAD_CHUNK"


@given(st.data())
def test_a_damaged_frame_gives_other_bytes_or_an_error(data: st.DataObject) -> None:
    plain = shaded("<f2", 40).tobytes()
    frame = bytearray(pack(plain, Grain(2, 4)) or b"")
    for _ in range(data.draw(st.integers(1, 5))):
        frame[data.draw(st.integers(0, len(frame) - 1))] ^= data.draw(st.integers(1, 255))
    header = lying(bytes(frame), len(plain), item=2, lag=4)
    assert header["crc"] == zlib.crc32(frame)
    try:
        assert len(chunk_bytes(header, frame)) == len(plain)
    except WireError as error:
        assert error.code == "BAD_CHUNK"


def test_a_side_without_zstd_refuses_what_it_never_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = shaded("u8").tobytes()
    header, data = packed_chunk(BLOB, 0, plain, Grain(1, 4))
    monkeypatch.setattr(zstd, "available", False)
    with pytest.raises(WireError) as caught:
        check_chunk(header, data, len(plain))
    assert (caught.value.code, caught.value.field) == ("BAD_CHUNK", "codec")
