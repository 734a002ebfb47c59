"""Frames in the gateway: what goes on from what, what is kept for whom, and what is refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from service_rooms import DATA, INFO, Rooms

from reverie.server.service import kinds
from reverie.server.service.jobs import KEEP_RESULTS
from reverie.server.service.ledger import CANCELLED, DONE, FAILED, QUEUED, RELEASED, RUNNING, Job
from reverie.server.service.requests import checked_request
from reverie.shared.declaration import SettingError
from reverie.shared.frames.settings import FrameSettings
from reverie.shared.settings import DreamSettings
from reverie.shared.wire.content import FileInfo, content_of, described
from reverie.shared.wire.errors import WireError

FRAME = {"kind": "frame", "inputs": {"frame": bytes(16)}, "settings": {"kind": ".exr"}}


def ready(rooms: Rooms) -> list[Job]:
    return list(rooms.jobs.waiting)


def test_a_frame_begins_when_the_one_before_is_done(rooms: Rooms) -> None:
    blob = rooms.upload()
    first = rooms.frame(blob)
    second = rooms.frame(blob, first)
    third = rooms.frame(blob, second)
    assert [job.state for job in (first, second, third)] == [QUEUED] * 3
    assert ready(rooms) == [first]
    rooms.finish_frame(first)
    assert ready(rooms) == [second] and rooms.jobs.before(second) is first
    rooms.finish_frame(second, remembers=False)
    assert ready(rooms) == [third], "nothing to remember is nothing to wait for"
    assert rooms.jobs.stranded() == []


def test_a_memory_outlives_its_job_as_long_as_another_goes_on_from_it(start: Callable[[], Rooms]) -> None:
    rooms = start()
    first = rooms.frame(rooms.upload())
    kept = rooms.finish_frame(first)
    second = rooms.frame(rooms.upload(), first)
    rooms.jobs.release(first)
    assert kept["frame"] not in rooms.transfers and not rooms.spool.path(kept["frame"]).exists()
    assert rooms.transfers.complete(kept["memory"])
    assert ready(rooms) == [second] and rooms.jobs.stranded() == []

    rooms = start()
    second = rooms.jobs.find(second.id)
    assert ready(rooms) == [second], "a restart lost the memory"
    before = rooms.jobs.before(second)
    assert before and before.state == RELEASED and before.results["memory"]["blob"] == kept["memory"]
    rooms.finish_frame(second)
    rooms.jobs.release(second)
    assert not list(rooms.spool.folder.iterdir())


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)])
def test_in_whatever_order_frames_are_released_nothing_is_left(rooms: Rooms, order: tuple[int, ...]) -> None:
    guide, jobs = rooms.upload(), []
    for _ in order:
        jobs.append(rooms.frame(guide, jobs[-1] if jobs else None))
        rooms.finish_frame(jobs[-1])
    for index in order:
        assert guide in rooms.transfers
        rooms.jobs.release(jobs[index])
    assert not list(rooms.spool.folder.iterdir()) and not list(rooms.ledger.blobs())


@pytest.mark.parametrize("end", [CANCELLED, FAILED])
def test_who_waits_for_a_memory_that_will_never_be_is_found(rooms: Rooms, end: str) -> None:
    blob = rooms.upload()
    first = rooms.frame(blob)
    second = rooms.frame(blob, first)
    third = rooms.frame(blob, second)
    rooms.jobs.move(first, end)
    assert ready(rooms) == [] and rooms.jobs.stranded() == [second]
    rooms.jobs.move(second, FAILED)
    assert rooms.jobs.stranded() == [third]
    for before in (first, second):
        with pytest.raises(WireError) as caught:
            rooms.frame(blob, before)
        assert (caught.value.code, caught.value.field) == ("UNKNOWN_JOB", "after")


def test_a_memory_lost_from_the_disk_is_not_waited_for(start: Callable[[], Rooms]) -> None:
    rooms = start()
    blob = rooms.upload()
    first = rooms.frame(blob)
    second = rooms.frame(blob, first)
    kept = rooms.finish_frame(first)
    rooms.spool.path(kept["memory"]).write_bytes(b"cut off")
    rooms = start()
    assert [job.id for job in rooms.jobs.stranded()] == [second.id]


def test_what_a_frame_came_to_is_told_again_after_a_restart(start: Callable[[], Rooms]) -> None:
    rooms = start()
    first = rooms.frame(rooms.upload())
    rooms.finish_frame(first)
    rooms = start()
    again = rooms.jobs.find(first.id)
    assert (again.state, again.request, again.results, again.facts) == (
        DONE,
        first.request,
        first.results,
        {"cut": False},
    )
    rooms.client = rooms.sessions.heard(b"client")
    rooms.jobs.adopt(again, rooms.client)
    rooms.jobs.tell_state(again)
    told = rooms.socket.sent[-1]
    assert told["facts"] == {"cut": False}
    assert content_of(told["results"]["frame"]) == FileInfo(len(DATA), ".exr")


def test_a_client_that_vanishes_leaves_nothing_for_ever(rooms: Rooms) -> None:
    first = rooms.frame(rooms.upload())
    rooms.finish_frame(first)
    second = rooms.frame(rooms.upload(), first)
    rooms.jobs.move(second, RUNNING)
    rooms.client.heard -= 10_000.0
    assert rooms.jobs.silent() == [], "a batch goes on without its client"
    rooms.jobs.move(second, CANCELLED)
    rooms.ledger._epoch -= KEEP_RESULTS + 60
    rooms.jobs.tidy()
    assert not list(rooms.spool.folder.iterdir()) and not list(rooms.ledger.jobs())


def test_released_frames_are_in_the_ledger_alone(rooms: Rooms) -> None:
    blob, last = rooms.upload(), None
    keeper = rooms.frame(blob)
    for _ in range(40):
        job = rooms.frame(blob, last)
        rooms.finish_frame(job)
        if last:
            rooms.jobs.release(last)
        last = job
    assert list(rooms.ledger.jobs()) == [rooms.jobs.find(keeper.id), rooms.jobs.find(last.id)]  # type: ignore[union-attr]
    assert rooms.jobs.count(QUEUED, DONE) == 2 and len(list(rooms.spool.folder.iterdir())) == 3
    assert rooms.jobs.find(job.request.after or b"").state == RELEASED


@pytest.mark.parametrize(
    ("changes", "code", "field", "allowed"),
    [
        ({"settings": {"kind": ".exr", "dream": {"octaves": 99}}}, "BAD_PARAM", "octaves", "1 to 16"),
        ({"settings": {"kind": ".exr", "frames": {"coherence": 2}}}, "BAD_PARAM", "coherence", "0.0 to 1.0"),
        ({"settings": {"kind": ".exr", "frames": {"coherense": 1}}}, "BAD_PARAM", "coherense", "coherence"),
        ({"settings": {"kind": ".exr", "frames": []}}, "BAD_PARAM", "frames", "a map"),
        ({"settings": {"kind": ".exr", "frames": [1]}}, "BAD_PARAM", "frames", "a map"),
        ({"settings": {"kind": "../x"}}, "BAD_PARAM", "kind", ".exr"),
        ({"settings": {}}, "BAD_PARAM", "kind", ".exr"),
        ({"settings": {"kind": ".exr", "octaves": 4}}, "BAD_PARAM", "settings", "dream"),
        ({"settings": {"kind": ".exr", "dream": {"network": "googlnet"}}}, "UNKNOWN_NETWORK", "network", "googlenet"),
        ({"inputs": {"picture": bytes(16)}}, "BAD_PARAM", "inputs", "frame"),
        ({"inputs": {"frame": bytes(16), "memory": bytes(16)}}, "BAD_PARAM", "inputs", "guide"),
        ({"kind": "zoom"}, "BAD_PARAM", "kind", "still or frame"),
        (
            {"kind": "still", "inputs": {"picture": bytes(16)}, "settings": {}, "after": bytes(16)},
            "BAD_PARAM",
            "after",
            "",
        ),
    ],
)
def test_a_frame_that_can_not_be_is_refused_naming_what_can(
    changes: dict[str, Any], code: str, field: str, allowed: str
) -> None:
    if changes.get("settings", {}).get("frames") == []:
        checked_request(FRAME | changes)  # nothing at all is all defaults
        return
    with pytest.raises(WireError) as caught:
        checked_request(FRAME | changes)
    assert (caught.value.code, caught.value.field) == (code, field), caught.value
    assert allowed in caught.value.allowed


def test_a_frame_is_written_down_with_every_default() -> None:
    request = checked_request(FRAME | {"urgency": "batch", "after": b"a" * 16})
    assert request.settings == {"dream": DreamSettings().record(), "frames": FrameSettings().record(), "kind": ".exr"}
    assert request.after == b"a" * 16


def test_files_and_pictures_are_not_taken_for_each_other() -> None:
    file = FileInfo(10, ".png")
    assert content_of(described(file)) == file and content_of(described(INFO)) == INFO
    kinds.KINDS["frame"].check_content("frame", file)
    kinds.KINDS["still"].check_content("picture", INFO)
    for kind, content in (("frame", INFO), ("still", file)):
        with pytest.raises(WireError) as caught:
            kinds.KINDS[kind].check_content("mask", content)
        assert (caught.value.code, caught.value.field) == ("BAD_PARAM", "inputs")


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"size": 10, "file": {"suffix": ".exr/../../x"}}, "BAD_PARAM", "file"),
        ({"size": 10, "file": {"suffix": "exr"}}, "BAD_PARAM", "file"),
        ({"size": 10, "file": {"suffix": ".a" * 40}}, "BAD_PARAM", "file"),
        ({"size": 10, "file": {}}, "BAD_PARAM", "file"),
        ({"size": 5 << 30, "file": {"suffix": ".exr"}}, "TOO_LARGE", "file"),
        ({"size": 10}, "BAD_PARAM", "picture"),
        ({"size": INFO.size, "picture": INFO.header(), "file": {"suffix": ".exr"}}, "BAD_PARAM", "picture"),
    ],
)
def test_a_file_that_can_not_be_is_refused_before_a_byte_moves(
    rooms: Rooms, fields: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(WireError) as caught:
        rooms.transfers.put(rooms.client, {"t": "PUT", "id": bytes(16), "blob": os.urandom(16), **fields})
    assert (caught.value.code, caught.value.field) == (code, field)


def test_settings_of_frames_and_of_dreams_have_names_of_their_own() -> None:
    assert not set(FrameSettings.specs()) & {*DreamSettings.specs(), "kind"}, "an error could not say which it means"


def test_where_is_read_before_anything_is_dreamed() -> None:
    try:
        FrameSettings.from_mapping({"where": "object("})
    except SettingError as error:
        with pytest.raises(WireError) as caught:
            checked_request(FRAME | {"settings": {"kind": ".exr", "frames": {"where": "object("}}})
        assert (caught.value.code, caught.value.field) == ("BAD_PARAM", error.field)
