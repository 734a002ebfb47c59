"""``reverie clients``: who may speak to the dream server on this machine."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ...shared.wire import keys
from ..service.keyring import Client, Keyring
from ..service.serve import default_keys
from .failure import BadInput


@click.group("clients", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON, for scripts.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the computers that may dream here, and change who may."""
    if ctx.invoked_subcommand is None:
        clients = Keyring(default_keys()).clients()
        if as_json:
            click.echo(json.dumps([_plain(client) for client in clients], indent=2))
        elif clients:
            Console().print(_table(clients))
        else:
            click.echo("Nobody may dream here from another computer yet. Let one in with: reverie pair")


@command.command("revoke")
@click.argument("name")
def revoke(name: str) -> None:
    """Shut NAME out at once, even if it is connected now."""
    if not Keyring(default_keys()).revoke(name):
        raise BadInput(f"Nobody called {name!r} is let in", "reverie clients lists who is.")
    click.echo(f"{name} is shut out.")


@command.command("rename")
@click.argument("name")
@click.argument("new")
def rename(name: str, new: str) -> None:
    """Call NAME by the name NEW."""
    if not Keyring(default_keys()).rename(name, new):
        raise BadInput(f"There is no {name!r}, or there is a {new!r} already", "reverie clients lists all names.")
    click.echo(f"{name} is called {new} from now on.")


@command.command("add")
@click.argument("name")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def add(name: str, file: Path) -> None:
    """Make a key for NAME, let it in, and write it to FILE.

    For studios: hand out FILE under the name client.key beside the server's invite, and nobody has to pair.
    """
    if file.exists():
        raise BadInput(f"{file} exists already", "Give another name: an old key is never overwritten.")
    pair = keys.KeyPair.fresh()
    keys.keep(file, pair)
    client = Keyring(default_keys()).admit(keys.written(pair.public), name)
    click.echo(f"{client.name} may dream here with {file}. Whoever has that file does: keep it private.")


def _plain(client: Client) -> dict[str, object]:
    print_ = keys.fingerprint(keys.read(client.key))
    return {"name": client.name, "fingerprint": print_, "since": _day(client), "revoked": client.revoked}


def _table(clients: list[Client]) -> Table:
    table = Table("Name", "Fingerprint", "Since", "")
    for client in clients:
        facts = _plain(client)
        state = "revoked" if client.revoked else ""
        table.add_row(escape(client.name), str(facts["fingerprint"]), _day(client), state)
    return table


def _day(client: Client) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(client.since))
