"""A small dream server in a thread, whose misbehaviour a test can script.

Its dream is the picture's negative for ``strength`` above 0 and the picture itself for 0, so that a test sees
whether the right bytes came back; of a frame it is `dreamed_frame`. It shares only `shared/` with the real server.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
import zlib
from typing import Any

import zmq

from reverie.shared.picture import Picture, PictureInfo
from reverie.shared.wire.blobs import CHUNK, Bitmap, check_chunk, chunk_header
from reverie.shared.wire.codec import decode, encode
from reverie.shared.wire.content import Content, FileInfo, content_of, described
from reverie.shared.wire.errors import WireError
from reverie.shared.wire.sockets import CREDIT, server_socket


class ScriptedServer:
    """Answers as PROTOCOL says, except where told otherwise.

    refuse: an error for the next SUBMITs, popped one by one. damage: how many chunks of results are sent with
    a wrong crc. deny_chunks: how many incoming chunks are called damaged. silent: takes everything and says
    nothing. steps: progress events per dream, each ``step_seconds`` apart. warnings: told of each dream.
    settings, inputs: what each dream was asked with. released: the jobs let go of, whose results are gone.
    """

    def __init__(self, port: int = 0, steps: int = 3, step_seconds: float = 0.0) -> None:
        self.steps, self.step_seconds = steps, step_seconds
        self.refuse: list[WireError] = []
        self.damage = self.deny_chunks = 0
        self.silent = False
        self.seen: list[str] = []
        self.cancelled: list[bytes] = []
        self.settings: list[dict[str, Any]] = []
        self.inputs: list[dict[str, Picture]] = []
        self.released: list[bytes] = []
        self.dreamt: list[bytes] = []
        self.warnings: list[str] = []
        self._infos: dict[bytes, Content] = {}
        self._blobs: dict[bytes, bytearray] = {}
        self._here: dict[bytes, Bitmap] = {}
        self._jobs: dict[bytes, dict[str, Any]] = {}
        self._memories: dict[bytes, bytes] = {}
        self._events: dict[bytes, list[dict[str, Any]]] = {}
        self._askers: dict[bytes, bytes] = {}
        self._context = zmq.Context()
        self._socket = server_socket(self._context)
        self.port = self._socket.bind_to_random_port("tcp://127.0.0.1") if port == 0 else port
        if port:
            self._socket.bind(f"tcp://127.0.0.1:{port}")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def close(self) -> None:
        """Vanish as a killed server does: with nothing kept."""
        self._stop.set()
        self._thread.join(5)
        self._context.destroy(linger=0)

    def forget(self) -> None:
        """Lose every job and blob, as a server with a new spool has."""
        for store in (self._infos, self._blobs, self._here, self._jobs, self._events):
            store.clear()

    def _run(self) -> None:
        while not self._stop.is_set():
            if self._socket.poll(20):
                client, *frames = self._socket.recv_multipart()
                if not self.silent:
                    self._take(client, frames)

    def _take(self, client: bytes, frames: list[bytes]) -> None:
        request: bytes | None = None
        try:
            header = decode(frames[0])
            request = header.get("id")
            self.seen.append(header["t"])
            getattr(self, f"_on_{header['t'].lower()}")(client, header, frames[-1])
        except WireError as error:
            self._send(client, {"t": "ERR", "re": error.request_id or request, **error.details()})

    def _send(self, client: bytes, header: dict[str, Any], chunk: bytes | None = None) -> None:
        frames = [client, encode(header)] + ([chunk] if chunk is not None else [])
        with contextlib.suppress(zmq.ZMQError):  # The client may be gone.
            self._socket.send_multipart(frames)

    def _on_hello(self, client: bytes, header: dict[str, Any], _: bytes) -> None:
        welcome = {"t": "WELCOME", "re": header["id"], "server": "scripted", "boot": os.urandom(16)}
        self._send(client, welcome | {"features": [], "limits": {}, "credit": CREDIT, "devices": []})

    def _on_ping(self, client: bytes, header: dict[str, Any], _: bytes) -> None:
        self._send(client, {"t": "PONG", "re": header.get("id")})

    def _on_pong(self, *_: Any) -> None:
        pass

    def _on_list(self, client: bytes, header: dict[str, Any], _: bytes) -> None:
        network = {"name": "reverie", "title": "Reverie", "layers": ["strokes"], "installed": True, "classes": 2}
        network["class_names"] = ["castle-tower", "daisy"]
        self._send(client, {"t": "LISTING", "re": header["id"], "items": [network]})

    def _on_put(self, client: bytes, header: dict[str, Any], _: bytes) -> None:
        blob = header["blob"]
        if blob not in self._blobs:
            self._infos[blob] = content_of(header)
            self._blobs[blob], self._here[blob] = bytearray(header["size"]), Bitmap(header["size"])
        have = {"t": "HAVE", "re": header["id"], "blob": blob, "have": bytes(self._here[blob]), "credit": CREDIT}
        self._send(client, have)
        self._dream_what_can_be(client)

    def _on_chunk(self, client: bytes, header: dict[str, Any], chunk: bytes) -> None:
        blob, at = header["blob"], header["at"]
        if blob not in self._blobs:
            raise WireError("UNKNOWN_BLOB", "There is no such blob.")
        index = check_chunk(header, chunk, len(self._blobs[blob]))
        if self.deny_chunks > 0:
            self.deny_chunks -= 1
            error = WireError("BAD_CHUNK", "A piece arrived damaged.")
            self._send(client, {"t": "ERR", "blob": blob, "at": at, **error.details()})
            return
        self._blobs[blob][at : at + len(chunk)] = chunk
        self._here[blob].add(index)
        self._send(client, {"t": "ACK", "blob": blob, "at": at, "full": self._here[blob].full})
        self._dream_what_can_be(client)

    def _on_submit(self, client: bytes, header: dict[str, Any], _: bytes) -> None:
        if self.refuse:
            raise_error = self.refuse.pop(0)
            raise_error.request_id = header["id"]
            raise raise_error
        self.settings.append(header["settings"])
        job = self._jobs.setdefault(header["job"], {**header, "state": "RECEIVING"})
        self._send(client, {"t": "ACCEPTED", "re": header["id"], "job": header["job"], "state": job["state"]})
        self._dream_what_can_be(client)

    def _dream_what_can_be(self, client: bytes) -> None:
        for job_id, job in list(self._jobs.items()):
            here = all(given in self._here and self._here[given].full for given in job["inputs"].values())
            before = self._jobs.get(job.get("after") or b"", {}).get("state", "DONE" if not job.get("after") else "")
            if job["state"] != "RECEIVING" or not here:
                continue
            if before == "DONE":
                self._dream(client, job_id)
            elif before not in ("RECEIVING", "RUNNING"):
                job["state"] = "FAILED"
                error = WireError("UNKNOWN_JOB", "The memory is gone.", field="after").details()
                self._event(client, job_id, {"kind": "state", "state": "FAILED", "error": error})

    def _dream(self, client: bytes, job_id: bytes) -> None:
        job = self._jobs[job_id]
        job["state"] = "RUNNING"
        self.dreamt.append(job_id)
        self._event(client, job_id, {"kind": "state", "state": "RUNNING"})
        for warning in self.warnings:
            self._event(client, job_id, {"kind": "warning", "msg": warning})
        for step in range(1, self.steps + 1):
            time.sleep(self.step_seconds)
            if self._socket.poll(0):
                self._take(*_split(self._socket.recv_multipart()))
            if job["state"] != "RUNNING" or self._stop.is_set():
                return
            left = (self.steps - step) * self.step_seconds
            self._event(
                client, job_id, {"kind": "progress", "step": step, "steps": self.steps, "seconds_left": float(left)}
            )
        results = self._still(job) if job["kind"] == "still" else self._frame(job_id, job)
        job["state"] = "DONE"
        facts = {"cut": False, "warnings": ["Read this."]} if job["kind"] == "frame" else {}
        self._event(client, job_id, {"kind": "state", "state": "DONE", "results": results, "facts": facts})
        self._dream_what_can_be(client)

    def _still(self, job: dict[str, Any]) -> dict[str, Any]:
        inputs = {name: self._picture(given) for name, given in job["inputs"].items()}
        self.inputs.append(inputs)
        picture = inputs["picture"]
        pixels = picture.pixels if job["settings"]["strength"] == 0 else _negative(picture)
        return {"picture": self._keep(picture.info, pixels.tobytes())}

    def _frame(self, job_id: bytes, job: dict[str, Any]) -> dict[str, Any]:
        """The memory is the dream itself."""
        before = self._memories.get(job.get("after") or b"", b"")
        frame = bytes(self._blobs[job["inputs"]["frame"]])
        self._memories[job_id] = dreamed_frame(frame, job["settings"]["dream"]["strength"], before)
        return {"frame": self._keep(FileInfo(len(frame), job["settings"]["kind"]), self._memories[job_id])}

    def _keep(self, content: Content, data: bytes) -> dict[str, Any]:
        blob = os.urandom(16)
        self._infos[blob], self._blobs[blob] = content, bytearray(data)
        return {"blob": blob, **described(content)}

    def _picture(self, blob: bytes) -> Picture:
        info = self._infos[blob]
        assert isinstance(info, PictureInfo)
        return Picture.from_bytes(info, self._blobs[blob])

    def _event(self, client: bytes, job: bytes, fields: dict[str, Any]) -> None:
        events = self._events.setdefault(job, [])
        events.append({"t": "EVENT", "job": job, "n": len(events) + 1, **fields})
        self._send(self._askers.get(job, client), events[-1])

    def _on_status(self, client: bytes, header: dict[str, Any], _: bytes) -> None:
        states = [{"job": job, "state": self._jobs.get(job, {}).get("state", "UNKNOWN")} for job in header["jobs"]]
        self._send(client, {"t": "LISTING", "re": header["id"], "items": states})
        for job in header["jobs"]:
            self._askers[job] = client
            for event in self._events.get(job, []):
                if event["n"] > header["since"]:
                    self._send(client, event)

    def _on_get(self, client: bytes, header: dict[str, Any], _: bytes) -> None:
        data = self._blobs.get(header["blob"])
        if data is None:
            raise WireError("UNKNOWN_BLOB", "There is no such blob.")
        for index in Bitmap(len(data), header["have"]).missing():
            chunk = bytes(data[index * CHUNK : (index + 1) * CHUNK])
            message = chunk_header(header["blob"], index * CHUNK, chunk) | {"re": header["id"]}
            if self.damage > 0:
                self.damage -= 1
                message["crc"] ^= 1
            self._send(client, message, chunk)

    def _on_ack(self, *_: Any) -> None:
        pass

    def _on_cancel(self, client: bytes, header: dict[str, Any], _: bytes) -> None:
        self.cancelled.append(header["job"])
        if header["job"] in self._jobs:
            self._jobs[header["job"]]["state"] = "CANCELLED"
        self._send(client, {"t": "CANCELLED", "re": header["id"], "job": header["job"], "state": "CANCELLED"})

    def _on_release(self, client: bytes, header: dict[str, Any], _: bytes) -> None:
        self.released.append(header["job"])
        if header["job"] in self._jobs:
            self._jobs[header["job"]]["state"] = "RELEASED"
        self._send(client, {"t": "RELEASED", "re": header["id"], "job": header["job"]})


def dreamed_frame(frame: bytes, strength: float, before: bytes) -> bytes:
    """The scripted dream of a frame, which takes after the dream of the frame ``before``; as long as the frame."""
    tint = zlib.crc32(before) + round(100 * strength)
    return frame.translate(bytes((byte + tint) & 0xFF for byte in range(256)))


def _split(frames: list[bytes]) -> tuple[bytes, list[bytes]]:
    return frames[0], frames[1:]


def _negative(picture: Picture):
    one = {"u8": 255, "u16": 65535}.get(picture.info.dtype, 1)
    return (one - picture.pixels).astype(picture.info.numpy_dtype)
