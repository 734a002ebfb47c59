"""Keys with real sockets: who is let in, who is not, and what they are told."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq
from server_process import Guarded, guarded

from reverie.server.service.guard import Guard
from reverie.server.service.keyring import Keyring, Pairing
from reverie.server.service.listening import ListenError, listen, told
from reverie.shared.client import Client, ConnectionState
from reverie.shared.wire import keys
from reverie.shared.wire.address import Address, AddressError
from reverie.shared.wire.invite import INVITE, read_invite, write_invite


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    with guarded(tmp_path_factory.mktemp("guarded")) as server:
        yield server


@pytest.fixture
def context() -> Iterator[zmq.Context]:
    context = zmq.Context()
    yield context
    context.destroy(linger=0)


_visitors: list[Client] = []


@pytest.fixture(autouse=True)
def visitors_leave() -> Iterator[None]:
    yield
    while _visitors:
        _visitors.pop().close()


def visitor(address: Address, own: keys.KeyPair | None, name: str = "visitor") -> Client:
    _visitors.append(Client(address, name, own))
    return _visitors[-1]


def visit(address: Address, own: keys.KeyPair | None, code: str = "", until: float = 6.0) -> Client:
    """A client that has tried to connect, and either has or knows why not."""
    client = visitor(address, own)
    client.pair(code) if code else client.connect()
    wait(client, lambda: client.state in (ConnectionState.CONNECTED, ConnectionState.ERROR), until)
    return client


def wait(client: Client, over: object, until: float = 6.0) -> None:
    deadline = time.monotonic() + until
    while not over() and time.monotonic() < deadline:  # type: ignore[operator]
        if not client.pump():
            client.wait(0.02)


def problem(client: Client) -> tuple[str, str]:
    assert client.state is ConnectionState.ERROR and client.problem
    return client.problem.code, str(client.problem)


def test_a_stranger_is_told_to_pair_and_pairs_once(server: Guarded) -> None:
    own = keys.KeyPair.fresh()
    code, words = problem(visit(server.address, own))
    assert code == "NOT_PAIRED" and "reverie pair" in words
    told_code = Pairing(Keyring(server.folder)).open()
    wrong = f"{(int(told_code) + 1) % 10**6:06}"
    code, words = problem(visit(server.address, own, code=wrong))
    assert code == "NOT_PAIRED" and "tries left: 4" in words
    paired = visit(server.address, own, code=f" {told_code[:3]} {told_code[3:]}")
    assert paired.state is ConnectionState.CONNECTED
    assert not (server.folder / "pairing.json").exists()
    again = visit(server.address, own)
    assert again.state is ConnectionState.CONNECTED


def test_five_wrong_codes_end_the_pairing(server: Guarded) -> None:
    code = Pairing(Keyring(server.folder)).open()
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for _ in range(5):
        _, words = problem(visit(server.address, keys.KeyPair.fresh(), code=wrong))
    assert "five times" in words
    refused, _ = problem(visit(server.address, keys.KeyPair.fresh(), code=code))
    assert refused == "NOT_PAIRED"


def test_an_open_connection_is_cut_when_its_client_is_revoked(server: Guarded) -> None:
    own = keys.KeyPair.fresh()
    keyring = Keyring(server.folder)
    keyring.admit(keys.written(own.public), "laptop")
    client = visit(server.address, own)
    assert client.state is ConnectionState.CONNECTED
    assert Keyring(server.folder).revoke("laptop")
    client.refresh()
    wait(client, lambda: client.state is not ConnectionState.CONNECTED)
    assert problem(client)[0] in ("REVOKED", "NOT_PAIRED")
    assert problem(visit(server.address, own))[0] == "NOT_PAIRED"


def test_another_server_key_is_a_hard_stop_with_an_explanation(server: Guarded) -> None:
    own = keys.KeyPair.fresh()
    Keyring(server.folder).admit(keys.written(own.public), "laptop")
    other = Address(server.address.host, server.address.port, keys.KeyPair.fresh().public)
    code, words = problem(visit(other, own))
    assert code == "KEY_CHANGED" and keys.fingerprint(other.key) in words and "new line" in words


def test_without_a_key_nothing_is_accepted_and_the_way_out_is_told(server: Guarded) -> None:
    plain = Address(server.address.host, server.address.port)
    code, words = problem(visit(plain, None))
    assert code == "NOT_PAIRED" and "reverie://" in words


def test_when_nobody_judges_handshakes_nobody_comes_in(tmp_path: Path, context: zmq.Context) -> None:
    guard = Guard(context, tmp_path)
    _, address = listen(context, "tcp://127.0.0.1:0", guard)
    own = keys.KeyPair.fresh()
    guard.keyring.admit(keys.written(own.public), "laptop")
    guard.close()
    client = visit(address, own, until=2.0)
    assert client.state is not ConnectionState.CONNECTED


def test_a_judge_that_stumbles_lets_nobody_in_and_goes_on(server: Guarded) -> None:
    own = keys.KeyPair.fresh()
    keyring = Keyring(server.folder)
    keyring.admit(keys.written(own.public), "laptop")
    record = (server.folder / "clients.json").read_text()
    (server.folder / "clients.json").write_text("no JSON")
    assert visit(server.address, own, until=1.5).state is not ConnectionState.CONNECTED
    (server.folder / "clients.json").write_text(record)
    assert visit(server.address, own).state is ConnectionState.CONNECTED


def eavesdropped(port: int, heard: bytearray) -> int:
    """A proxy to ``port``, for one connection: all that goes through it is ``heard``. Returns its own port."""

    def carry(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                heard.extend(data)
                target.sendall(data)

    def take() -> None:
        near, _ = listener.accept()
        far = socket.create_connection(("127.0.0.1", port))
        threading.Thread(target=carry, args=(far, near), daemon=True).start()
        carry(near, far)

    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=take, daemon=True).start()
    return listener.getsockname()[1]


def test_an_eavesdropper_reads_nothing(server: Guarded) -> None:
    own = keys.KeyPair.fresh()
    Keyring(server.folder).admit(keys.written(own.public), "laptop")
    heard = bytearray()
    port = eavesdropped(server.address.port, heard)
    client = visitor(Address("127.0.0.1", port, server.address.key), own, "a very telling name")
    client.connect()
    wait(client, lambda: client.networks)
    assert client.networks and len(heard) > 1000
    for word in (b"a very telling name", b"networks", b"ornament", b"Reverie 0"):
        assert word not in bytes(heard)


def test_keys_are_private_from_birth(tmp_path: Path) -> None:
    keyring = Keyring(tmp_path / "keys")
    keyring.admit("key", "laptop")
    Pairing(keyring).open()
    for file in (tmp_path / "keys").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert Keyring(tmp_path / "keys").server == keyring.server


def test_names_stay_apart(tmp_path: Path) -> None:
    keyring = Keyring(tmp_path)
    assert [keyring.admit(key, "laptop").name for key in "abc"] == ["laptop", "laptop 2", "laptop 3"]
    assert keyring.rename("laptop 2", "tower") and not keyring.rename("tower", "laptop")
    assert not keyring.revoke("nobody") and keyring.revoke("tower") and not keyring.revoke("tower")
    assert json.loads((tmp_path / "clients.json").read_text())[1]["revoked"]


def test_beyond_this_machine_nothing_is_served_without_keys() -> None:
    for text in ("tcp://0.0.0.0:0", "*:0", "tcp://*:5571", "192.168.1.20", "[::]:0"):
        with pytest.raises(ListenError, match="without keys"):
            listen(zmq.Context.instance(), text)


def test_the_invite_leads_where_the_line_does(tmp_path: Path) -> None:
    address = told(Address("0.0.0.0", 5571, keys.KeyPair.fresh().public), "gpubox")
    write_invite(tmp_path / INVITE, address)
    assert read_invite(tmp_path / INVITE) == address == Address.parse(address.line)
    (tmp_path / "letter").write_text("Dear friend")
    with pytest.raises(AddressError, match="letter is no invite"):
        read_invite(tmp_path / "letter")
    with pytest.raises(AddressError, match="whole line"):
        Address.parse(address.line[:-3])


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "reverie", *arguments]
    return subprocess.run(
        command, env={**os.environ, "REVERIE_HOME": str(home)}, capture_output=True, text=True, timeout=60
    )


def test_two_people_pair_by_the_commands(server: Guarded, tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-m", "reverie", "pair"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as pairing:
        assert pairing.stdout
        code = "".join(filter(str.isdigit, pairing.stdout.readline().partition(". ")[0]))
        there = run(tmp_path, "pair", "--server", server.address.line, "--code", code)
        assert there.returncode == 0 and "knows this computer" in there.stdout, there
        assert pairing.wait(timeout=10) == 0 and "Paired with" in pairing.stdout.read()
    name = Keyring(server.folder).clients()[-1].name
    listed = run(server.folder.parent, "clients")
    assert name[:8] in listed.stdout
    assert run(server.folder.parent, "clients", "revoke", name).returncode == 0
    shut_out = run(tmp_path, "pair", "--server", server.address.line, "--code", code)
    assert shut_out.returncode == 2 and "reverie pair" in shut_out.stderr


def test_a_studio_hands_out_a_key(server: Guarded, tmp_path: Path) -> None:
    file = tmp_path / "keys" / "client.key"
    assert run(server.folder.parent, "clients", "add", "studio", str(file)).returncode == 0
    client = visit(server.address, keys.load(file))
    assert client.state is ConnectionState.CONNECTED
    assert run(server.folder.parent, "clients", "add", "studio", str(file)).returncode == 2


def test_the_keeper_alone_sees_every_job(server: Guarded) -> None:
    home = server.folder.parent
    listed = run(home, "jobs", "--json")
    assert listed.returncode == 0 and json.loads(listed.stdout) == [], listed
    shown = run(home, "top", "--once")
    assert shown.returncode == 0 and "idle" in shown.stdout and "GB for pictures" in shown.stdout, shown
    own = keys.KeyPair.fresh()
    Keyring(server.folder).admit(keys.written(own.public), "laptop")
    client = visit(server.address, own)
    for question in ({"t": "LEDGER"}, {"t": "PULSE"}, {"t": "RETRY", "job": bytes(16)}):
        heard: list[dict[str, object]] = []
        client._connection.send({"id": bytes(16), **question})
        deadline = time.monotonic() + 5
        while not heard and time.monotonic() < deadline:
            heard += [header for header, _ in client._connection.receive() if header["t"] == "ERR"]
        assert heard and "own computer" in str(heard[0]["msg"])
