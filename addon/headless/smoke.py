"""Run inside a Blender with a fresh profile: install a zip of the extension, look at it, switch it off again.

Usage: ``… smoke.py ZIP``. The last line printed is a JSON object: ``blender`` (version), ``zmq`` (version),
``bundled`` (whether ZeroMQ came out of the zip) and ``problems`` (sentences; empty when all is well).
"""

import json
import os
import sys
import traceback

import bpy  # isort: split

import addon_utils  # to be found only once bpy is imported

NAME = "bl_ext.user_default.reverie"
OPERATORS = {"dream", "cancel", "toggle_original", "test_connection"}


def installed(path: str) -> list[str]:
    """Install and enable the zip; return what is wrong with it, in sentences."""
    try:
        bpy.ops.extensions.package_install_files(filepath=path, repo="user_default", enable_on_install=True)
    except RuntimeError as error:
        return [f"Installing failed: {error}"]
    problems = [f"Blender warns of {name}: {text}" for name, text in addon_utils._extensions_warnings_get().items()]
    if not addon_utils.check(NAME)[1]:
        problems.append("The add-on is not enabled after installing.")
    missing = OPERATORS - set(dir(bpy.ops.reverie))
    if missing:
        problems.append(f"Operators are missing: {', '.join(sorted(missing))}.")
    return problems


def switched_off() -> list[str]:
    """Disable the add-on; return what it left behind."""
    addon_utils.disable(NAME)
    left = set(dir(bpy.ops.reverie)) & OPERATORS
    return [f"Operators are still there after disabling: {', '.join(sorted(left))}."] if left else []


def main() -> dict[str, object]:
    """Do it all and return the record that is printed."""
    record: dict[str, object] = {"blender": bpy.app.version_string, "zmq": "", "bundled": False}
    problems = installed(sys.argv[-1])
    try:
        import msgpack  # noqa: F401 -- that it can be imported is what is tried
        import zmq

        record["zmq"] = zmq.__version__
        record["bundled"] = str(zmq.__file__).startswith(bpy.utils.user_resource("EXTENSIONS"))
        if not zmq.has("curve"):
            problems.append("ZeroMQ came without CURVE, its encryption.")
    except ImportError as error:
        problems.append(f"A wheel can't be imported: {error}.")
    record["problems"] = problems + switched_off()
    return record


if __name__ == "__main__":
    try:
        print(json.dumps(main()), flush=True)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)  # some versions hang at the end of a process with handlers
