"""Frames in files: nothing that came in is lost, and what was dreamed lies beside it."""

from __future__ import annotations

import dataclasses
import json
import struct
from pathlib import Path

import numpy as np
import OpenImageIO as oiio  # noqa: N813
import pytest
from exr_passes import channels_of, headers_of, raw, store
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reverie.server.frames.decoding import Frame, decode
from reverie.server.frames.encoding import encode
from reverie.server.media.errors import ReadError
from reverie.server.media.exr import assemble, parse
from reverie.server.media.files import read_record
from reverie.shared.frames.frame import FrameFile
from reverie.shared.picture import Picture

MEDIA = Path(__file__).parents[1] / "media"
# Rendered by Cycles: 4.2 writes one part, 5.2 one for each pass; DWAA is lossy, and of halves and floats.
RENDERED = ["cycles_4.2", "cycles_4.2_dwaa", "cycles_5.2"]


def read(path: Path) -> Frame:
    return decode(FrameFile(path.suffix, path.read_bytes()), path.name)


def brighter(picture: Picture) -> Picture:
    """A dream: other colours, the same alpha."""
    pixels = picture.pixels.astype("f4")
    colours = 1 if picture.info.shape[2] < 3 else 3
    with np.errstate(over="ignore", invalid="ignore"):
        pixels[..., :colours] = pixels[..., :colours] * 1.5 + 0.25
    return Picture(dataclasses.replace(picture.info, dtype="f32"), np.nan_to_num(pixels))


def dreamed(source: Path, out: Path, *, detail: bool = False) -> Path:
    frame = read(source)
    out.write_bytes(encode(frame, brighter(frame.picture), ".exr", detail_layer=detail, record={"seed": 4}).data)
    return out


@pytest.mark.parametrize("name", RENDERED)
def test_every_pass_and_header_entry_of_a_render_comes_out_as_it_came_in(tmp_path: Path, name: str) -> None:
    source = MEDIA / f"{name}.exr"
    before, after = channels_of(source), channels_of(dreamed(source, tmp_path / "out.exr", detail=True))
    assert len(before) > 40
    assert {channel: after.get(channel) for channel in before} == before
    added = {f"ViewLayer.Dream.{letter}" for letter in "RGBA"} | {
        f"ViewLayer.Dream.Detail.{letter}" for letter in "RGB"
    }
    assert set(after) - set(before) == added
    headers = headers_of(tmp_path / "out.exr")
    for part, entries in enumerate(headers_of(source)):
        if name.endswith("dwaa"):
            assert headers[part].pop("compression") == ("string", "zip")
            assert entries.pop("compression")[1].startswith("dwaa")
            assert entries.pop("oiio:RowsPerChunk") != headers[part].pop("oiio:RowsPerChunk")
        assert {entry: headers[part].get(entry) for entry in entries} == entries
    # Down to the bytes, which no library has understood for us.
    old, new = parse(source.read_bytes(), ""), parse((tmp_path / "out.exr").read_bytes(), "")
    for one, other in zip(old, new, strict=False):
        theirs = {entry.name: entry for entry in other.header}
        changed = [entry.name for entry in one.header if theirs[entry.name] != entry]
        assert changed == ([] if len(old) > 1 else ["channels", "compression"] if "dwaa" in name else ["channels"])
    assert json.loads(new[0].text("reverie") or new[-1].text("reverie")) == {"seed": 4}


@pytest.mark.parametrize("name", RENDERED)
def test_the_dream_lies_beside_the_picture_in_its_numbers(tmp_path: Path, name: str) -> None:
    source = MEDIA / f"{name}.exr"
    after = channels_of(dreamed(source, tmp_path / "out.exr", detail=True))
    form, window, _ = after["ViewLayer.Combined.R"]
    kind = "<f2" if form == "half" else "<f4"
    picture = read(source).picture.pixels
    for letter, combined in zip("RGBA", picture.transpose(2, 0, 1), strict=True):
        assert after[f"ViewLayer.Dream.{letter}"][:2] == (form, window)
        values = np.frombuffer(after[f"ViewLayer.Dream.{letter}"][2], kind).reshape(combined.shape)
        expected = combined if letter == "A" else combined.astype("f4") * 1.5 + 0.25
        np.testing.assert_allclose(values, expected, rtol=1e-3)
    detail = np.frombuffer(after["ViewLayer.Dream.Detail.G"][2], kind).reshape(picture.shape[:2])
    np.testing.assert_allclose(detail, picture[..., 1].astype("f4") * 0.5 + 0.25, rtol=2e-3, atol=1e-3)


