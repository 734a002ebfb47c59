"""The animation that is being dreamed: begun, moved on, paused, given up.

It is no part of the file: it goes on when another one is loaded, and what it has done lies in the folder of its dreams.
"""

from __future__ import annotations

import threading
import time
from collections import deque

import bpy
from bpy.types import Scene

from ...shared.frames.batch import Batch, BatchState
from ...shared.frames.errors import BatchError, Stopped
from ...shared.frames.frame import Executor
from ...shared.frames.run import Run
from .. import connection, notices
from ..problems import Problem
from . import demands, plans
from .plans import Plan
from .rendering import Rendered

# Background mode tells of the progress at most so often, in seconds.
_TELL_EVERY = 1.0
# The states in which a frame is on its way to or from the server, and how long to wait for it at a time, in seconds.
_IN_TRANSIT = ("SENDING", "RECEIVING")
_NAP = 0.005


class DreamedAnimation:
    """An animation under way. It holds no datablock.

    problem: why it ended before its time. A render hands its frames on from a thread of its own: `offer`, `rendered`
    and `give_up` may be called there.
    """

    def __init__(self, scene: Scene, plan: Plan) -> None:
        """Open the folder of the dreams. Raises `Problem`."""
        self.scene = scene.session_uid
        self.title = f"{scene.name}: {plan.job.folder}"
        self.plan = plan
        self.problem: Problem | None = None
        self.is_rendering = self.is_rendered = False
        self._news: deque[Rendered | Problem | None] = deque()
        self._moving = threading.Lock()
        self._told: set[str] = set()
        self._told_at = 0.0
        try:
            self.batch = Batch(plan.job)
            self._executor = _executor()
            self._run = Run(self.batch, self._executor)
        except (BatchError, Stopped) as error:
            raise Problem(f"{error}.", _hint(error.hint)) from None
        except OSError as error:
            raise Problem(f"{plan.job.folder} can't be read: {error.strerror}.", "Choose another folder.") from None

    @property
    def is_paused(self) -> bool:
        """Whether no further frame is begun for now."""
        return self.batch.state is BatchState.PAUSED

    @property
    def fraction(self) -> float:
        """How far it has come, 0..1."""
        progress = self.batch.progress
        return min((progress.finished + progress.share) / progress.total, 1.0)

    @property
    def status(self) -> str:
        """How it goes, for a progress bar: ``12 of 60 · 1.3 fps · 0:48 left``."""
        progress = self.batch.progress
        words = [f"{progress.finished} of {progress.total}"]
        if self.is_paused:
            words.append("Paused")
        elif not connection.is_connected():
            words.append("Waiting for the server")
        elif not progress.now and self.is_rendering:
            words.append("Waiting for the render")
        else:
            if progress.rate:
                words.append(_speed(progress.rate))
            if progress.seconds_left is not None:
                words.append(f"{_clock(progress.seconds_left)} left")
        if progress.failed:
            words.append(f"{progress.failed} failed")
        return " · ".join(words)

    def offer(self, files: Rendered) -> None:
        """A frame is rendered, and all that belongs beside it is there."""
        self._news.append(files)

    def rendered(self) -> None:
        """No further frame will come."""
        self._news.append(None)

    def give_up(self, problem: Problem) -> None:
        """The render ended before its time."""
        self._news.append(problem)

    def pause(self, paused: bool = True) -> None:
        """Begin no further frame, or go on."""
        (self.batch.pause if paused else self.batch.resume)()

    def cancel(self) -> None:
        """Stop here."""
        self._run.cancel()

    def move(self) -> bool:
        """Do what can be done now, for a few milliseconds. True where there is more to do at once."""
        if not self._moving.acquire(blocking=False):
            return False
        try:
            self._take_news()
            more = self._run.advance()
            self._tell()
            return more and not self.batch.ended
        finally:
            self._moving.release()

    def close(self) -> None:
        """Let the server go."""
        self._executor.close()

    def _take_news(self) -> None:
        while self._news:
            match self._news.popleft():
                case Rendered() as files:
                    self.plan.offer(files)
                case Problem() as problem:
                    self.is_rendered = True
                    self.problem = problem
                    self._run.cancel()
                    notices.say("WARNING", problem.message, problem.hint)
                case None:
                    self.is_rendered = True
                    self.plan.ended()

    def _tell(self) -> None:
        for warning, number in self.batch.warnings.items():
            if warning not in self._told:
                self._told.add(warning)
                notices.say("WARNING", f"Frame {number}: {warning}")
        now = time.monotonic()
        if bpy.app.background and now - self._told_at > _TELL_EVERY and not self.batch.ended:
            self._told_at = now
            print(f"Reverie: {self.status}", flush=True)


_current: DreamedAnimation | None = None


