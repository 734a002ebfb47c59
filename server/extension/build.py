"""From the checkout to what an artist installs: one zip a platform, and a repository Blender can subscribe to."""

from __future__ import annotations

import shutil
import tempfile
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .builder import run_builder
from .errors import ExtensionError
from .tree import copy_extension
from .wheels import PLATFORMS, Target, default_cache, fetch


@dataclass(frozen=True, slots=True)
class Built:
    """The zips made, by Blender's name for the platform, and the wheels that could not be had for them."""

    zips: dict[str, Path]
    index: Path
    missing: tuple[Target, ...]


def build(out: Path, refresh: bool = False, fetched: Callable[[Target], None] = lambda _: None) -> Built:
    """Build a zip for every platform into ``out``, and the static repository that offers them.

    ``fetched`` is called for each wheel as it arrives. Raises `ExtensionError`.
    """
    wheels, missing = fetch(default_cache(), refresh, fetched)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="reverie-build-") as scratch:
        source = Path(scratch, "reverie")
        copy_extension(source)
        _bundle(wheels, source)
        run_builder("build", "--split-platforms", "--source-dir", source, "--output-dir", out)
        version = tomllib.loads((source / "blender_manifest.toml").read_text(encoding="utf-8"))["version"]
    zips = {name: out / f"reverie-{version}-{name.replace('-', '_')}.zip" for name in PLATFORMS}
    for path in zips.values():
        run_builder("validate", path)
    run_builder("server-generate", "--repo-dir", out, "--html")
    return Built(zips, out / "index.html", tuple(missing))


def _bundle(wheels: Sequence[Path], source: Path) -> None:
    """Copy the wheels into the tree and name them in its manifest, as Blender demands."""
    folder = source / "wheels"
    folder.mkdir()
    for wheel in wheels:
        shutil.copy2(wheel, folder)
    manifest = source / "blender_manifest.toml"
    # Plain keys must stand before the first table.
    keys, table, tables = manifest.read_text(encoding="utf-8").partition("\n[permissions]")
    if not table:
        raise ExtensionError(
            "blender_manifest.toml has no table [permissions].", "Put it back: the wheels go before it."
        )
    lines = ["", _array("platforms", list(PLATFORMS)), _array("wheels", [f"./wheels/{wheel.name}" for wheel in wheels])]
    manifest.write_text(keys + "\n".join(lines) + table + tables, encoding="utf-8")


def _array(key: str, values: Sequence[str]) -> str:
    return f"{key} = [\n" + "".join(f'  "{value}",\n' for value in values) + "]\n"