@pytest.mark.parametrize("name", RENDERED)
def test_dreaming_again_replaces_the_dream(tmp_path: Path, name: str) -> None:
    once = dreamed(MEDIA / f"{name}.exr", tmp_path / "once.exr", detail=True)
    again = dreamed(once, tmp_path / "again.exr", detail=True)
    assert again.read_bytes() == once.read_bytes()
    plain = dreamed(again, tmp_path / "plain.exr")
    assert not [channel for channel in channels_of(plain) if "Detail" in channel]
    assert plain.read_bytes() == dreamed(MEDIA / f"{name}.exr", tmp_path / "straight.exr").read_bytes()


@pytest.mark.parametrize("name", RENDERED)
def test_passes_are_found_in_the_files_of_every_blender(name: str) -> None:
    passes = read(MEDIA / f"{name}.exr").passes
    assert passes.vector is not None and passes.depth is not None and passes.normal is not None
    assert passes.object_index is not None and passes.material_index is not None and passes.alpha is not None
    cube = passes.alpha == 1
    assert (passes.object_index[cube] == 3).all()
    # Pixel (16, 12) shows the cube, which moves, the corner nothing; the camera stands still.
    assert np.abs(passes.vector[12, 16]).max() > 0.5 and not passes.vector[0, 0].any()
    assert 8 < passes.depth[12, 16] < 14 and passes.depth[0, 0] >= 1e10
    # Of two faces in one pixel the normals are mixed.
    assert np.median(np.linalg.norm(passes.normal[cube], axis=1)) == pytest.approx(1, abs=0.01)
    assert [matte.layer for matte in passes.cryptomattes].count("CryptoObject") == 1
    matte = next(matte for matte in passes.cryptomattes if matte.layer == "CryptoObject")
    assert matte.ids.shape == (24, 32, 4)
    assert (matte.ids[cube, 0] == matte.names["Cube"]).all()
    np.testing.assert_allclose(matte.shares.sum(2), passes.alpha, atol=1e-3)
    assert passes.objects is not None and (passes.objects[cube] == matte.names["Cube"]).all()


def test_a_frame_without_passes_has_none() -> None:
    random = np.random.default_rng(0).random((4, 5), "f4")
    passes = decode(FrameFile(".exr", raw(dict.fromkeys("RGB", random), (0, 0, 4, 3)))).passes
    assert not any(getattr(passes, field.name) is not None for field in dataclasses.fields(passes)[:-1])
    assert passes.cryptomattes == () and passes.objects is None


@pytest.mark.parametrize(
    ("channels", "picture", "depth"),
    [
        ("R G B A Z", "RGBA", "Z"),
        ("beauty.R beauty.G beauty.B beauty.A depth.Z albedo.R albedo.G albedo.B", "beauty.", "depth.Z"),
        ("albedo.R albedo.G albedo.B rgba.R rgba.G rgba.B Depth.V", "rgba.", "Depth.V"),
        ("r g b a", "rgba", None),
        ("Y", "Y", None),
        ("Y A Z", "YA", "Z"),
        (
            "Left.Combined.R Left.Combined.G Left.Combined.B Left.Depth.Z Other.Depth.Z",
            "Left.Combined.",
            "Left.Depth.Z",
        ),
    ],
)
def test_pictures_of_other_programs_are_found(channels: str, picture: str, depth: str | None) -> None:
    values = {name: np.full((2, 3), number, "f4") for number, name in enumerate(channels.split(), 1)}
    frame = decode(FrameFile(".exr", raw(values, (0, 0, 2, 1))))
    expected = [values[name] for name in values if name.startswith(picture) or name in tuple(picture)]
    np.testing.assert_array_equal(frame.picture.pixels, np.stack(expected, 2))
    found = frame.passes.depth
    assert found is None if depth is None else found is not None and (found == values[depth]).all()


def test_pixels_lie_where_the_windows_say(tmp_path: Path) -> None:
    path = tmp_path / "cut.exr"
    random = np.random.default_rng(1)
    values = {letter: random.random((3, 4), "f4") for letter in "RGBAZ"}
    # The data begins left of what is shown, and ends before it: overscan on one side, cut off on the other.
    path.write_bytes(raw(values, (0, 0, 7, 5), left=-2, top=1))
    frame = read(path)
    assert frame.picture.info.shape == (6, 10, 4)
    np.testing.assert_array_equal(frame.picture.pixels[1:4, 0:4, 0], values["R"])
    frame.picture.pixels[1:4, 0:4] = 0
    assert not frame.picture.pixels.any()
    assert frame.passes.depth is not None and frame.passes.depth[0, 0] == 1e10
    before, after = channels_of(path), channels_of(dreamed(path, tmp_path / "out.exr"))
    assert {channel: after[channel] for channel in before} == before
    assert after["Dream.R"][1] == before["R"][1]
    np.testing.assert_allclose(np.frombuffer(after["Dream.R"][2], "f4"), values["R"].ravel() * 1.5 + 0.25, rtol=1e-6)


