"""What can be asked of a zoom film besides its dreams: declared here, once."""

from __future__ import annotations

from dataclasses import dataclass

from .declaration import Choice, Declared, setting


@dataclass(frozen=True)
class Film(Declared):
    """What holds for the whole of a film."""

    frames: int = setting(
        100, "Frames", "How many frames the film has. They are numbered from 1", hard=(1, 100_000), soft=(1, 1000)
    )
    fps: float = setting(
        24.0, "Frame Rate", "How many frames a second the video shows", hard=(1.0, 240.0), soft=(12.0, 60.0)
    )
    width: int = setting(
        1280, "Width", "Of a film that starts from noise", hard=(16, 16384), soft=(64, 4096), unit="px"
    )
    height: int = setting(
        720, "Height", "Of a film that starts from noise", hard=(16, 16384), soft=(64, 4096), unit="px"
    )


@dataclass(frozen=True)
class Motion(Declared):
    """How a film moves from one frame to the next. The defaults are those of Google's notebook of 2015."""

    zoom: float = setting(
        0.05,
        "Zoom",
        "How far each frame goes into the one before: 0.05 leaves a twentieth of it outside. Below 0 goes out",
        hard=(-1.0, 0.9),
        soft=(-0.1, 0.1),
    )
    turn: float = setting(
        0.0,
        "Turn",
        "By how much each frame turns, anticlockwise",
        hard=(-180.0, 180.0),
        soft=(-10.0, 10.0),
        unit="degrees",
    )
    shift_x: float = setting(
        0.0, "Shift X", "How far each frame moves to the right, as a share of its width", hard=(-1.0, 1.0)
    )
    shift_y: float = setting(
        0.0, "Shift Y", "How far each frame moves down, as a share of its height", hard=(-1.0, 1.0)
    )
    centre_x: float = setting(
        0.5, "Centre X", "What is zoomed into and turned about: 0 is the left edge, 1 the right", hard=(-1.0, 2.0)
    )
    centre_y: float = setting(
        0.5, "Centre Y", "What is zoomed into and turned about: 0 is the top edge, 1 the bottom", hard=(-1.0, 2.0)
    )
    edge: str = setting(
        "mirror",
        "Edge",
        "What comes into sight from beyond the edges; along a seamless axis always the other side",
        choices=(
            Choice("mirror", "Mirror", "The picture mirrored at its edges"),
            Choice("repeat", "Repeat", "The picture again"),
        ),
    )
