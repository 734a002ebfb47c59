"""Renders motifs one after the other, as it is told: ``… render.py SIDE``, one JSON object a line on standard input.

``{"motif": name, "seeds": [ints], "path": file}`` is answered with ``{"made": file}`` or ``{"failure": sentence}`` on
standard output; Blender writes lines of its own between them. It ends with the input. ``… render.py --list`` prints
the names of all motifs instead.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path

import numpy as np
import studio
from families import MOTIFS


def make(name: str, seeds: list[int], path: Path) -> None:
    """Render the motif that these seeds make into ``path``, a PNG that appears whole or not at all."""
    rng = np.random.default_rng(seeds)
    chosen = MOTIFS[name]
    studio.clear()
    chosen.build(rng)
    studio.light(rng)
    studio.frame(rng, chosen.above, chosen.around)
    # Blender puts its suffix after any other one.
    part = path.with_name(f"{path.stem}.part.png")
    studio.render(int(rng.integers(1 << 30)), part)
    part.replace(path)


def serve(side: int) -> None:
    """Answer the orders on standard input."""
    studio.open_studio(side)
    for line in sys.stdin:
        order = json.loads(line)
        try:
            make(order["motif"], order["seeds"], Path(order["path"]))
        except Exception as error:  # told to the one who ordered, who names the motif
            traceback.print_exc()
            tell({"failure": f"{type(error).__name__}: {error}"})
        else:
            tell({"made": order["path"]})


def tell(what: dict) -> None:
    """One line to the program that started this one."""
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "--list":
        tell({"motifs": sorted(MOTIFS)})
    else:
        serve(int(sys.argv[1]))
    sys.stdout.flush()
    os._exit(0)  # nothing of Blender's long farewell is needed
