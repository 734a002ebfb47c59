"""What a script in headless Blender reports: lines of JSON among Blender's own (`addon/headless/report.py`)."""

from __future__ import annotations

import json
from typing import Any


def read_report(line: str) -> dict[str, Any]:
    """What the script tells in this line; empty for a line of Blender's own."""
    if not line.startswith("{"):
        return {}
    try:
        return json.loads(line)
    except ValueError:
        return {}
