"""``reverie jobs``: what the dream server on this computer has to do, and did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..service.serve import default_spool, running
from .asking import Asking, asking
from .failure import BadInput
from .progress import spoken

_STYLES = {"RUNNING": "green", "FAILED": "bold red", "CANCELLED": "dim", "DONE": "dim"}


@click.group("jobs", invoke_without_command=True)
@click.option("--spool", type=click.Path(file_okay=False, path_type=Path), help="That of the server, if not the usual.")
@click.option("--all", "every", is_flag=True, help="List every dream, not only the newest.")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON, for scripts.")
@click.pass_context
def command(ctx: click.Context, spool: Path | None, every: bool, as_json: bool) -> None:
    """List the newest dreams of all clients, show one, cancel it, or try it again."""
    ctx.obj = spool or default_spool()
    if ctx.invoked_subcommand is None:
        with asking(running(ctx.obj), "reverie jobs") as server:
            jobs = listed(server, every=every)
        if as_json:
            click.echo(json.dumps(jobs, indent=2))
        elif jobs:
            Console().print(table(jobs))
        else:
            click.echo("There are no dreams.")


@command.command("show")
@click.argument("job")
@click.pass_obj
def show(spool: Path, job: str) -> None:
    """Say all that is known of JOB, given by the beginning of its id."""
    with asking(running(spool), "reverie jobs") as server:
        found = _found(server, job)
    for name, value in found.items():
        click.echo(f"{name}: {spoken(value) + ' ago' if name == 'age' else value}")


@command.command("cancel")
@click.argument("job")
@click.pass_obj
def cancel(spool: Path, job: str) -> None:
    """End JOB."""
    with asking(running(spool), "reverie jobs") as server:
        found = _found(server, job)
        answer = server.ask("CANCEL", job=bytes.fromhex(found["job"]))
    click.echo(f"{found['job'][:8]} is {answer['state'].lower()}.")


@command.command("retry")
@click.argument("job")
@click.pass_obj
def retry(spool: Path, job: str) -> None:
    """Try JOB, which failed, once more; whoever asked for it finds the result."""
    with asking(running(spool), "reverie jobs") as server:
        found = _found(server, job)
        answer = server.ask("RETRY", job=bytes.fromhex(found["job"]))
    click.echo(f"{found['job'][:8]} is {answer['state'].lower()}.")


def listed(server: Asking, *, every: bool = False) -> list[dict[str, Any]]:
    """The newest jobs or all of them, the newest last, as JSON can hold them."""
    jobs = page = server.ask("LEDGER")["items"]
    while every and page:
        page = server.ask("LEDGER", skip=len(jobs))["items"]
        jobs = page + jobs
    return _written(jobs)


def _written(jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**item, "job": item["job"].hex()} for item in jobs]


def table(jobs: list[dict[str, Any]]) -> Table:
    """Jobs, a row each."""
    rows = Table("Id", "Kind", "State", "Urgency", "Tries", "Since", "")
    for job in jobs:
        state = f"[{_STYLES.get(job['state'], 'default')}]{job['state'].lower()}[/]"
        facts = (job["kind"], state, job["urgency"], str(job["attempt"]), spoken(job["age"]), escape(job["error"]))
        rows.add_row(job["job"][:8], *facts)
    return rows


def _found(server: Asking, beginning: str) -> dict[str, Any]:
    try:
        begins = bytes.fromhex(beginning[: len(beginning) // 2 * 2])
    except ValueError:
        raise BadInput(f"{beginning!r} is not the beginning of an id", "See reverie jobs.") from None
    asked = server.ask("LEDGER", begins=begins[:16])
    fitting = [job for job in _written(asked["items"]) if job["job"].startswith(beginning.lower())]
    if len(fitting) != 1:
        problem = f"{len(fitting)} dreams have an id that begins with {beginning!r}"
        raise BadInput(
            problem if fitting else f"No dream has an id that begins with {beginning!r}", "See reverie jobs."
        )
    return fitting[0]