def numbers(seed: int, dtype: str, shape: tuple[int, int]) -> np.ndarray:
    """Any bits at all, infinities and what is no number among them."""
    values = np.random.default_rng(seed).integers(0, 256, (*shape, np.dtype(dtype).itemsize), "u1").view(dtype)[..., 0]
    return np.where(np.isnan(values), np.array(np.nan, dtype), values) if dtype == "<f2" else values


@st.composite
def exrs(draw: st.DrawFn) -> bytes:
    shape = (draw(st.integers(1, 5)), draw(st.integers(1, 5)))
    others = draw(st.lists(st.sampled_from(["Z", "ID", "V.X", "V.Y", "Ünique.R", "a b.c.d", "Mist.Z"]), unique=True))
    view_layer = draw(st.sampled_from(["", "View.Combined."]))
    channels = {}
    for name in [*(view_layer + letter for letter in draw(st.sampled_from(["RGB", "RGBA"]))), *others]:
        dtype = draw(st.sampled_from(["<f2", "<f4", "<u4"] if name in others else ["<f2", "<f4"]))
        channels[name] = numbers(draw(st.integers(0, 999)), dtype, shape)
    left, top = draw(st.integers(-3, 3)), draw(st.integers(-3, 3))
    extra = {"odd": ("m33f", struct.pack("<9f", *range(9))), "unheard": ("of", draw(st.binary(max_size=9)))}
    return raw(channels, (0, 0, 3, 4), left, top, extra)


@given(exrs())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_channels_come_in_go_out(tmp_path: Path, data: bytes) -> None:
    source = tmp_path / "in.exr"
    source.write_bytes(data)
    before, after = channels_of(source), channels_of(dreamed(source, tmp_path / "out.exr", detail=True))
    assert {channel: after[channel] for channel in before} == before
    assert {"Dream", "Detail"} <= {word for channel in set(after) - set(before) for word in channel.split(".")}
    old, new = parse(data, "")[0], parse((tmp_path / "out.exr").read_bytes(), "")[0]
    kept = {entry.name: entry for entry in new.header}
    assert all(kept[entry.name] == entry for entry in old.header if entry.name != "channels")
    assert old.channel_entries.items() <= new.channel_entries.items()


@pytest.mark.parametrize("compression", ["none", "rle", "zip", "zips", "piz", "pxr24", "b44", "b44a", "dwaa", "dwab"])
@pytest.mark.parametrize("tile", [0, 16])
def test_every_compression_and_tiles_come_through(tmp_path: Path, compression: str, tile: int) -> None:
    random = np.random.default_rng(2)
    values = {name: random.random((40, 50)).astype("f2") for name in "RGBA"}
    values |= {"Z": random.random((40, 50), "f4")}
    entries = {"worldToCamera": (oiio.TypeDesc("matrix"), tuple(map(float, range(16)))), "who": "somebody"}
    source = store(tmp_path / "in.exr", values, tile=tile, compression=compression, **entries)
    before, after = channels_of(source), channels_of(dreamed(source, tmp_path / "out.exr"))
    assert {channel: after[channel] for channel in before} == before
    old, new = headers_of(source)[0], headers_of(tmp_path / "out.exr")[0]
    assert new["worldToCamera"] == old["worldToCamera"] and new["who"] == ("string", "somebody")
    assert (
        parse(source.read_bytes(), "")[0].tiled == parse((tmp_path / "out.exr").read_bytes(), "")[0].tiled == (tile > 0)
    )


