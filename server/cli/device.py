"""The option that says where to compute."""

from __future__ import annotations

import click

device_option = click.option(
    "--device",
    default="auto",
    metavar="NAME",
    help="Where to compute: auto, cpu, cuda:0 (a graphics card by number) or mps.  [default: auto]",
)