def current() -> DreamedAnimation | None:
    """The animation being dreamed, if there is one."""
    return _current


def begin(scene: Scene, *, anew: bool = False, force: bool = False) -> DreamedAnimation:
    """Dream the animation of ``scene`` as its settings say; returns at once, before anything is rendered.

    anew: render frames again that an unfinished run has rendered. force: replace files that were not dreamed here, or
    changed since. Raises `Problem`.
    """
    global _current
    if _current is not None:
        raise Problem("An animation is being dreamed already.", "Wait for it, or cancel it.")
    plan = plans.made(scene, anew=anew, force=force)
    _current = DreamedAnimation(scene, plan)
    notices.clear()
    return _current


def render(animation: DreamedAnimation, *, wait: bool) -> None:
    """Render the frames that are still to come, if there are any. wait: return when they are. Raises `Problem`."""
    scene, plan = scene_of(animation), animation.plan
    if not plan.needs_render or scene is None:
        plan.ended()
        return
    if plan.note:
        notices.say("INFO", plan.note)
    demands.change(scene, plan.changes)
    animation.is_rendering = True
    try:
        how = "EXEC_DEFAULT" if wait else "INVOKE_DEFAULT"
        if bpy.ops.render.render(how, animation=True, scene=scene.name) == {"CANCELLED"}:
            animation.give_up(Problem("Blender could not begin to render."))
    except RuntimeError as error:
        animation.give_up(Problem(str(error).strip().removeprefix("Error: ")))


def tend() -> bool:
    """Move the animation on, and end it when it is over. True where there is more to do at once."""
    animation = _current
    if animation is None:
        return False
    more = animation.move()
    scene = scene_of(animation)
    if animation.is_rendered and animation.is_rendering:
        animation.is_rendering = False
        if scene:
            demands.restore(scene)
    if animation.batch.ended and not animation.is_rendering:
        _end(animation)
    return more


def move_on() -> bool:
    """Move the animation on from inside a render that blocks everything else: touches nothing of the file."""
    client = connection.current()
    if _current is None or client is None:
        return False
    more = _current.move()
    return client.pump() or more


def settle(seconds: float) -> None:
    """Move the animation on until all frames that are there are on the server, and all it has dreamed is here.

    So the server has work for as long as the next frame renders, though nobody may move the animation on meanwhile.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        client = connection.current()
        if _current is None or client is None or not connection.is_connected():
            return
        if not move_on():
            if not any(job.state.name in _IN_TRANSIT for job in client.jobs):
                return
            client.wait(_NAP)


def cancel() -> None:
    """Give the animation up; what is dreamed stays. A render that is under way goes on by itself."""
    if _current:
        _current.cancel()
        if not _current.is_rendering:
            _end(_current)


def is_unfinished(scene: Scene) -> bool:
    """Whether a render of this scene was begun here and not finished."""
    return plans.is_unfinished(scene)


def scene_of(animation: DreamedAnimation) -> Scene | None:
    """The scene it was begun on, if its file is still open."""
    return next((scene for scene in bpy.data.scenes if scene.session_uid == animation.scene), None)


def _end(animation: DreamedAnimation) -> None:
    global _current
    _current = None
    animation.close()
    batch, progress = animation.batch, animation.batch.progress
    there = f"{progress.done + progress.skipped} of {progress.total} frames are dreamed"
    if batch.state is BatchState.STOPPED:
        animation.problem = Problem(f"{batch.problem}.", batch.hint)
        notices.say("ERROR", f"{batch.problem}.", batch.hint)
    elif batch.state is BatchState.CANCELLED:
        notices.say("INFO", f"{there}.", "Dream Animation goes on from there.")
    elif batch.failures:
        first = batch.failures[0]
        notices.say("WARNING", f"{there}. Frame {first.number}: {first.problem}.", first.hint)
    else:
        animation.plan.tidy()
        notices.say("INFO", f"{there}: {batch.job.folder}")


def _executor() -> Executor:
    from ...shared.client.frames import WireExecutor

    return WireExecutor(connection.get())


def _hint(text: str) -> str:
    """What to do, where there is no command line to say it on."""
    return text if bpy.app.background else text.replace("have them replaced (--force)", "remove them")


def _speed(rate: float) -> str:
    return f"{rate:.2g} fps" if rate >= 0.1 else f"{_clock(1 / rate)} a frame"


def _clock(seconds: float) -> str:
    whole = round(seconds)
    hours = f"{whole // 3600}:{whole // 60 % 60:02}" if whole >= 3600 else f"{whole // 60}"
    return f"{hours}:{whole % 60:02}"


def leave() -> None:
    """The add-on goes: drop what is under way."""
    global _current
    if _current:
        _current.cancel()
        _current.close()
        _current = None
    for scene in bpy.data.scenes:
        demands.restore(scene)
