"""From a finished render to its dream, in the scene's compositor where the node "Reverie" is.

Blender calls `begins`, `frame_begins`, `ends` and `cancelled` from the thread that renders when F12 was pressed in a
window. They only take notes there; everything else is done by `tend`, which the pump calls. The dream of the last
render is no dream of the next: the node lets a new render through as it is until its own dream is there.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import bpy
from bpy.types import Image, Scene

from .. import connection, dreams, images, notices, places, properties, showing
from ..animation import dreaming as animation
from ..compositing import render_pass
from ..compositing import tree as compositor
from ..dream import Dream
from ..problems import Problem
from . import region, taking

# How long a render may wait until the node in the compositor is muted, in seconds. Only the main thread may change the
# file, and it does so within a tick of the pump.
PATIENCE = 0.5
_NAME = "Render"


@dataclass(frozen=True, slots=True)
class _Under:
    """A dream under way, and the ``session_uid`` of the picture of the render that was made for it, if there is one."""

    dream: Dream
    source: int | None


_under_way: dict[int, _Under] = {}

# Notes of the thread that renders: scenes by ``session_uid``.
_frames = 0
_beginning: int | None = None
_finished: int | None = None
_unchanged: set[int] = set()
_noted = threading.Event()


def on(scene: Scene) -> Dream | None:
    """The dream of the scene's last render, while it is under way."""
    under = _under_way.get(scene.session_uid)
    return under.dream if under else None


def shown(scene: Scene) -> Image | None:
    """The dream of the scene's last render, once it is there."""
    return next((image for image in images.results() if image.reverie.rendered == scene.name), None)


def is_wanted() -> bool:
    """Whether any scene's renders are to be dreamt."""
    return any(scene.reverie_render.dream_after_render for scene in bpy.data.scenes)


def start(scene: Scene) -> Dream:
    """Dream on what was last rendered of ``scene``, in place of a dream of it that is still under way.

    Raises `Problem`.
    """
    settings = properties.read(scene.reverie).replace(output="picture")
    connection.get()
    picture = taking.take(scene, render_pass.layer(scene) or _layer(scene))
    part = region.of(scene, picture)
    cancel(scene)
    source = images.new_source(_NAME, part.cut(picture) if part else picture)
    source.reverie.rendered = scene.name
    try:
        further = properties.inputs(scene.reverie)
        dream = dreams.start(source, settings, replaces=taking.render_result(), inputs=further, home=scene, region=part)
    except Problem:
        bpy.data.images.remove(source)
        raise
    dream.name = _NAME
    _under_way[scene.session_uid] = _Under(dream, source.session_uid)
    return dream


def take_up(scene: Scene, dream: Dream) -> None:
    """Go on with a dream of the scene's last render, in place of one that is still under way."""
    cancel(scene)
    _under_way[scene.session_uid] = _Under(dream, None)


def cancel(scene: Scene) -> None:
    """Give up the dream of the scene's last render, if it is under way."""
    under = _under_way.get(scene.session_uid)
    if under:
        dreams.cancel(under.dream)
        tend()


def tend() -> bool:
    """Take in what the renderer noted and what the server has finished. True where it did something."""
    global _finished
    for uid, under in list(_under_way.items()):
        if under.dream not in dreams.running:
            del _under_way[uid]
            _land(under, _scene(uid))
            return True
    for uid in list(_unchanged):
        _unchanged.discard(uid)
        scene = _scene(uid)
        if scene:
            render_pass.wake(scene)
    if _finished is None:
        return False
    scene, _finished = _scene(_finished), None
    if scene:
        try:
            start(scene)
        except Problem as problem:
            notices.say("ERROR", problem.message, problem.hint)
    return True


def tend_beginning() -> None:
    """Have the node let a render through that is about to begin; the renderer waits for it."""
    global _beginning
    scene, _beginning = _scene(_beginning), None
    if scene:
        render_pass.await_dream(scene)
        _noted.set()


def begins(scene: Scene) -> None:
    """A render begins. Called from the thread that renders."""
    global _frames, _beginning
    _frames = 0
    if not scene.reverie_render.dream_after_render:
        return
    _noted.clear()
    _beginning = scene.session_uid
    if threading.current_thread() is threading.main_thread():
        tend_beginning()
    else:
        _noted.wait(PATIENCE)


def frame_begins() -> None:
    """A frame of it begins. Called from the thread that renders."""
    global _frames
    _frames += 1


def ends(scene: Scene) -> None:
    """It is finished. Called from the thread that renders."""
    global _finished
    if not scene.reverie_render.dream_after_render:
        return
    if _frames > 1 or animation.current():  # Frames of an animation are dreamt elsewhere.
        _unchanged.add(scene.session_uid)
    else:
        _finished = scene.session_uid


def cancelled(scene: Scene) -> None:
    """It was given up. Called from the thread that renders."""
    _unchanged.add(scene.session_uid)


def remove_leftovers() -> None:
    """Remove pictures of renders that were made for dreams that are over: undo and loading bring them back."""
    alive = {under.source for under in _under_way.values()}
    for image in list(bpy.data.images):
        if images.is_source(image) and image.session_uid not in alive:
            bpy.data.images.remove(image)


def after_load() -> None:
    """Another file is open: what is under way arrives in it as an image and nothing more."""
    _under_way.clear()
    remove_leftovers()


def _land(under: _Under, scene: Scene | None) -> None:
    """Put a dream that is over where the artist looks for it, in place of the one before."""
    source, image = images.by_uid(under.source), images.by_uid(under.dream.result)
    if source:
        bpy.data.images.remove(source)
    if image is None or scene is None:
        return
    old = shown(scene)
    image.reverie.rendered = scene.name
    if old:
        name = old.name
        old.user_remap(image)
        bpy.data.images.remove(old)
        image.name = name
    nodes, result = compositor.of(scene), taking.render_result()
    # Where Blender composites anew the Render Result is the picture; elsewhere the dream is.
    if render_pass.show(scene, image) and nodes and result and places.is_edited(nodes):
        places.swap(image, result, None)
    showing.push_undo("Dream Render")


def _layer(scene: Scene) -> str:
    """The view layer the artist works in, if it is rendered, else the first that is."""
    windows = bpy.context.window_manager.windows
    active = [window.view_layer for window in windows if window.scene == scene]
    if bpy.context.scene == scene and bpy.context.view_layer:
        active.append(bpy.context.view_layer)
    return next((layer.name for layer in (*active, *scene.view_layers) if layer.use), scene.view_layers[0].name)


def _scene(uid: int | None) -> Scene | None:
    return next((scene for scene in bpy.data.scenes if scene.session_uid == uid), None)
