"""``blender -b FILE.blend -c reverie animation``: the scene's animation, dreamed without a window."""

from __future__ import annotations

import argparse
import re
import sys

import bpy
from bpy.types import Scene

from .. import connection, pump
from ..problems import Problem
from . import dreaming

DONE, FAILED, USAGE, SOME_FAILED = 0, 1, 2, 3

_registered: object = None


def main(words: list[str]) -> int:
    """Run what the command line asks for; returns the exit status, as the help explains it."""
    try:
        asked = _parser().parse_args(words)
    except SystemExit as end:
        return int(end.code or 0)
    try:
        return _animation(asked)
    except Problem as problem:
        print(f"Reverie: {problem}", file=sys.stderr, flush=True)
        return FAILED
    except KeyboardInterrupt:
        dreaming.cancel()
        print("Reverie: stopped. The same command goes on where it ended.", file=sys.stderr, flush=True)
        return FAILED


def register() -> None:
    """Let Blender know the command."""
    global _registered
    _registered = bpy.utils.register_cli_command("reverie", main)


def unregister() -> None:
    """Let Blender forget it."""
    bpy.utils.unregister_cli_command(_registered)


def _animation(asked: argparse.Namespace) -> int:
    scene = _scene(asked.scene)
    if asked.server:
        connection.use(asked.server)
    group = scene.reverie_animation  # type: ignore[attr-defined]
    if asked.on_disk or asked.first:
        group.source = "DISK"
    group.first = asked.first or group.first
    group.folder = asked.to or group.folder
    if asked.frames:
        scene.frame_start, scene.frame_end = asked.frames
    pump.wait_for_server()
    begun = dreaming.begin(scene, anew=asked.anew, force=asked.force)
    dreaming.render(begun, wait=True)
    pump.wait_for_animation(begun)
    for trouble in begun.batch.failures:
        print(f"Reverie: frame {trouble.number}: {trouble.problem}. {trouble.hint}", file=sys.stderr, flush=True)
    return SOME_FAILED if begun.batch.failures else DONE


def _scene(name: str) -> Scene:
    if not name:
        return bpy.context.scene
    scene = bpy.data.scenes.get(name)
    if scene is None:
        raise Problem(f"There is no scene “{name}”.", f"There are: {', '.join(bpy.data.scenes.keys())}.")
    return scene


def _frames(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(-?\d+)(?:-(-?\d+))?", text)
    if not found or int(found[2] or found[1]) < int(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r} are no frames: write them as 1-60")
    return int(found[1]), int(found[2] or found[1])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="blender -b FILE.blend -c reverie",
        description="Reverie: dream inside Blender.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    animation = commands.add_parser(
        "animation",
        help="render and dream the scene's animation",
        description="Render the scene's animation and dream each frame while the next one renders, with the settings "
        "stored in the file. The same command again goes on where it ended.",
        epilog="Exit status: 0 all frames are dreamed; 1 it could not be done; 2 the command line is wrong; "
        "3 some frames failed, the others are dreamed.",
    )
    animation.add_argument(
        "--frames",
        type=_frames,
        metavar="A-B",
        help="these frames instead of the scene's range; the first begins afresh",
    )
    animation.add_argument("--server", metavar="ADDRESS", help="the dream server, instead of the preferences'")
    animation.add_argument("--on-disk", action="store_true", help="dream frames that were rendered before")
    animation.add_argument("--first", metavar="FILE", help="any of these frames, if they are not the scene's output")
    animation.add_argument("--to", metavar="FOLDER", help="where the dreamed frames go")
    animation.add_argument("--scene", metavar="NAME", default="", help="the scene, if not the active one")
    animation.add_argument("--anew", action="store_true", help="render all frames again, finished ones too")
    animation.add_argument("--force", action="store_true", help="replace files that were not dreamed there")
    return parser
