"""The doctor finds what is wrong, says so in words, and says nothing to strangers."""

from __future__ import annotations

import dataclasses
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from server_process import guarded

from reverie.server.cli import main
from reverie.server.service.keyring import Keyring
from reverie.shared.client.doctor import Doctor, Finding
from reverie.shared.wire import keys
from reverie.shared.wire.address import Address

OWN = keys.KeyPair.fresh()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    with guarded(tmp_path_factory.mktemp("examined")) as server:
        Keyring(server.folder).admit(keys.written(OWN.public), "laptop")
        yield server.address


def examined(address: Address, own: keys.KeyPair | None = OWN, *, online: bool = True) -> Doctor:
    doctor = Doctor(address, own, online=online)
    while doctor.advance():
        doctor.wait(0.02)
    return doctor


def wrong(doctor: Doctor) -> Finding:
    """The only thing that is wrong; there is always something to do about it."""
    (found,) = [found for found in doctor.findings if found.fine is False]
    assert found.hint and not doctor.healthy
    return found


def test_all_is_well_with_a_server_of_ours(address: Address) -> None:
    doctor = examined(address)
    assert doctor.healthy, doctor.report()
    assert [found.question for found in doctor.findings] == [
        *("Name", "Access", "Port", "Handshake", "Protocol", "Key", "Pairing"),
        *("Device", "Networks", "Space", "Round trip", "Bandwidth"),
    ]
    text = {found.question: found.text for found in doctor.findings}
    assert "ornament" in text["Networks"] and "MB/s" in text["Bandwidth"].replace("GB/s", "MB/s")
    report = doctor.report()
    for secret in (address.host, keys.fingerprint(address.key), keys.written(address.key)):
        assert secret not in report


def test_each_thing_that_can_be_wrong_is_told_apart(address: Address) -> None:
    nowhere = dataclasses.replace(address, host="no-such-machine.invalid")
    assert wrong(examined(nowhere)).question == "Name"
    assert wrong(examined(dataclasses.replace(address, host="192.0.2.1"), online=False)).question == "Access"
    assert wrong(examined(dataclasses.replace(address, port=1))).question == "Port"
    assert wrong(examined(address, keys.KeyPair.fresh())).question == "Pairing"
    other = dataclasses.replace(address, key=keys.KeyPair.fresh().public)
    assert wrong(examined(other)).question == "Key"
    assert wrong(examined(dataclasses.replace(address, key=b""), None)).question == "Pairing"


def test_another_program_at_the_port_is_no_dream_server() -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        found = wrong(examined(Address("127.0.0.1", web.server_port), None))
        web.shutdown()
    assert found.question == "Handshake" and "not a dream server" in found.text


def test_the_command_ends_in_a_code_for_scripts(address: Address, tmp_path: Path) -> None:
    environment = {"REVERIE_HOME": str(tmp_path)}
    keys.keep(tmp_path / "keys" / "client.key", OWN)
    well = CliRunner().invoke(main, ["doctor", address.line, "--report"], env=environment)
    assert well.exit_code == 0 and "Bandwidth" in well.output and address.host not in well.output
    ill = CliRunner().invoke(main, ["doctor", "127.0.0.1:1"], env=environment)
    assert ill.exit_code == 1 and "reverie serve --listen tcp://127.0.0.1:1" in ill.output
