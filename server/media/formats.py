"""The formats pictures are kept in, and what form a picture takes in each."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from ...shared.picture import PictureInfo
from .errors import PathError

# For each form of number, the ones that replace it where a format lacks it, the best first.
_NEAREST = {
    "u8": ("u8", "f16", "f32"),
    "u16": ("u16", "f32", "u8"),
    "f16": ("f16", "f32", "u16", "u8"),
    "f32": ("f32", "u16", "u8"),
}


@dataclass(frozen=True, slots=True)
class Format:
    """A file format.

    name: as people call it; in lower case, as OpenImageIO does.
    suffixes: the first is the usual one.
    dtypes: the numbers it can hold.
    linear_floats: whether its floats are scene-linear, as is the custom, or display-encoded.
    alphas: the associations of alpha it can hold, the usual one first; empty for none.
    """

    name: str
    suffixes: tuple[str, ...]
    dtypes: tuple[str, ...]
    linear_floats: bool
    alphas: tuple[str, ...]

    def form(self, info: PictureInfo) -> PictureInfo:
        """The form in which this format keeps a picture of that form, top row first; "Non-Color" stays as it is."""
        height, width, channels = info.shape
        dtype = next(dtype for dtype in _NEAREST[info.dtype] if dtype in self.dtypes)
        colorspace = "Linear Rec.709" if self.linear_floats and dtype.startswith("f") else "sRGB"
        if info.colorspace == "Non-Color":
            colorspace = info.colorspace
        alpha = info.alpha
        if not self.alphas and channels in (2, 4):
            channels, alpha = channels - 1, "none"
        elif alpha != "none" and alpha not in self.alphas:
            alpha = self.alphas[0]
        return PictureInfo((height, width, channels), dtype, colorspace, alpha)


FORMATS = (
    Format("PNG", (".png",), ("u8", "u16"), False, ("straight",)),
    Format("JPEG", (".jpg", ".jpeg"), ("u8",), False, ()),
    Format("TIFF", (".tif", ".tiff"), ("u8", "u16", "f32"), True, ("straight", "premultiplied")),
    Format("OpenEXR", (".exr",), ("f16", "f32"), True, ("premultiplied",)),
    Format("NumPy", (".npy",), ("f32",), False, ("straight", "premultiplied")),
)


def format_of(path: Path) -> Format:
    """The format that the path's suffix tells of. Raises `PathError`."""
    for known in FORMATS:
        if path.suffix.lower() in known.suffixes:
            return known
    suffixes = [suffix for known in FORMATS for suffix in known.suffixes]
    what = f"is {path.suffix}" if path.suffix else "is missing"
    raise PathError(
        f"The suffix of {path.name!r} {what}, which tells of no format known here",
        f"Use one of {', '.join(suffixes[:-1])} or {suffixes[-1]}.",
    )


def working_form(info: PictureInfo, path: Path, output: str = "picture") -> PictureInfo:
    """The form to dream in when the result, the setting ``output``, goes to ``path``.

    As it is where the file can hold it bit for bit; otherwise float32 in the file's colours, so that the dream is
    rounded once, at the end. So is what only the detail is wanted of, which is a difference of colours as floats of
    the file are: scene-linear in EXR and TIFF, where layers are added. Raises `PathError`.
    """
    known = format_of(path)
    if output == "detail":
        _check_holds_detail(known, path)
        return known.form(dataclasses.replace(info, dtype="f32"))
    form = known.form(info)
    return form if form == info else dataclasses.replace(form, dtype="f32")


def _check_holds_detail(known: Format, path: Path) -> None:
    if "f32" not in known.dtypes:
        suffixes = [other.suffixes[0] for other in FORMATS if "f32" in other.dtypes]
        raise PathError(
            f"{path.name} can't hold the detail alone: {known.name} has no values below 0",
            f"Use {', '.join(suffixes[:-1])} or {suffixes[-1]}.",
        )
