"""The canvas: fit to dream on, and back."""

from __future__ import annotations

import pytest
import torch

from reverie.server.dream.canvas import Canvas
from reverie.server.dream.wrap import OPEN, Wrap


def test_a_picture_that_is_fit_is_not_copied(picture: torch.Tensor) -> None:
    canvas = Canvas(picture, 32)
    assert canvas.picture.data_ptr() == picture.data_ptr()
    assert canvas.restore(picture).data_ptr() == picture.data_ptr()


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_what_is_no_number_is_one_while_dreaming_and_comes_back(picture: torch.Tensor, value: float) -> None:
    broken = picture.clone()
    broken[0, 1, 3, 4] = value
    canvas = Canvas(broken, 32)
    assert ((canvas.picture >= 0) & (canvas.picture <= 1)).all()
    restored = canvas.restore(canvas.picture + 0.1)
    assert (broken.isfinite() == restored.isfinite()).all()
    assert torch.equal(restored[0, 1, 3, 4], broken[0, 1, 3, 4]) or value != value


@pytest.mark.parametrize(
    ("wrap", "size"),
    [(OPEN, (32, 32)), (Wrap(x=True), (32, 5)), (Wrap(y=True), (3, 32)), (Wrap(x=True, y=True), (3, 5))],
)
def test_only_sides_that_end_somewhere_are_lengthened(wrap: Wrap, size: tuple[int, int]) -> None:
    tiny = torch.rand(1, 3, 3, 5)
    canvas = Canvas(tiny, 32, wrap)
    assert canvas.size == size
    assert torch.equal(canvas.visible(canvas.picture), tiny)
