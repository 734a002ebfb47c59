"""``reverie doctor``: what keeps us from a dream server."""

from __future__ import annotations

import click
from rich.console import Console
from rich.text import Text

from ...shared.client.doctor import Doctor, Finding
from ...shared.wire.address import Address
from .remote import key_for


@click.command("doctor")
@click.argument("address", default="")
@click.option("--report", is_flag=True, help="Print a report to send to somebody, without names and keys.")
def command(address: str, report: bool) -> None:
    """Examine the way to the dream server at ADDRESS, a host and port or the line it printed; nothing for this machine.

    Every line passes, or says what is wrong and what to do. The exit code is 1 when something is wrong.
    """
    where = Address.parse(address)
    console = Console(highlight=False)
    doctor = Doctor(where, key_for(where))
    told = 0
    try:
        while True:
            going_on = doctor.advance()
            for found in [] if report else doctor.findings[told:]:
                console.print(_line(found))
            told = len(doctor.findings)
            if not going_on:
                break
            doctor.wait(0.02)
    finally:
        doctor.close()
    if report:
        click.echo(doctor.report())
    click.get_current_context().exit(0 if doctor.healthy else 1)


def _line(found: Finding) -> Text:
    mark, style = {True: ("✓", "green"), False: ("✗", "bold red"), None: ("·", "dim")}[found.fine]
    line = Text.assemble((f"{mark} ", style), (f"{found.question:<11}", "bold"), found.text)
    return line.append(f"\n{'':13}{found.hint}", "dim") if found.hint else line
