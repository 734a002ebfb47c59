"""This computer's keys, by which servers know it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from . import preferences
from .problems import Problem

if TYPE_CHECKING:
    from ..shared.wire.address import Address
    from ..shared.wire.keys import KeyPair

# The key that a studio hands out lies beside its invite under this name.
STUDIO_KEY = "client.key"


def own(server: Address) -> KeyPair | None:
    """Our key pair for ``server``: the one that came with its invite, else this computer's, made on first use. None
    for a server without keys. Raises `Problem`.
    """
    from ..shared.wire import keys

    if not server.key:
        return None
    given = _given(server)
    path = given if given.exists() else _folder() / STUDIO_KEY
    try:
        return keys.own(path)
    except (OSError, keys.KeyTextError) as error:
        raise Problem(
            f"This computer's key can't be read: {error}", f"Remove {path}, and pair with the server anew."
        ) from None


def open_invite(path: Path) -> Address:
    """Where the invite at ``path`` leads; a key beside it is taken over. Raises `Problem`."""
    from ..shared.wire import keys
    from ..shared.wire.address import AddressError
    from ..shared.wire.invite import read_invite

    beside = path.with_name(STUDIO_KEY)
    try:
        server = read_invite(path)
        if beside.exists():
            keys.load(beside)
            shutil.copyfile(beside, _given(server))
            _given(server).chmod(0o600)
    except (AddressError, keys.KeyTextError) as error:
        raise Problem(str(error)) from None
    except OSError as error:
        raise Problem(f"{path.name} can't be opened: {error.strerror}.", "Choose another file.") from None
    return server


def _given(server: Address) -> Path:
    from ..shared.wire import keys

    return _folder() / f"{keys.written(server.key)[:16]}.key"


def _folder() -> Path:
    """Private to this person: Blender's own folder for what the extension writes."""
    return Path(bpy.utils.extension_path_user(preferences.PACKAGE, path="keys", create=True))
