"""Power cuts: what is left of a server's spool when only that survives which was fsynced."""

from __future__ import annotations

import shutil
from pathlib import Path

from preload import library


class Supply:
    """Watches what is fsynced under ``root``; `cut` gives the folder as a disk would have it after a power cut."""

    def __init__(self, folder: Path, root: Path) -> None:
        """``folder``: for its own use. Skips the test where there is no C compiler."""
        self._root = root
        self._shadow = folder / "shadow"
        for name in ("files", "folders"):
            (self._shadow / name).mkdir(parents=True)
        about = {"POWER_ROOT": str(root), "POWER_SHADOW": str(self._shadow)}
        self.environment = {"LD_PRELOAD": library("power", folder), **about}

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
