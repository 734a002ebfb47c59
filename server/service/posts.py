"""What worker processes are started as: one for each device of this machine, or one for a cluster."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# Read by Ray as it is imported.
_RAY = {
    "RAY_AUTH_MODE": "token",
    "RAY_USAGE_STATS_ENABLED": "0",
    # Started by `uv run`, it would send this folder around and have every machine install it anew.
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    # After so many seconds without the cluster's head Ray gives up.
    "RAY_gcs_rpc_server_reconnect_timeout_s": "15",
}


@dataclass(frozen=True, slots=True)
class Post:
    """What a worker process is started as. name: for the log. module: what it runs. terms: what it is told besides.

    environment: what it finds there besides.
    """

    name: str
    module: str
    terms: Mapping[str, Any]
    environment: Mapping[str, str] = field(default_factory=dict)


def processes(devices: Sequence[str]) -> list[Post]:
    """One worker for each device, as `pick_device` takes it."""
    return [Post(device, "reverie.server.service.worker", {"device": device}) for device in devices]


def cluster(address: str, devices: Sequence[str]) -> list[Post]:
    """The worker for the Ray cluster whose head is at ``address``, host:port; "" for one of this machine alone.

    devices: as `places` takes them. Who may use a cluster is decided by a token: in ``RAY_AUTH_TOKEN`` or where
    ``RAY_AUTH_TOKEN_PATH`` says, or else in the file that ``ray get-auth-token`` makes.
    """
    environment = dict(_RAY)
    if not address:
        # The second is what makes Ray on Linux, too, stay on 127.0.0.1.
        environment |= {"RAY_AUTH_TOKEN": secrets.token_hex(32), "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
    name = f"the Ray cluster {address}" if address else "a Ray cluster of this machine alone"
    terms = {"cluster": address, "devices": list(devices)}
    return [Post(name, "reverie.server.service.cluster", terms, environment)]
