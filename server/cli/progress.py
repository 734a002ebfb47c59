"""How far a dream has come: a bar on a terminal, plain lines in a pipe."""

from __future__ import annotations

import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

# Seconds between two lines in a pipe.
_PAUSE = 1.0


class StepProgress:
    """Shows the steps of a dream while it is entered as a context; until the first, a terminal sees that it is busy."""

    def __init__(self, title: str, unit: str = "step") -> None:
        console = Console(highlight=False)
        # Through the bar's own console where there is one: only that one knows how to write above it.
        self._warnings = console if console.is_terminal else Console(highlight=False, stderr=True, soft_wrap=True)
        self._bar: Progress | None = None
        if console.is_terminal:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[left]}"),
            )
            self._bar = Progress(*columns, console=console, transient=True)
            self._task = self._bar.add_task(title, total=None, left="")
        self._title, self._unit = title, unit
        self._step = 0
        self._told = -_PAUSE

    def __enter__(self) -> StepProgress:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *raised: object) -> None:
        if self._bar:
            self._bar.stop()

    def update(self, step: int, steps: int, seconds_left: float | None, share: float = 0.0, pace: str = "") -> None:
        """Show that ``step`` of ``steps`` is done and how many seconds the rest is thought to take.

        share: how much of the next step is done already. pace: how fast it goes, in words.
        """
        left = "" if seconds_left is None or step == steps else f"{spoken(seconds_left)} left"
        left = ", ".join(filter(None, (pace, left)))
        if self._bar:
            self._bar.update(self._task, completed=step + share, total=steps, left=left)
        elif step > self._step and (step == steps or time.monotonic() - self._told >= _PAUSE):
            self._step, self._told = step, time.monotonic()
            print(f"{self._title}: {self._unit} {step} of {steps}" + (f", {left}" if left else ""), flush=True)

    def warn(self, warning: str) -> None:
        """Say something on standard error, above the bar."""
        self._warnings.print(f"{self._title}: {warning}")


def spoken(seconds: float) -> str:
    """A duration as people say it: ``under 1 s``, ``8 s``, ``2 min 5 s``, ``1 h 12 min``."""
    if seconds < 1:
        return "under 1 s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