@pytest.mark.parametrize("share", [0.01, 0.3, 0.6, 0.9, 0.999])
@pytest.mark.parametrize("name", RENDERED)
def test_half_a_file_is_refused_in_words(name: str, share: float) -> None:
    data = (MEDIA / f"{name}.exr").read_bytes()
    with pytest.raises(ReadError, match=r"shot_7\.exr") as caught:
        decode(FrameFile(".exr", data[: int(len(data) * share)]), "shot_7.exr")
    assert caught.value.hint


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_file_is_refused_in_words_or_read(data: st.DataObject) -> None:
    whole = bytearray((MEDIA / f"{data.draw(st.sampled_from(RENDERED))}.exr").read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        frame = decode(FrameFile(".exr", bytes(whole)), "shot_7.exr")
        _ = frame.passes
        encode(frame, frame.picture, ".exr")
    except ReadError as error:
        assert "shot_7.exr" in str(error) and error.hint


def test_what_a_format_can_hold_is_kept(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    for dtype in ("u1", "u2"):
        pixels = random.integers(0, np.iinfo(dtype).max, (6, 5, 4), dtype, endpoint=True)
        spec = oiio.ImageSpec(5, 6, 4, oiio.UINT8 if dtype == "u1" else oiio.UINT16)
        spec.attribute("XResolution", 300.0)
        spec.attribute("oiio:UnassociatedAlpha", 1)
        output = oiio.ImageOutput.create("png")
        assert output is not None and output.open(str(tmp_path / "a.png"), spec)
        assert output.write_image(pixels) and output.close()
        frame = read(tmp_path / "a.png")
        result = encode(
            frame,
            Picture(dataclasses.replace(frame.picture.info, dtype="f32"), pixels / np.float32(np.iinfo(dtype).max)),
            ".png",
            record={"seed": 1},
        )
        assert result.suffix == ".png"
        assert decode(result).picture.pixels.tobytes() == pixels.tobytes()
        (tmp_path / "b.png").write_bytes(result.data)
        assert read_record(tmp_path / "b.png") == {"seed": 1}


@pytest.mark.parametrize("kind", [".png", ".jpg", ".tif", ".exr"])
def test_equal_requests_give_equal_bytes(kind: str) -> None:
    frame = read(MEDIA / "cycles_5.2.exr")
    assert encode(frame, frame.picture, kind).data == encode(read(MEDIA / "cycles_5.2.exr"), frame.picture, kind).data


def test_a_png_of_a_render_looks_like_it() -> None:
    frame = read(MEDIA / "cycles_5.2.exr")
    picture = decode(encode(frame, frame.picture, ".png")).picture
    assert (picture.info.dtype, picture.info.colorspace, picture.info.alpha) == ("u16", "sRGB", "straight")
    row, column = 12, 16
    linear = frame.picture.pixels[row, column, 1] / frame.picture.pixels[row, column, 3]
    assert picture.pixels[row, column, 1] / 65535 == pytest.approx(1.055 * linear ** (1 / 2.4) - 0.055, abs=1e-3)


def test_a_png_becomes_an_exr_with_its_dream_beside_it(tmp_path: Path) -> None:
    pixels = np.full((4, 5, 3), 128, "u1")
    spec = oiio.ImageSpec(5, 4, 3, oiio.UINT8)
    output = oiio.ImageOutput.create("png")
    assert output is not None and output.open(str(tmp_path / "a.png"), spec) and output.write_image(pixels)
    output.close()
    frame = read(tmp_path / "a.png")
    white = Picture(frame.picture.info, np.full((4, 5, 3), 255, "u1"))
    (tmp_path / "a.exr").write_bytes(encode(frame, white, ".exr", detail_layer=True).data)
    found = {name: np.frombuffer(values, "<f2")[0] for name, (_, _, values) in channels_of(tmp_path / "a.exr").items()}
    assert found["G"] == pytest.approx(0.2158, abs=1e-3)
    assert found["Dream.G"] == 1
    assert found["Dream.Detail.G"] == pytest.approx(1 - 0.2158, abs=1e-3)


def test_a_part_nobody_understands_goes_along(tmp_path: Path) -> None:
    """Whole numbers among floats in one part can't be written again exactly, so the dream gets a part of its own."""
    values = {letter: np.full((2, 2), 0.5, "f4") for letter in "RGB"} | {
        "ID": np.array([[1, 2**32 - 1], [7, 2**24 + 1]], "<u4")
    }
    (tmp_path / "a.exr").write_bytes(raw(values, (0, 0, 1, 1)))
    before, after = channels_of(tmp_path / "a.exr"), channels_of(dreamed(tmp_path / "a.exr", tmp_path / "b.exr"))
    assert {channel: after[channel] for channel in ("ID",)} == {"ID": before["ID"]}
    assert len(parse((tmp_path / "b.exr").read_bytes(), "")) == 2


def test_files_are_taken_apart_and_put_together_to_the_byte() -> None:
    for name in RENDERED:
        data = (MEDIA / f"{name}.exr").read_bytes()
        assert assemble(parse(data, name)) == data
