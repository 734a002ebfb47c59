"""Fetching torchvision's ImageNet weights, on demand, checked, and never half a file."""

from __future__ import annotations

import hashlib
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

from . import store
from .architecture import Architecture
from .architectures import ARCHITECTURES
from .catalogue import NetworkInfo, built_in
from .weights import MissingWeights, WeightsError

Progress = Callable[[int, int], None]
_BLOCK = 1 << 20
_TIMEOUT = 30.0  # seconds without a byte before a connection counts as broken


class DownloadFailed(WeightsError):
    """The weights could not be fetched; nothing is left behind."""


def install(network: NetworkInfo, progress: Progress | None = None, *, url: str | None = None) -> None:
    """Fetch the weights of one of torchvision's networks, unless they are here.

    progress: called as progress(done_bytes, total_bytes); total is 0 where the server does not tell.
    url: fetch from here rather than from where torchvision says; the checksum stays the same.
    Raises `DownloadFailed`, and `MissingWeights` for an added network whose file is gone.
    """
    if network.installed:
        return
    if network.name not in built_in():
        raise missing_weights(network)
    architecture = ARCHITECTURES[network.name]
    _fetch(architecture, url or weights_url(architecture), progress or (lambda done, total: None))


def weights_url(architecture: Architecture) -> str:
    """Where torchvision says its weights can be had."""
    from torchvision.models import get_model_weights  # slow to import, and seldom needed

    return next(
        weights.url
        for weights in get_model_weights(architecture.builder)
        if weights.url.endswith(architecture.weights_file)
    )


def missing_weights(network: NetworkInfo) -> MissingWeights:
    """The error that tells which file is missing, where it can be had and where to put it."""
    if network.name not in built_in():
        path = store.tensors_path(network.name)
        return MissingWeights(
            f"The weights of {network.name} are gone: {path} is missing",
            f"Add the network again with: reverie networks add FILE --architecture {network.architecture} "
            f"--as {network.name}",
        )
    architecture = ARCHITECTURES[network.name]
    path = store.weights_path(architecture.weights_file)
    return MissingWeights(
        f"The weights of {architecture.title} are not on this machine: {path.name} is missing",
        f"Run: reverie networks install {network.name}. Without a connection, fetch {weights_url(architecture)} "
        f"on another machine and put it at {path}",
    )


def _fetch(architecture: Architecture, url: str, progress: Progress) -> None:
    target = store.weights_path(architecture.weights_file)
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        digest = _stream(url, part, progress)
        expected = target.stem.rpartition("-")[2]
        if not digest.startswith(expected):
            raise DownloadFailed(
                f"{target.name} arrived damaged: its checksum is {digest[:8]}, not {expected}",
                f"Try again; if it happens twice, fetch {url} another way and put it at {target}",
            )
        part.replace(target)
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise DownloadFailed(
            f"{target.name} could not be fetched: {reason}",
            f"Check the connection and try again, or fetch {url} another way and put it at {target}",
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _stream(url: str, part: Path, progress: Progress) -> str:
    """Write what ``url`` delivers to ``part``; returns its SHA-256. Raises OSError when it ends too early."""
    digest = hashlib.sha256()
    with urllib.request.urlopen(url, timeout=_TIMEOUT) as response, part.open("wb") as file:
        total, done = int(response.headers.get("Content-Length") or 0), 0
        while block := response.read(_BLOCK):
            file.write(block)
            digest.update(block)
            done += len(block)
            progress(done, total)
    if done < total:
        raise OSError(f"the connection broke after {done} of {total} bytes")
    return digest.hexdigest()
