"""A dream over a slow link: sooner there than its bytes, and as good."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
from line import Line
from server_process import ServerProcess

from reverie.shared.client import Client, DreamState
from reverie.shared.client.line import FORMS
from reverie.shared.client.sketch import SIDE
from reverie.shared.picture import Picture, PictureInfo
from reverie.shared.settings import DreamSettings
from reverie.shared.wire.address import Address

NOTHING = DreamSettings(strength=0.0)
DREAM = DreamSettings(network="ornament", octaves=1, iterations=2)
SLOW = 2e6


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("slow")
    with pytest.MonkeyPatch.context() as patch:
        # No downloaded weights, whatever this machine has.
        patch.setenv("REVERIE_HOME", str(folder / "home"))
        patch.setenv("TORCH_HOME", str(folder / "torch"))
        with ServerProcess(folder / "spool") as process:
            assert process.endpoint, process.said()
            dream(process.endpoint, render(32), NOTHING)  # the worker has started then
            yield process


def render(side: int) -> Picture:
    """Soft shades with a little grain, some brighter than white, under an alpha of their own: a render, in floats."""
    rng = np.random.default_rng(2)
    down, right = np.mgrid[0:side, 0:side] / side
    shades = [0.2 + 2.0 * down * right, 0.5 + 0.3 * np.sin(9 * right), 0.4 + 0.4 * down, 0 * down + 1]
    pixels = np.stack(shades, -1) + rng.normal(0, 0.002, (side, side, 4)) * [1, 1, 1, 0]
    pixels[: side // 3, :, 3] = 0.0
    pixels = np.ascontiguousarray(pixels, np.float32)
    return Picture(PictureInfo(pixels.shape, "f32", "Linear Rec.709", "premultiplied", "bottom-up"), pixels)


def mask(side: int) -> Picture:
    pixels = np.zeros((side, side, 1), np.float32)
    pixels[side // 2 :] = 1.0
    return Picture(PictureInfo(pixels.shape, "f32", "Non-Color", "none", "bottom-up"), pixels)


def dream(
    endpoint: str,
    picture: Picture,
    settings: DreamSettings,
    form: str = "exact",
    known: float | None = 1e9,
    **inputs: Picture,
) -> tuple[np.ndarray, float, Client]:
    """The dreamed pixels, the seconds it took, and the client. ``known``: the rate it has measured before."""
    assert form in FORMS
    client = Client(Address.parse(endpoint), "test", form=form)
    client.line.rate = known
    client.connect()
    try:
        while not client.server:
            _move(client)
        start = time.perf_counter()
        remote = client.dream(picture, settings, **inputs)
        while not remote.finished:
            _move(client)
        seconds = time.perf_counter() - start
        assert remote.result is not None, remote.error
        assert remote.result.info == picture.info
        return remote.result.pixels, seconds, client
    finally:
        client.close()


def test_a_picture_is_there_twice_as_soon_and_the_same_to_the_bit(server: ServerProcess) -> None:
    picture = render(400)
    with Line(_port(server), rate=SLOW) as line:
        plain, seconds, _ = dream(line.endpoint, picture, NOTHING)
        packed, sooner, client = dream(line.endpoint, picture, NOTHING, known=SLOW)
    assert plain.tobytes() == packed.tobytes() == picture.pixels.tobytes()
    assert sooner < 0.75 * seconds
    with Line(_port(server), rate=SLOW) as line:
        half, soonest, client = dream(line.endpoint, picture, NOTHING, "half", known=SLOW)
    assert half.tobytes() == picture.pixels.tobytes()
    assert soonest < seconds / 2
    assert client.line.packed < client.line.plain / 1.5


@pytest.mark.endurance
@pytest.mark.parametrize("form", ["exact", "half"])
def test_a_large_one_is_there_before_the_line_could_have_carried_it(server: ServerProcess, form: str) -> None:
    picture = render(2048)
    with Line(_port(server), rate=SLOW) as line:
        back, seconds, client = dream(line.endpoint, picture, NOTHING, form, known=SLOW)
    size = 2 * picture.info.size
    alone = size / SLOW
    print(f"{form}: {client.line.packed / 1e6:.1f} of {size / 1e6:.0f} MB, {seconds:.1f} of {alone:.1f} s")
    assert back.tobytes() == picture.pixels.tobytes()
    assert seconds < alone / 2


def test_a_real_dream_over_it_is_the_same_and_halves_leave_alone_what_the_mask_does(server: ServerProcess) -> None:
    picture, where = render(128), mask(128)
    plain, _, _ = dream(server.endpoint, picture, DREAM, mask=where)
    packed, _, _ = dream(server.endpoint, picture, DREAM, known=SLOW, mask=where)
    assert plain.tobytes() == packed.tobytes()
    half, _, _ = dream(server.endpoint, picture, DREAM, "half", known=SLOW, mask=where)
    same = half.view(np.uint32) == picture.pixels.view(np.uint32)
    assert same[:64].all() and same[..., 3].all()
    assert not same[64:, :, :3].any(axis=2).all()
    change = np.abs(plain - picture.pixels).mean()
    assert np.abs(half - plain).mean() < 0.05 * change


def test_the_first_dream_finds_out_and_the_rest_of_it_is_packed(server: ServerProcess) -> None:
    picture = render(600)
    with Line(_port(server), rate=8e6) as line:
        back, _, client = dream(line.endpoint, picture, NOTHING, "auto", known=None)
    assert back.tobytes() == picture.pixels.tobytes()
    assert client.line.rate == pytest.approx(8e6, rel=0.4)
    assert client.line.packed < 0.9 * client.line.plain


def test_a_sketch_is_seen_before_the_picture_is_there(server: ServerProcess) -> None:
    with Line(_port(server), rate=0.5e6) as line:
        client = Client(Address.parse(line.endpoint), "test", form="half")
        client.line.rate = 0.5e6
        client.connect()
        dream = client.dream(render(1100), DREAM)
        while not dream.preview_serial and dream.state in (DreamState.WAITING, DreamState.SENDING):
            _move(client)
        assert dream.state is DreamState.SENDING and dream.fraction < 0.9
        assert dream.preview is not None and max(dream.preview.info.shape) <= SIDE
        client.cancel(dream)
        client.close()


def _port(server: ServerProcess) -> int:
    return int(server.endpoint.rsplit(":", 1)[1])


def _move(client: Client) -> None:
    if not client.pump():
        client.wait(0.02)
