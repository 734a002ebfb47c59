"""Files come back as they were written, and what is no picture is refused in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import OpenImageIO as oiio  # noqa: N813
import pytest
from exr_passes import channels_of

from reverie.server.media.convert import convert
from reverie.server.media.errors import MediaError, PathError, ReadError
from reverie.server.media.files import read_picture, read_record, write_picture
from reverie.server.media.formats import working_form
from reverie.shared.picture import DTYPES, Picture, PictureInfo

LINEAR = "Linear Rec.709"


def picture(dtype: str, channels: int, colorspace: str, alpha: str = "none") -> Picture:
    info = PictureInfo((5, 7, channels), dtype, colorspace, alpha)
    random = np.random.default_rng(channels)
    if dtype.startswith("u"):
        return Picture(info, random.integers(0, np.iinfo(DTYPES[dtype]).max, info.shape, DTYPES[dtype], endpoint=True))
    pixels = (random.random(info.shape) * 4 - 1).astype(DTYPES[dtype])
    pixels[0, 0, 0], pixels[0, 1, 0] = 1000, np.inf
    return Picture(info, pixels)


def store(path: Path, format_name: str, pixels: np.ndarray, kind: oiio.BASETYPE, **attributes: Any) -> Path:
    """Write a file without Reverie, as another program would."""
    output = oiio.ImageOutput.create(format_name)
    assert output is not None
    spec = oiio.ImageSpec(pixels.shape[1], pixels.shape[0], pixels.shape[2], kind)
    if "names" in attributes:
        spec.channelnames = attributes.pop("names")
    for name, value in attributes.items():
        spec.attribute(name, value)
    assert output.open(str(path), spec) and output.write_image(pixels) and output.close()
    return path


ALPHAS = {1: ("none",), 2: ("straight", "premultiplied"), 3: ("none",), 4: ("straight", "premultiplied")}
EXACT = [
    (suffix, dtype, channels, colorspace, alpha)
    for suffix, dtypes, colorspace, alphas in [
        (".png", ("u8", "u16"), "sRGB", ("none", "straight")),
        (".tif", ("u8", "u16"), "sRGB", ("none", "straight", "premultiplied")),
        (".tif", ("f32",), LINEAR, ("none", "straight", "premultiplied")),
        (".exr", ("f16", "f32"), LINEAR, ("none", "premultiplied")),
        (".npy", ("f32",), "sRGB", ("none", "straight")),
    ]
    for dtype in dtypes
    for channels, possible in ALPHAS.items()
    for alpha in possible
    if alpha in alphas
]


@pytest.mark.parametrize(("suffix", "dtype", "channels", "colorspace", "alpha"), EXACT)
def test_what_a_format_can_hold_comes_back_bit_for_bit(
    tmp_path: Path, suffix: str, dtype: str, channels: int, colorspace: str, alpha: str
) -> None:
    path = tmp_path / f"bricks{suffix}"
    written = picture(dtype, channels, colorspace, alpha)
    assert working_form(written.info, path) == written.info
    write_picture(path, written)
    read = read_picture(path)
    assert read.info == written.info
    assert read.pixels.tobytes() == written.pixels.tobytes()
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".JPG"])
@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_comes_back_closely(tmp_path: Path, suffix: str, channels: int) -> None:
    ramp = np.broadcast_to(np.linspace(0, 255, 64).astype("u1")[:, None, None], (64, 48, channels)).copy()
    write_picture(tmp_path / f"a{suffix}", Picture(PictureInfo(ramp.shape, "u8"), ramp))
    read = read_picture(tmp_path / f"a{suffix}")
    assert read.info == PictureInfo((64, 48, channels), "u8")
    assert np.abs(read.pixels.astype(int) - ramp).max() <= 4


@pytest.mark.parametrize(
    ("source", "suffix", "kept", "dreamed"),
    [
        (("u8", 4, "sRGB", "straight"), ".exr", ("f16", 4, LINEAR, "premultiplied"), "f32"),
        (("u16", 3, "sRGB", "none"), ".exr", ("f32", 3, LINEAR, "none"), "f32"),
        (("f16", 4, LINEAR, "premultiplied"), ".png", ("u16", 4, "sRGB", "straight"), "f32"),
        (("f16", 4, LINEAR, "premultiplied"), ".jpg", ("u8", 3, "sRGB", "none"), "f32"),
        (("u8", 3, "sRGB", "none"), ".npy", ("f32", 3, "sRGB", "none"), "f32"),
        (("f16", 2, LINEAR, "premultiplied"), ".tif", ("f32", 2, LINEAR, "premultiplied"), "f32"),
        (("u16", 2, "sRGB", "straight"), ".jpg", ("u8", 1, "sRGB", "none"), "f32"),
    ],
)
def test_other_formats_take_the_nearest_form(
    source: tuple[str, int, str, str], suffix: str, kept: tuple[str, int, str, str], dreamed: str, tmp_path: Path
) -> None:
    given = picture(*source)
    path = tmp_path / f"a{suffix}"
    write_picture(path, given)
    info = read_picture(path).info
    assert (info.dtype, info.shape[2], info.colorspace, info.alpha) == kept
    assert working_form(given.info, path).dtype == dreamed


def test_srgb_and_linear_are_told_apart(tmp_path: Path) -> None:
    half = Picture(PictureInfo((1, 1, 3), "u8"), np.full((1, 1, 3), 128, "u1"))
    write_picture(tmp_path / "a.exr", half)
    linear = read_picture(tmp_path / "a.exr")
    assert linear.pixels.ravel() == pytest.approx([0.2158] * 3, abs=1e-3)
    write_picture(tmp_path / "a.png", linear)
    assert read_picture(tmp_path / "a.png").pixels.ravel() / 65535 == pytest.approx([128 / 255] * 3, abs=1e-3)


def test_alpha_is_divided_out_before_the_curve() -> None:
    source = Picture(
        PictureInfo((1, 3, 4), "f32", LINEAR, "premultiplied"),
        np.array([[[0.1, 0.1, 0.1, 0.5], [0.3, 0, 0, 0], [-0.1, 2, 0, 1]]], "f4"),
    )
    straight = convert(source, PictureInfo((1, 3, 4), "f32", "sRGB", "straight"))
    assert straight.pixels[0, 0] == pytest.approx([0.4845, 0.4845, 0.4845, 0.5], abs=1e-4)
    again = convert(straight, source.info)
    assert again.pixels[0, 0] == pytest.approx(source.pixels[0, 0], abs=1e-6)
    assert again.pixels[0, 2] == pytest.approx(source.pixels[0, 2], abs=1e-6)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photograph_is_set_upright(tmp_path: Path, orientation: int) -> None:
    # Left bright, top half brighter still: every turn and mirror image looks different.
    upright = np.zeros((32, 48, 1), "u1")
    upright[:16, :24], upright[16:, :24] = 255, 128
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: np.rot90(upright.transpose(1, 0, 2), 2),
        8: np.rot90(upright, -1),
    }[orientation]
    path = store(tmp_path / "a.jpg", "jpeg", np.ascontiguousarray(stored), oiio.UINT8, Orientation=orientation)
    read = read_picture(path)
    assert read.info.shape == upright.shape
    assert np.abs(read.pixels.astype(int) - upright).mean() < 3
    write_picture(tmp_path / "b.jpg", read, like=path)
    assert read_picture(tmp_path / "b.jpg").info.shape == upright.shape


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".exr"])
def test_the_settings_are_stored_in_the_picture(tmp_path: Path, suffix: str) -> None:
    record = {"network": 'odd "name": ü', "octaves": 3, "clip": False}
    path = tmp_path / f"a{suffix}"
    write_picture(path, picture("u8", 3, "sRGB"), record=record)
    assert read_record(path) == record


def test_a_picture_without_settings_says_so(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", picture("u8", 3, "sRGB"))
    store(tmp_path / "a.tif", "tiff", np.zeros((2, 2, 3), "u1"), oiio.UINT8, ImageDescription="A wall")
    for name in ("a.png", "a.tif"):
        with pytest.raises(ReadError, match="does not tell the settings"):
            read_record(tmp_path / name)


def test_profile_and_density_are_kept(tmp_path: Path) -> None:
    source = store(
        tmp_path / "a.png", "png", np.zeros((4, 4, 3), "u1"), oiio.UINT8, XResolution=300.0, YResolution=300.0
    )
    write_picture(tmp_path / "b.tif", read_picture(source), like=source)
    opened = oiio.ImageInput.open(str(tmp_path / "b.tif"))
    assert opened is not None
    assert opened.spec().get_float_attribute("XResolution", 0.0) == pytest.approx(300, rel=0.01)


def test_an_exr_keeps_its_header(tmp_path: Path) -> None:
    source = store(
        tmp_path / "a.exr", "openexr", np.zeros((4, 4, 3), "f2"), oiio.HALF, Camera="Front", RenderTime="1:02"
    )
    write_picture(tmp_path / "b.exr", read_picture(source), like=source, record={"seed": 1})
    opened = oiio.ImageInput.open(str(tmp_path / "b.exr"))
    assert opened is not None
    assert opened.spec().get_string_attribute("Camera") == "Front"
    assert json.loads(opened.spec().get_string_attribute("reverie")) == {"seed": 1}


def test_the_first_layer_with_colours_is_read(tmp_path: Path) -> None:
    names = ("View.Combined.R", "View.Combined.G", "View.Combined.B", "View.Combined.A", "View.Depth.Z")
    pixels = np.arange(2 * 3 * 5).reshape(2, 3, 5).astype("f4")
    read = read_picture(store(tmp_path / "a.exr", "openexr", pixels, oiio.FLOAT, names=names))
    assert read.info.alpha == "premultiplied"
    assert np.array_equal(read.pixels, pixels[..., :4])


def test_other_passes_of_an_exr_go_along_as_they_are(tmp_path: Path) -> None:
    names = ("View.Combined.R", "View.Combined.G", "View.Combined.B", "View.Depth.Z", "View.Mist.Z")
    pixels = np.random.default_rng(6).random((6, 5, 5), "f4") * 1e6
    source = store(tmp_path / "a.exr", "openexr", pixels, oiio.FLOAT, names=names)
    dream = read_picture(source)
    dream.pixels[:] = 0.25
    write_picture(tmp_path / "b.exr", dream, like=source)
    opened = oiio.ImageInput.open(str(tmp_path / "b.exr"))
    assert opened is not None
    assert sorted(opened.spec().channelnames) == sorted(names)
    result = opened.read_image(oiio.FLOAT)
    assert result is not None
    depth = list(opened.spec().channelnames).index("View.Depth.Z")
    assert np.array_equal(result[..., depth:], pixels[..., 3:])
    assert (read_picture(tmp_path / "b.exr").pixels == 0.25).all()


def test_an_exr_is_never_written_with_loss(tmp_path: Path) -> None:
    pixels = np.random.default_rng(7).random((64, 64, 3), "f4")
    source = store(tmp_path / "a.exr", "openexr", pixels, oiio.FLOAT, compression="dwab:300")
    read = read_picture(source)
    write_picture(tmp_path / "b.exr", read, like=source)
    assert np.array_equal(read_picture(tmp_path / "b.exr").pixels, read.pixels)


def test_an_exr_without_colours_is_refused_by_the_names_of_its_channels(tmp_path: Path) -> None:
    names = ("Depth.Z", "Mist.Z", "Vector.X", "Vector.Y", "Vector.Z")
    path = store(tmp_path / "a.exr", "openexr", np.zeros((2, 2, 5), "f4"), oiio.FLOAT, names=names)
    with pytest.raises(ReadError) as caught:
        read_picture(path)
    assert "Mist.Z" in caught.value.hint


@pytest.mark.parametrize("dtype", ["f4", "f8", "u1", "u2"])
@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 1), (3, 4, 4)])
def test_arrays_are_display_encoded_pictures(tmp_path: Path, dtype: str, shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(3).random(shape)
    values = (values * np.iinfo(dtype).max).astype(dtype) if dtype[0] == "u" else values.astype(dtype)
    np.save(tmp_path / "a.npy", values)
    read = read_picture(tmp_path / "a.npy")
    assert read.info.shape == (*shape, 1)[:3]
    assert read.info.colorspace == "sRGB"
    assert np.array_equal(read.pixels.ravel(), values.astype(read.pixels.dtype).ravel())


@pytest.mark.parametrize(
    "array",
    [np.zeros((2, 2, 3), complex), np.array(["a"]), np.zeros((2, 2, 5)), np.zeros((1, 2, 2, 3)), np.zeros((0, 4, 3))],
)
def test_arrays_that_are_no_pictures_are_refused(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(ReadError):
        read_picture(tmp_path / "a.npy")


def test_an_array_of_objects_is_never_unpickled(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(ReadError):
        read_picture(tmp_path / "a.npy")


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".exr", ".npy"])
@pytest.mark.parametrize("content", ["empty", "text", "half"])
def test_broken_files_are_refused_in_words(tmp_path: Path, suffix: str, content: str) -> None:
    path = tmp_path / f"broken{suffix}"
    pixels = np.random.default_rng(4).integers(0, 256, (64, 64, 3), "u1")
    write_picture(path, Picture(PictureInfo((64, 64, 3), "u8"), pixels))
    whole = path.read_bytes()
    path.write_bytes(
        {"empty": b"", "text": b"This is not a picture.\n" * 40, "half": whole[: len(whole) // 2]}[content]
    )
    with pytest.raises(ReadError) as caught:
        read_picture(path)
    assert "broken" in str(caught.value)
    assert caught.value.hint


def test_paths_that_lead_nowhere_are_refused_in_words(tmp_path: Path) -> None:
    for read_path in (tmp_path, tmp_path / "missing.png", tmp_path / "a.txt"):
        with pytest.raises(PathError):
            read_picture(read_path)
    for written_path in (tmp_path, tmp_path / "no" / "a.png", tmp_path / "a.bmp", tmp_path / "a"):
        with pytest.raises(MediaError) as caught:
            write_picture(written_path, picture("u8", 3, "sRGB"))
        assert caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_every_part_of_an_exr_goes_along(tmp_path: Path) -> None:
    source = Path(__file__).with_name("cycles_5.2.exr")
    dream = read_picture(source)
    dream.pixels[..., :3] = 0.25
    write_picture(tmp_path / "b.exr", dream, like=source, record={"seed": 1})
    before, after = channels_of(source), channels_of(tmp_path / "b.exr")
    assert before.keys() == after.keys()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {f"ViewLayer.Combined.{letter}" for letter in "RGB"}
    assert (read_picture(tmp_path / "b.exr").pixels == dream.pixels).all()
    assert read_record(tmp_path / "b.exr") == {"seed": 1}
