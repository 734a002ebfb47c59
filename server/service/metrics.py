"""Metrics: how the server does, for Prometheus to read.

Text over HTTP, on this machine's loopback alone, and answering nothing but GET.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import GaugeMetricFamily, Metric


@dataclass(frozen=True, slots=True)
class Reading:
    """How the server does at one moment. jobs: how many there are in each state. clients: who has been heard of late.
    free: bytes of the spool. working: whether each device is at work, by its name.
    """

    jobs: dict[str, int] = field(default_factory=dict)
    clients: int = 0
    free: int = 0
    working: dict[str, bool] = field(default_factory=dict)


class Metrics:
    """Answers at ``port`` of the loopback, from threads of its own. ``reading``: the newest one; any thread may ask."""

    def __init__(self, port: int, reading: Callable[[], Reading]) -> None:
        """Raises `OSError` where the port is taken."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Collector(reading))
        self._server = make_server("127.0.0.1", port, _only_get(make_wsgi_app(registry)), handler_class=_Silent)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()


class _Collector:
    def __init__(self, reading: Callable[[], Reading]) -> None:
        self._reading = reading

    def collect(self) -> Iterator[Metric]:
        now = self._reading()
        jobs = GaugeMetricFamily("reverie_jobs", "Dreams that are not released, by state", labels=["state"])
        for state, count in now.jobs.items():
            jobs.add_metric([state.lower()], count)
        working = GaugeMetricFamily("reverie_device_working", "Whether a device dreams just now", labels=["device"])
        for device, works in now.working.items():
            working.add_metric([device], works)
        yield from (jobs, working)
        yield GaugeMetricFamily("reverie_clients", "Clients heard within the last minute", value=now.clients)
        yield GaugeMetricFamily("reverie_spool_free_bytes", "Room left for pictures", value=now.free)


class _Silent(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each question."""


def _only_get(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    def answer(environ: dict[str, object], start: Callable[..., object]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET":
            start("405 Method Not Allowed", [("Allow", "GET"), ("Content-Length", "0")])
            return []
        return app(environ, start)

    return answer
