"""Power cuts: what is left of a server's spool when only that survives which was fsynced."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest


class Supply:
    """Watches what is fsynced under ``root``; `cut` gives the folder as a disk would have it after a power cut."""

    def __init__(self, folder: Path, root: Path) -> None:
        """``folder``: for its own use. Skips the test where there is no C compiler."""
        compiler = shutil.which("cc")
        if compiler is None or not Path("/proc/self/fd").is_dir():
            pytest.skip("needs a C compiler and Linux")
        self._root = root
        self._shadow = folder / "shadow"
        for name in ("files", "folders"):
            (self._shadow / name).mkdir(parents=True)
        library = folder / "power.so"
        source = Path(__file__).with_name("power.c")
        subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
        self.environment = {"LD_PRELOAD": str(library), "POWER_ROOT": str(root), "POWER_SHADOW": str(self._shadow)}

    def cut(self, into: Path) -> Path:
        """Lay down in ``into`` what survives; the server must have ended."""
        self._lay(self._root, into)
        return into

    def _lay(self, source: Path, into: Path) -> None:
        into.mkdir()
        names = self._shadow / "folders" / str(source).replace("/", "%")
        if not names.exists():
            return
        for line in names.read_text().splitlines():
            inode, is_folder, name = line.split(" ", 2)
            if is_folder == "1":
                self._lay(source / name, into / name)
                continue
            kept = self._shadow / "files" / inode
            if kept.exists():
                shutil.copyfile(kept, into / name)
            else:
                (into / name).touch()
