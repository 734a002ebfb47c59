"""``reverie pair``: let a computer in; and on the other side, be let in."""

from __future__ import annotations

import time

import click

from ..service.keyring import PAIRING_TIME, Keyring, Pairing
from ..service.serve import default_keys
from .progress import spoken


@click.command("pair")
@click.option("--server", metavar="LINE", help="Be let in at the server of this line instead; asks for its code.")
@click.option("--code", metavar="DIGITS", help="The code, where nobody is there to be asked.")
def command(server: str | None, code: str | None) -> None:
    """Let a computer speak to the dream server on this one, for five minutes and by a code of six digits.

    Blender asks for the code once. Where there is no Blender, `reverie pair --server LINE` does.
    """
    if server:
        _be_let_in(server, code or click.prompt("The code that reverie pair shows there"))
    else:
        _let_in()


def _let_in() -> None:
    keyring = Keyring(default_keys())
    pairing = Pairing(keyring)
    before = {client.key for client in keyring.clients() if not client.revoked}
    code = pairing.open()
    click.echo(f"The code is {code[:3]} {code[3:]}. It holds for {spoken(PAIRING_TIME)}, for one computer.")
    ends = time.monotonic() + PAIRING_TIME
    try:
        while time.monotonic() < ends:
            new = [client for client in keyring.clients() if client.key not in before and not client.revoked]
            if new:
                click.echo(f"Paired with {new[0].name}. It may dream here until you revoke it: reverie clients")
                return
            if not pairing.file.exists():
                click.echo("Five wrong codes: nobody was let in. Run reverie pair again for another code.", err=True)
                click.get_current_context().exit(1)
            time.sleep(0.2)
    finally:
        pairing.close()
    click.echo("Nobody came. Run reverie pair again for another code.", err=True)
    click.get_current_context().exit(1)


def _be_let_in(line: str, code: str) -> None:
    from .remote import answered, client_for

    client = client_for(line, "reverie pair")
    try:
        client.pair(code)
        server = answered(client)
        click.echo(f"Paired: {server.name} at {client.address} knows this computer from now on.")
    finally:
        client.close()
