"""The journal: what is written down outlives the process that wrote it, and belongs to one process at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.shared.client.journal import Entry, Journal

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
MAPS = st.dictionaries(st.text(), JSON, max_size=4)


def entry(number: int) -> Entry:
    return Entry(bytes([number]) * 16, "gpubox:5571", "still", {"octaves": 3}, {"image": "Büro"}, f"2026-01-0{number}")


@given(st.binary(min_size=16, max_size=16), st.text(), MAPS, MAPS, st.text())
def test_an_entry_is_read_as_it_was_written(job: bytes, server: str, settings: dict, about: dict, asked: str) -> None:
    whole = Entry(job, server, "still", settings, about, asked)
    assert Entry.read(whole.written()) == whole


@given(st.text() | JSON.map(str))
def test_nonsense_is_no_entry(text: str) -> None:
    with pytest.raises(ValueError):
        Entry.read(text)


def test_what_a_living_process_has_written_down_is_left_to_it(tmp_path: Path) -> None:
    one, other = Journal(tmp_path), Journal(tmp_path)
    one.note(entry(1))
    assert other.take_over() == [] and other.holds(entry(1).job)
    one.strike(entry(1).job)
    assert not other.holds(entry(1).job)
    one.close()
    assert list(tmp_path.iterdir()) == [], "an orderly end left something behind"


def test_what_an_ended_process_left_is_taken_over_once_the_oldest_first(tmp_path: Path) -> None:
    one, second, third = Journal(tmp_path), Journal(tmp_path), Journal(tmp_path)
    one.note(entry(2))
    one.note(entry(1))
    one.close()
    assert second.take_over() == [entry(1), entry(2)]
    assert third.take_over() == []
    second.strike(entry(1).job)
    second.close()
    assert third.take_over() == [entry(2)]


def test_what_can_not_be_read_is_passed_over(tmp_path: Path) -> None:
    one, other = Journal(tmp_path), Journal(tmp_path)
    one.note(entry(1))
    one.close()
    name = next(tmp_path.glob("*.json")).name.partition("-")[0]
    (tmp_path / f"{name}-{'ab' * 16}.json").write_text('{"job": ')
    (tmp_path / f"{name}-{'cd' * 16}.part").write_text("half")
    assert other.take_over() == [entry(1)]


# Notes one job after the other, telling of each once it is noted, until it is killed.
_WRITER = """
import sys
from pathlib import Path
from reverie.shared.client.journal import Entry, Journal
journal = Journal(Path(sys.argv[1]))
for number in range(100_000):
    journal.note(Entry(number.to_bytes(16), "here", "still", {}, {}, f"{number:06}"))
    sys.stdout.write(f"{number}\\n")
    sys.stdout.flush()
"""


def test_what_was_noted_is_there_after_a_kill(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _WRITER, tmp_path], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        for _ in range(25):
            writer.stdout.readline()
        assert Journal(tmp_path).take_over() == [], "a living process lost its entries"
        os.kill(writer.pid, signal.SIGKILL)
        rest = writer.stdout.read()
    told = 25 + len([line for line in rest.splitlines() if line])
    found = [int.from_bytes(each.job) for each in Journal(tmp_path).take_over()]
    assert found[:told] == list(range(told)) and len(found) <= told + 1
