"""The spool: an upload may stop at any instant, and nothing damaged is ever taken for whole."""

from __future__ import annotations

import os
import shutil
import tempfile
import zlib
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from reverie.server.service.spool import Spool
from reverie.shared.wire.blobs import CHUNK

BLOB = bytes(range(16))
# Four chunks, the last one short.
DATA = os.urandom(4096) * (3 * CHUNK // 4096) + os.urandom(777)
COUNT = 4


def chunk(index: int) -> memoryview:
    return memoryview(DATA)[index * CHUNK : (index + 1) * CHUNK]


class Receiving(RuleBasedStateMachine):
    """Chunks in any order, crashes, and bytes that rot on disk while nobody looks."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.spool = Spool(self.folder)
        self.incoming = self.spool.receive(BLOB, len(DATA))
        self.here: set[int] = set()

    @rule(index=st.integers(0, COUNT - 1))
    def put(self, index: int) -> None:
        self.incoming.write(index, chunk(index), zlib.crc32(chunk(index)))
        self.incoming.have.add(index)
        self.here.add(index)

    @rule()
    def restart(self) -> None:
        self.incoming = Spool(self.folder).receive(BLOB, len(DATA))

    @precondition(lambda self: self.here)
    @rule(data=st.data())
    def rot(self, data: st.DataObject) -> None:
        """A chunk whose bytes never reached the disk is asked for again."""
        index = data.draw(st.sampled_from(sorted(self.here)))
        with self.spool.part(BLOB).open("r+b") as file:
            file.seek(index * CHUNK + data.draw(st.integers(0, len(chunk(index)) - 1)))
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 1]))
        self.here.remove(index)
        self.incoming = Spool(self.folder).receive(BLOB, len(DATA))

    @precondition(lambda self: self.incoming.have.full)
    @rule()
    def settle(self) -> None:
        self.incoming.settle()
        assert bytes(self.spool.map(BLOB)) == DATA
        assert not self.spool.part(BLOB).exists()
        self.spool.remove(BLOB)
        self.here.clear()
        self.incoming = self.spool.receive(BLOB, len(DATA))

    @invariant()
    def knows_what_is_here(self) -> None:
        assert {index for index in range(COUNT) if index in self.incoming.have} == self.here
        assert not self.spool.path(BLOB).exists()

    def teardown(self) -> None:
        shutil.rmtree(self.folder)


TestReceiving = Receiving.TestCase
TestReceiving.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)


def test_a_blob_cut_off_just_before_its_name_lacks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = Spool(tmp_path)
    incoming = spool.receive(BLOB, len(DATA))
    for index in range(COUNT):
        chunk = memoryview(DATA)[index * CHUNK : (index + 1) * CHUNK]
        incoming.write(index, chunk, zlib.crc32(chunk))
        incoming.have.add(index)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", _cut_off)
        with pytest.raises(InterruptedError):
            incoming.settle()
    again = Spool(tmp_path).receive(BLOB, len(DATA))
    assert again.have.full and again.checksums == incoming.checksums
    again.settle()
    assert bytes(spool.map(BLOB)) == DATA


def _cut_off(path: Path, target: Path) -> None:
    raise InterruptedError


def test_a_written_blob_is_there_at_once_and_whole(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.write(BLOB, memoryview(DATA))
    assert bytes(spool.map(BLOB)) == DATA
    assert spool.size(BLOB) == len(DATA)
    assert not spool.part(BLOB).exists()


def test_a_sweep_keeps_what_is_known(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.write(BLOB, memoryview(b"kept"))
    spool.receive(bytes(16), 10)
    spool.write(b"x" * 16, memoryview(b"nobody's"))
    (tmp_path / "stray").write_bytes(b"")
    spool.sweep([BLOB, bytes(16)])
    assert {file.name for file in tmp_path.iterdir()} == {BLOB.hex(), f"{bytes(16).hex()}.part"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk that is always full")
def test_a_full_disk_is_an_error_and_no_chunk(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    incoming = spool.receive(BLOB, len(DATA))
    spool.part(BLOB).unlink()
    spool.part(BLOB).symlink_to("/dev/full")
    with pytest.raises(OSError):
        incoming.write(0, chunk(0), zlib.crc32(chunk(0)))
    assert 0 not in incoming.have
