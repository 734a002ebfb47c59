"""Masks painted from passes: by what arrays say, and by what Blender really rendered."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from reverie.server.frames.decoding import decode
from reverie.server.masks.names import hash_of
from reverie.server.masks.painting import Mask, mask_of
from reverie.server.media.errors import ReadError
from reverie.server.media.passes import Cryptomatte, Passes
from reverie.shared.frames.frame import FrameFile
from reverie.shared.frames.where import parse

NAMES = ["Cube", "Große Kugel ✿", 'He said "hi", twice', "Thing 144", "Column.001", "Column.002"]


def painted(text: str, passes: Passes) -> np.ndarray:
    mask = mask_of(parse(text), passes, (2, 3))
    assert mask.values is not None and mask.values.shape == (1, 1, 2, 3) and mask.values.dtype == torch.float32
    return mask.values[0, 0].numpy()


def matte(layer: str, first: list[list[str]], shares: list[list[float]], second: str) -> Cryptomatte:
    """A picture of two ranks: ``first`` covers each pixel by ``shares``, ``second`` the rest of it."""
    ids = np.array([[[hash_of(name), hash_of(second)] for name in row] for row in first], np.uint32)
    covered = np.array([[[share, 1 - share] for share in row] for row in shares], np.float32)
    names = {name: hash_of(name) for name in [second, *(name for row in first for name in row)]}
    return Cryptomatte(layer, ids, covered, names)


@pytest.fixture
def passes() -> Passes:
    """Two rows of three pixels: Vase and Bead on a Floor that shows through by what they leave of a pixel."""
    things, shares = [["Vase", "Vase", "Bead"], ["Vase", "Floor", "Bead"]], [[1.0, 0.75, 0.5], [0.25, 1.0, 1.0]]
    return Passes(
        depth=np.array([[1, 2, 3], [4, 5, 1e10]], np.float32),
        alpha=np.array([[0, 0.5, 1], [1, 1, 1]], np.float32),
        object_index=np.array([[1, 1, 2], [1, 3, 2]], np.float32),
        cryptomattes=(matte("CryptoObject", things, shares, "Floor"),),
    )


def test_everywhere_is_no_mask(passes: Passes) -> None:
    assert mask_of(parse(""), passes, (2, 3)) == Mask()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("object(Vase)", [[1, 0.75, 0], [0.25, 0, 0]]),
        ("object(Floor)", [[0, 0.25, 0.5], [0.75, 1, 0]]),
        ("object(Vase, Floor)", [[1, 1, 0.5], [1, 1, 0]]),
        ("object(Vase), object(Floor)", [[1, 1, 0.5], [1, 1, 0]]),
        ("object(V*, B??d)", [[1, 0.75, 0.5], [0.25, 0, 1]]),
        ("-object(Vase)", [[0, 0.25, 1], [0.75, 1, 1]]),
        ("object(*), -object(Floor)", [[1, 0.75, 0.5], [0.25, 0, 1]]),
        ("0.5*object(Vase), object(Bead)", [[0.5, 0.375, 0.5], [0.125, 0, 1]]),
        ("index(1)", [[1, 1, 0], [1, 0, 0]]),
        ("index(2-3, 7)", [[0, 0, 1], [0, 1, 1]]),
        ("depth(2-4)", [[0, 1, 1], [1, 0, 0]]),
        ("depth(4.5-)", [[0, 0, 0], [0, 1, 1]]),
        ("alpha", [[0, 0.5, 1], [1, 1, 1]]),
        ("object(Vase) & depth(0-2) & alpha", [[0, 0.375, 0], [0, 0, 0]]),
    ],
)
def test_terms_are_painted_from_left_to_right(text: str, expected: list[list[float]], passes: Passes) -> None:
    np.testing.assert_allclose(painted(text, passes), expected, atol=1e-6)


def test_a_soft_border_fades_over_its_width_and_keeps_the_middle() -> None:
    index = np.zeros((1, 40), np.float32)
    index[:, 20:] = 1
    hard, soft = (
        mask_of(parse(text), Passes(object_index=index), (1, 40)).values for text in ("index(1)", "index(1), soft(6)")
    )
    assert hard is not None and soft is not None
    changed = torch.nonzero((hard - soft).abs() > 1e-4)[:, 3].tolist()
    assert changed == list(range(changed[0], changed[-1] + 1)) and changed[0] in (14, 15) and changed[-1] in (24, 25)
    assert (soft.diff(dim=3) >= -1e-6).all() and abs(float(soft[..., 19:21].mean()) - 0.5) < 1e-5


def test_passes_of_another_size_are_stretched(passes: Passes) -> None:
    mask = mask_of(parse("index(1)"), passes, (4, 6))
    assert mask.values is not None and mask.values.shape == (1, 1, 4, 6)
    assert mask.values[0, 0, 0, 0] == 1 and mask.values[0, 0, 3, 5] == 0


def test_no_number_is_not_dreamed_on(passes: Passes) -> None:
    alpha = np.array([[np.nan, np.inf, -1], [2, 0.5, 0]], np.float32)
    assert painted("alpha", replace(passes, alpha=alpha)).tolist() == [[0, 1, 0], [1, 0.5, 0]]


def test_a_name_that_is_not_there_covers_nothing_and_is_asked_back(passes: Passes) -> None:
    mask = mask_of(parse("object(Vaze), object(Bead)"), passes, (2, 3))
    assert mask.values is not None and mask.values[0, 0].tolist() == [[0, 0, 0.5], [0, 0, 1]]
    assert mask.warnings == ("No object in this frame is called Vaze. Did you mean Vase?",)
    (told,) = mask_of(parse("object(Qqq*)"), passes, (2, 3)).warnings
    assert told == "No object in this frame is called Qqq*. It has Bead, Floor, Vase."


@pytest.mark.parametrize(
    ("text", "missing", "switch"),
    [
        ("object(Vase)", "Cryptomatte of objects", "Cryptomatte › Object"),
        ("material(Gold)", "Cryptomatte of materials", "Cryptomatte › Material"),
        ("index(1)", "object index pass", "Object Index"),
        ("material-index(1)", "material index pass", "Material Index"),
        ("depth(0-1)", "Z pass", "Data › Z"),
        ("alpha", "alpha", "Film › Transparent"),
    ],
)
def test_a_missing_pass_is_named_and_where_to_switch_it_on(text: str, missing: str, switch: str) -> None:
    with pytest.raises(ReadError, match=f"has no {missing}") as caught:
        mask_of(parse(text), Passes(), (2, 3))
    assert switch in caught.value.hint


def test_without_a_manifest_whole_names_are_found_and_patterns_refused(passes: Passes) -> None:
    bare = replace(passes, cryptomattes=(replace(passes.cryptomattes[0], names={}),))
    assert painted("object(Vase)", bare).tolist() == painted("object(Vase)", passes).tolist()
    assert not mask_of(parse("object(Vase)"), bare, (2, 3)).warnings
    with pytest.raises(ReadError, match="no manifest"):
        painted("object(Va*)", bare)


def test_names_are_hashed_as_cryptomatte_does() -> None:
    # As Cycles wrote them into a file; the last one's exponent is that of infinity, which pixels can't hold.
    expected = {"Vase": 0x04BB4C09, "default_surface": 0x78D05529, "Column left 1": 0xC63B2654}
    assert {name: hash_of(name) for name in expected} == expected
    assert np.isfinite(np.array([hash_of("Thing 144")], np.uint32).view(np.float32)).all()


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not importlib.util.find_spec("bpy"):
        pytest.skip("the frame is rendered with bpy")
    folder = tmp_path_factory.mktemp("names")
    script = Path(__file__).parent / "scripts" / "names.py"
    done = subprocess.run([sys.executable, script, folder], capture_output=True, text=True, timeout=200, check=False)
    assert (folder / "6.exr").exists(), done.stdout + done.stderr
    return folder


def read(path: Path) -> Passes:
    return decode(FrameFile(".exr", path.read_bytes())).passes


@pytest.mark.blender
@pytest.mark.parametrize("number", range(1, 7))
def test_an_object_covers_what_it_covers_when_all_others_are_cut_out(rendered: Path, number: int) -> None:
    frame, truth = read(rendered / "frame.exr"), read(rendered / f"{number}.exr").alpha
    assert truth is not None and 0.01 < truth.mean() < 0.5 and ((truth > 0) & (truth < 1)).any()
    name = NAMES[number - 1].replace('"', '""')
    mask = mask_of(parse(f'object("{name}")'), frame, truth.shape)
    assert mask.values is not None and not mask.warnings
    np.testing.assert_allclose(mask.values[0, 0].numpy(), truth, atol=1e-3)
    index = mask_of(parse(f"index({number})"), frame, truth.shape).values
    assert index is not None and np.abs(index[0, 0].numpy() - truth).mean() < 0.02


@pytest.mark.blender
def test_all_objects_together_are_the_alpha_and_materials_share_it(rendered: Path) -> None:
    frame = read(rendered / "frame.exr")
    assert frame.alpha is not None
    everything, alpha, columns, both, gold, old = (
        np.asarray(mask_of(parse(text), frame, frame.alpha.shape).values)
        for text in (
            "object(*)",
            "alpha",
            "object(Column.*)",
            "object(Column.001, Column.002)",
            "material(Gold)",
            'material("Gold, old")',
        )
    )
    np.testing.assert_allclose(everything, alpha, atol=1e-3)
    np.testing.assert_allclose(gold + old, alpha, atol=1e-3)
    assert (columns == both).all() and 0 < columns.mean() < everything.mean()
