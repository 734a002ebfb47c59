"""Frames dreamed on a scripted server: one after the other, whatever becomes of the server and of the client."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from reverie.shared.client import Client
from reverie.shared.client.frames import WireExecutor
from reverie.shared.frames.frame import FrameDone, FrameEvent, FrameFailed, FrameFile, FrameProgress, FrameRequest
from reverie.shared.frames.settings import FrameSettings
from reverie.shared.settings import DreamSettings
from reverie.shared.wire.address import Address
from reverie.shared.wire.errors import WireError
from scripted_server import ScriptedServer, dreamed_frame

SETTINGS = DreamSettings()
# A chunk and a bit.
SIZE = 1_300_000


def request(number: int, memory: bytes | None = None, size: int = 5000, **more: object) -> FrameRequest:
    data = np.random.default_rng(number).integers(0, 256, size, np.uint8).tobytes()
    return FrameRequest(FrameFile(".exr", data), ".exr", SETTINGS, memory=memory, **more)  # type: ignore[arg-type]


def ideal(count: int, size: int = 5000) -> list[bytes]:
    """What a shot of so many frames must come to."""
    done, before = [], b""
    for number in range(1, count + 1):
        before = dreamed_frame(bytes(request(number, size=size).frame.data), SETTINGS.strength, before)
        done.append(before)
    return done


class Shot:
    """Does with an executor what a batch does: keep a frame, begin the next, let go of the memory before."""

    def __init__(self, executor: WireExecutor, last: int, size: int = 5000) -> None:
        self.executor, self.last, self.size = executor, last, size
        self.events: list[FrameEvent] = []
        self.done: dict[int, bytes] = {}
        self.memory: bytes | None = None
        self.begin(1)

    def begin(self, number: int) -> None:
        self.now = number
        self.executor.begin(number, request(number, self.memory, self.size))
        if number < self.last:
            self.executor.expect(number, request(number + 1, None, self.size))

    def advance(self) -> bool:
        """Whether all is done."""
        for event in self.executor.poll():
            self.events.append(event)
            if isinstance(event, FrameFailed) and event.memory_lost:
                self.memory = None
                self.begin(1)
            elif isinstance(event, FrameDone):
                self.done[event.key] = bytes(event.result.frame.data)
                before, self.memory = self.memory, event.result.memory
                if before:
                    self.executor.forget(before)
                if event.key < self.last:
                    self.begin(event.key + 1)
        return self.last in self.done

    @property
    def results(self) -> list[bytes]:
        return [self.done[number] for number in sorted(self.done)]


def until(done: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, "it did not happen in time"


def ended(executor: WireExecutor) -> FrameDone | FrameFailed:
    """The next frame that ends."""
    found: list[FrameDone | FrameFailed] = []

    def look() -> bool:
        found.extend(event for event in executor.poll() if not isinstance(event, FrameProgress))
        return bool(found)

    until(look)
    return found[0]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    server = ScriptedServer()
    yield server
    server.close()


@pytest.fixture
def connect() -> Iterator[Callable[..., WireExecutor]]:
    """Makes an executor with a client of its own."""
    clients: list[Client] = []

    def connect(address: str, **more: float) -> WireExecutor:
        client = Client(Address.parse(address))
        client.connect()
        clients.append(client)
        return WireExecutor(client, doze=0.01, **more)

    yield connect
    for client in clients:
        client.close()


def test_a_shot_comes_back_frame_by_frame_and_the_server_keeps_only_the_last(
    server: ScriptedServer, connect: Callable[..., WireExecutor]
) -> None:
    shot = Shot(connect(server.address), 6, SIZE)
    until(shot.advance)
    assert shot.results == ideal(6, SIZE)
    assert len(server.dreamt) == len(set(server.dreamt)) == 6, "a frame was dreamed twice"
    until(lambda: len(list(shot.executor.poll())) == 0 and len(server.released) == 5)
    assert server.released == server.dreamt[:5]
    last = next(event for event in shot.events if isinstance(event, FrameDone) and event.key == 6)
    assert last.result.frame.suffix == ".exr" and last.result.warnings == ("Read this.",)
    assert any(isinstance(event, FrameProgress) and event.share > 0 for event in shot.events)


def test_the_server_goes_on_with_the_next_frame_before_this_one_is_fetched(
    server: ScriptedServer, connect: Callable[..., WireExecutor]
) -> None:
    server.step_seconds = 0.1
    executor = connect(server.address)
    executor.begin(1, request(1))
    executor.expect(1, request(2))
    first = ended(executor)
    until(lambda: not list(executor.poll()) and len(server.dreamt) == 2)
    assert isinstance(first, FrameDone)
    assert server.seen.index("GET") > len(server.seen) - 1 - server.seen[::-1].index("SUBMIT"), "it came after"
    executor.begin(2, request(2, first.result.memory))
    second = ended(executor)
    assert isinstance(second, FrameDone) and bytes(second.result.frame.data) == ideal(2)[1]
    assert len(server.dreamt) == 2


@pytest.mark.parametrize("other", ["a cut", "a setting"])
def test_what_was_expected_and_came_otherwise_is_given_up(
    server: ScriptedServer, connect: Callable[..., WireExecutor], other: str
) -> None:
    server.step_seconds = 0.1
    executor = connect(server.address)
    executor.begin(1, request(1))
    executor.expect(1, request(2))
    first = ended(executor)
    assert isinstance(first, FrameDone)
    memory = None if other == "a cut" else first.result.memory
    frames = FrameSettings() if other == "a cut" else FrameSettings(coherence=0.5)
    executor.begin(2, request(2, memory, frames=frames))
    executor.forget(first.result.memory)
    second = ended(executor)
    assert isinstance(second, FrameDone)
    before = ideal(1)[0] if memory else b""
    assert bytes(second.result.frame.data) == dreamed_frame(bytes(request(2).frame.data), SETTINGS.strength, before)
    expected = server.dreamt[1]
    until(lambda: not list(executor.poll()) and expected in server.released)


@pytest.mark.parametrize("forgets", [False, True])
def test_a_server_that_dies_again_and_again_changes_nothing(
    connect: Callable[..., WireExecutor], forgets: bool
) -> None:
    server = ScriptedServer(steps=5, step_seconds=0.01)
    shot = Shot(connect(server.address), 8)
    for number in (2, 4, 7):
        until(lambda number=number: shot.advance() or shot.now >= number)
        server.close()
        again = ScriptedServer(server.port, steps=5, step_seconds=0.01)
        if not forgets:
            # What lay in its ledger and spool; what it dreamed of is begun anew.
            kept = ("_infos", "_blobs", "_here", "_events", "_memories", "_jobs")
            again.__dict__.update({key: server.__dict__[key] for key in kept})
            for job in again._jobs.values():
                job["state"] = "RECEIVING" if job["state"] == "RUNNING" else job["state"]
        server = again
    until(shot.advance)
    assert shot.results == ideal(8)
    lost = [event for event in shot.events if isinstance(event, FrameFailed)]
    assert all(event.memory_lost for event in lost)
    assert bool(lost) == forgets
    server.close()


def test_a_client_that_was_killed_finds_what_it_had_asked_for(
    server: ScriptedServer, connect: Callable[..., WireExecutor]
) -> None:
    server.step_seconds = 0.1
    killed = connect(server.address)
    killed.begin(1, request(1, size=SIZE))
    killed.expect(1, request(2, size=SIZE))
    until(lambda: not list(killed.poll()) and len(server.dreamt) == 2)
    killed._client.close()
    shot = Shot(connect(server.address), 3, SIZE)
    until(shot.advance)
    assert shot.results == ideal(3, SIZE)
    assert len(server.dreamt) == 3, "a frame was dreamed twice"


def test_what_went_wrong_in_an_earlier_life_is_tried_again(
    server: ScriptedServer, connect: Callable[..., WireExecutor]
) -> None:
    executor = connect(server.address)
    executor.begin(1, request(1))
    (frame,) = executor._frames.values()
    server._jobs[frame.job] = {"state": "FAILED", "inputs": {}, "kind": "frame", "settings": {}}
    done = ended(executor)
    assert isinstance(done, FrameDone) and bytes(done.result.frame.data) == ideal(1)[0]
    # Where the first was let go of, the same may be asked once more.
    executor.forget(done.result.memory)
    executor.begin(1, request(1))
    again = ended(executor)
    assert isinstance(again, FrameDone) and again.result.memory != done.result.memory


@pytest.mark.parametrize("way", ["damage", "deny_chunks"])
def test_damaged_chunks_are_sent_again(server: ScriptedServer, connect: Callable[..., WireExecutor], way: str) -> None:
    setattr(server, way, 2)
    shot = Shot(connect(server.address), 2, SIZE)
    until(shot.advance)
    assert shot.results == ideal(2, SIZE)


def test_every_input_goes_along_and_one_guide_for_all_goes_once(
    server: ScriptedServer, connect: Callable[..., WireExecutor]
) -> None:
    executor = connect(server.address)
    guide = FrameFile(".png", bytes(range(256)) * 9000)
    for number in (1, 2):
        more = {"guide": guide, "mask": FrameFile(".png", b"mask"), "passes": FrameFile(".exr", b"passes")}
        executor.begin(number, request(number, **more))
        assert isinstance(ended(executor), FrameDone)
    chunks = server.seen.count("CHUNK")
    assert chunks == 3 + 1 + 1 + 2, "the guide, the mask and the passes were sent again"


@pytest.mark.parametrize(
    ("error", "fatal"),
    [
        (WireError("UNKNOWN_LAYER", "There is no layer foo.", "There are: strokes.", field="layers"), True),
        (WireError("BAD_FILE", "This is no picture.", "Render it again."), False),
    ],
)
def test_a_frame_that_is_refused_fails_with_a_sentence(
    server: ScriptedServer, connect: Callable[..., WireExecutor], error: WireError, fatal: bool
) -> None:
    executor = connect(server.address)
    server.refuse = [error]
    executor.begin(5, request(5))
    executor.expect(5, request(6))
    failed = ended(executor)
    assert failed == FrameFailed(5, error.msg.rstrip("."), error.hint, fatal=fatal)
    executor.begin(6, request(6))
    assert isinstance(ended(executor), FrameDone)


def test_a_memory_from_elsewhere_is_lost(server: ScriptedServer, connect: Callable[..., WireExecutor]) -> None:
    executor = connect(server.address)
    for memory in (b"bytes of another executor", b""):
        executor.begin(1, request(1, memory))
        failed = ended(executor)
        assert isinstance(failed, FrameFailed) and failed.memory_lost and failed.problem


def test_without_a_server_frames_fail_once_patience_is_over(connect: Callable[..., WireExecutor]) -> None:
    gone = ScriptedServer()
    gone.close()
    executor = connect(gone.address, patience=0.5)
    executor.begin(1, request(1))
    failed = ended(executor)
    assert isinstance(failed, FrameFailed) and failed.fatal
    assert gone.address in failed.problem and failed.hint


def test_cancelled_and_closed_the_server_is_told(server: ScriptedServer, connect: Callable[..., WireExecutor]) -> None:
    server.steps, server.step_seconds = 500, 0.01
    executor = connect(server.address)
    for key in (1, 2):
        executor.begin(key, request(key))
    frames = [frame.job for frame in executor._frames.values()]
    until(lambda: any(isinstance(event, FrameProgress) for event in executor.poll()))
    executor.cancel(1)
    assert not [event for event in executor.poll() if event.key == 1]
    executor.close()
    until(lambda: set(server.cancelled) == set(frames), 5.0)


def test_bytes_whose_digest_is_known_are_the_same_job(
    server: ScriptedServer, connect: Callable[..., WireExecutor]
) -> None:
    executor = connect(server.address)
    plain = request(1)
    digest = hashlib.sha256(plain.frame.data).hexdigest()
    for key, file in enumerate((plain.frame, FrameFile(".exr", plain.frame.data, digest))):
        executor.begin(key, FrameRequest(file, ".exr", SETTINGS))
        assert isinstance(ended(executor), FrameDone)
    assert len(server.dreamt) == 1


def test_what_is_forgotten_at_the_very_end_is_still_told(
    server: ScriptedServer, connect: Callable[..., WireExecutor]
) -> None:
    executor = connect(server.address)
    executor.begin(1, request(1))
    done = ended(executor)
    assert isinstance(done, FrameDone)
    executor.forget(done.result.memory)
    executor.close()
    executor._client.close()
    until(lambda: server.released == server.dreamt, 5.0)
