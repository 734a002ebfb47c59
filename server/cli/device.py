"""The option that says where to compute."""

from __future__ import annotations

import click

device_option = click.option(
    "--device",
    default="auto",
    metavar="NAME",
    help="Where to compute: auto, cpu, cuda:0 (a graphics card by number) or mps.  [default: auto]",
)


def _names(ctx: click.Context, param: click.Parameter, value: str) -> list[str]:
    if value.strip() != "all":
        return [name.strip() for name in value.split(",")]
    from ..dream.device import available

    # The processor would only hold graphics cards up.
    return [name for name in available() if name != "cpu"] or ["cpu"]


devices_option = click.option(
    "--device",
    "devices",
    default="auto",
    metavar="NAMES",
    callback=_names,
    help="Where to compute: auto, cpu, cuda:0 (a graphics card by number) or mps; several as cuda:0,cuda:1, or all. "
    "Each dreams shots of its own.  [default: auto]",
)
