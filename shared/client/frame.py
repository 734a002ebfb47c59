"""A frame of an animation asked of a server."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ..frames.frame import FrameFile, FrameRequest, FrameResult
from ..frames.keys import VERSION
from ..wire.content import FileInfo
from .job import RemoteJob, senseless
from .transfers import Download, Upload

# What a memory looks like to whoever can't read it: the server keeps it, and the client says whose it is.
_MEMORY = b"reverie:after:"


class RemoteFrame(RemoteJob):
    """The client's half of a frame. result: the frame, once DONE.

    Its id follows from all that it depends on: the same request is the same job, so a client that was killed finds
    what it had asked for, done or under way. after: the job of the frame before, whose memory it goes on from; that
    one need not be done yet. The server keeps it, done, until it is told to let go (`Client.release`).
    """

    kind = "frame"
    wanted = "frame"
    kept = True
    repeatable = True

    def __init__(self, request: FrameRequest, after: bytes | None, urgency: str = "batch") -> None:
        files = {"frame": request.frame, "mask": request.mask, "guide": request.guide, "passes": request.passes}
        uploads = {name: _upload(file) for name, file in files.items() if file}
        self.after = after
        self.settings = {
            "dream": request.settings.record(),
            "frames": request.frames.record(),
            "kind": request.kind,
        }
        self.result: FrameResult | None = None
        super().__init__(uploads, urgency, self._id(uploads))

    def _id(self, uploads: Mapping[str, Upload]) -> bytes:
        inputs = {name: upload.blob.hex() for name, upload in uploads.items()}
        whole = [VERSION, self.settings, inputs, self.after.hex() if self.after else None]
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).digest()[:16]

    def _request(self) -> dict[str, Any]:
        return {"settings": self.settings} | ({"after": self.after} if self.after else {})

    def _receive(self, download: Download, facts: Mapping[str, Any]) -> None:
        if not isinstance(download.content, FileInfo):
            raise senseless()
        file = FrameFile(download.content.suffix, download.data.data)
        warnings = facts.get("warnings")
        said = tuple(map(str, warnings)) if isinstance(warnings, list) else ()
        self.result = FrameResult(file, memory_of(self.job), facts.get("cut") is True, said)


def memory_of(job: bytes) -> bytes:
    """The memory of a frame, as its result brings it: a word for that which the server keeps."""
    return _MEMORY + job


def job_of(memory: bytes) -> bytes | None:
    """The job whose memory that is; None for what is no word of a server's."""
    job = memory.removeprefix(_MEMORY)
    return job if memory.startswith(_MEMORY) and len(job) == 16 else None


def _upload(file: FrameFile) -> Upload:
    digest = file.digest or hashlib.sha256(file.data).hexdigest()
    blob = hashlib.sha256(f"{file.suffix} {digest}".encode()).digest()[:16]
    return Upload(memoryview(file.data), FileInfo(len(file.data), file.suffix), blob)
