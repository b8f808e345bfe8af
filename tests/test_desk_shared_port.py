"""A desk that is paired over a port of its host is told, when it is paired and at each check, who else can use it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from journalist_interface.commands import main
from keys.intake_key import load_intake_key
from tests.desk_office import Office, new_office
from tests.onion_names import onion_name

WARNING = "every program of this host can use it too"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk, and beside it the pairing file of a source host with onion services."""
    with new_office(tmp_path / "desk") as made:
        fingerprint = load_intake_key(made.desk.paths.intake_key).fingerprint
        fields = {"candour_pairing": 1, "token": "A" * 43, "fingerprint": fingerprint}
        (tmp_path / "pairing.json").write_text(json.dumps(fields | {"door_url": f"http://{onion_name()}"}))
        yield made


WAYS = {"127.0.0.1:9050": True, "[::1]:9050": True, "unix:/run/tor/socks": False}


@pytest.mark.parametrize("socks", WAYS)
def test_a_port_is_warned_of_and_a_socket_is_not(office: Office, tmp_path: Path, socks: str) -> None:
    """It is taken all the same, with what to do instead; `check` calls it a warning and no fault."""
    given = ["--data", str(office.folder), "--pairing", str(tmp_path / "pairing.json"), "--socks", socks]
    paired = CliRunner().invoke(main, ["pair", *given])
    assert paired.exit_code == 0, paired.output
    checked = CliRunner().invoke(main, ["check", "--data", str(office.folder)]).output
    for said in (paired.output, checked):
        assert (WARNING in said) is WAYS[socks]
        assert ("SocksPort unix:" in said) is WAYS[socks]
    assert (f"warn  Tor's SOCKS at {socks}" in checked) is WAYS[socks]
