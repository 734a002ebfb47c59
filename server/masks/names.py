"""Names in Cryptomatte: which of a manifest's names are meant, and what number stands for a name.

Friedman and Jones, "Fully automatic ID mattes with support for motion blur and transparency" (2015), and Psyop's
specification 1.2.0.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from ...shared.frames.where import Name
from ..media.errors import ReadError

# How many names a warning lists.
_SHOWN = 8
_EXPONENT, _LOWEST_EXPONENT = 0x7F800000, 0x00800000


def hash_of(name: str) -> int:
    """The number that stands for ``name`` in the picture: MurmurHash3 (x86, 32 bits, seed 0) as a float can hold it."""
    return as_float_can_hold(_murmur3(name.encode()))


def as_float_can_hold(number: int) -> int:
    """32 bits that, read as a float, are neither denormal nor infinite nor NaN: the specification's conversion.

    Manifests hold the numbers before this conversion or after it, as their writers understood it; pixels after it.
    """
    return number ^ _LOWEST_EXPONENT if number & _EXPONENT in (0, _EXPONENT) else number


def hashes_of(wanted: Sequence[Name], names: Mapping[str, int]) -> tuple[set[int], list[Name]]:
    """The numbers of all names that are meant, and which of ``wanted`` are not in the manifest ``names``.

    A whole name has its number even where there is no manifest. Raises `ReadError` where a pattern needs one.
    """
    if not names and any(name.pattern for name in wanted):
        raise ReadError(
            "This frame's Cryptomatte has no manifest, by which names with * or ? are found",
            "Give whole names in “Where”, or render with the manifest inside the EXR, as Blender does.",
        )
    found: set[int] = set()
    unknown = []
    for name in wanted:
        known = {as_float_can_hold(number) for other, number in names.items() if name.fits(other)}
        if names and not known:
            unknown.append(name)
        found |= known if known or name.pattern else {hash_of(name.text)}
    return found, unknown


def warning(kind: str, name: Name, names: Mapping[str, int]) -> str:
    """What to tell whoever typed a name that is not in the manifest ``names``."""
    close = difflib.get_close_matches(name.text, names, n=3, cutoff=0.5)
    if close:
        hint = f"Did you mean {' or '.join(close)}?"
    else:
        rest = len(names) - _SHOWN
        hint = f"It has {', '.join(sorted(names)[:_SHOWN])}{f' and {rest} more' if rest > 0 else ''}."
    return f"No {kind} in this frame is called {name.text}. {hint}"


def _murmur3(data: bytes) -> int:
    """MurmurHash3_x86_32 of Austin Appleby, seed 0."""
    mask, h = 0xFFFFFFFF, 0
    whole = len(data) // 4 * 4
    for start in range(0, whole, 4):
        h ^= _mixed(int.from_bytes(data[start : start + 4], "little"))
        h = (_rotated(h, 13) * 5 + 0xE6546B64) & mask
    h ^= _mixed(int.from_bytes(data[whole:], "little")) ^ len(data)
    h = (h ^ h >> 16) * 0x85EBCA6B & mask
    h = (h ^ h >> 13) * 0xC2B2AE35 & mask
    return h ^ h >> 16


def _mixed(k: int) -> int:
    return _rotated(k * 0xCC9E2D51 & 0xFFFFFFFF, 15) * 0x1B873593 & 0xFFFFFFFF


def _rotated(value: int, by: int) -> int:
    return (value << by | value >> 32 - by) & 0xFFFFFFFF
