"""``reverie bench engine``: what the engine promises, measured in one run on this machine, as ratios."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from ...dream.device import describe
from .card import card_rows
from .likeness import likeness_rows
from .row import HOLDS, Row
from .size import size_rows
from .speed import speed_rows


def run(console: Console, rounds: int = 9, quick: bool = False, report: Path | None = None) -> None:
    """Print every row as it is measured, then all as a table. ``report``: a JSON file to write them to as well.

    quick: fewer rounds, and nothing larger than 512².
    """
    where = describe(torch.device("cpu"))
    rows = []
    for row in _rows(3 if quick else rounds, quick):
        rows.append(row)
        console.print(f"{row.what}: {row.measured}", highlight=False, soft_wrap=True)
    table = Table("What", "Measured", "Bar", "Holds", title=f"The engine on {where.name}")
    for row in rows:
        table.add_row(row.what, row.measured, row.bar, HOLDS[row.holds])
    console.print(table)
    console.print("All weights are random: Kaiming's, with batch norm's statistics from noise.")
    if report is not None:
        facts = {"machine": where.name, "torch": torch.__version__, "rows": [dataclasses.asdict(row) for row in rows]}
        report.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _rows(rounds: int, quick: bool) -> Iterator[Row]:
    yield from speed_rows(rounds)
    yield from likeness_rows(quick)
    if not quick:
        yield from size_rows()
    yield from card_rows(rounds)
