"""`candour-desk onion`: the desk's own service switched on and off by real Tor, and keys for the first people."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from journalist_interface.commands import main
from journalist_interface.tor_paths import desk_address, desk_service, desk_socket
from journalist_interface.tor_plan import plan_of
from onion import clients
from onion.torrc import write_torrc
from store.desk.account_tables import audit
from store.desk.reviewers import suspend
from store.desk.roles import Role
from tests.desk_entrance import everything_in, let_in_at, open_service, stamp
from tests.desk_office import PASSWORD, Office, new_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with amina, an intake officer, and ben, a reviewer."""
    with new_office(tmp_path / "desk", {"ben": (Role.REVIEWER,)}) as made:
        yield made


def run(office: Office, *arguments: str, typed: str = "") -> Result:
    """Run a command on the office's folder."""
    return CliRunner().invoke(main, ["onion", *arguments, "--data", str(office.folder)], input=typed)


def torrc(office: Office) -> str:
    """What Tor is to run with."""
    plan = plan_of(office.folder)
    return write_torrc(plan.folder, plan.services, for_the_courier=plan.for_the_courier)


def test_a_desk_has_no_onion_service_until_somebody_wants_it(office: Office) -> None:
    """Off by default: nothing of it in what Tor runs with, and its commands say so."""
    assert "HiddenService" not in torrc(office)
    for command in ("show", "desk-off"):
        done = run(office, command)
        assert done.exit_code == 1
        assert "The desk has no onion service." in done.output


def test_switching_on_prints_the_address_and_lets_nobody_in(office: Office) -> None:
    """Again: the same. The service is shut, ends at the desk's socket, and asks no proof of work of those it knows."""
    done = run(office, "desk-on")
    assert done.exit_code == 0, done.output
    address = desk_address(office.folder)
    assert address
    assert re.fullmatch(r"[a-z2-7]{56}\.onion", address)
    assert f"http://{address}/" in done.output
    assert clients.is_shut(desk_service(office.folder))
    assert let_in_at(office) == ()
    assert f"HiddenServicePort 80 unix:{desk_socket(office.folder)}" in torrc(office)
    assert f"--bind unix:{desk_socket(office.folder)}" in done.output
    assert not (office.folder / "tor-new").exists()
    assert f"http://{address}/" in run(office, "desk-on").output


def key_on(output: str) -> str:
    """The key that a command printed."""
    found = re.search(r"asks for it: ([A-Z2-7]{52})\n", output)
    assert found, output
    return found[1]


def test_a_key_for_the_first_people(office: Office) -> None:
    """An intake officer says who they are; address and key are printed once; the trail has who and whose, no key."""
    address = open_service(office)
    before = stamp(office)
    done = run(office, "key", "ben", typed=f"amina\n{PASSWORD}\n{office.code()}\n")
    assert done.exit_code == 0, done.output
    key = key_on(done.output)
    assert f"http://{address}/" in done.output
    assert let_in_at(office) == ("ben",)
    assert stamp(office) != before
    assert key.encode() not in everything_in(office.folder)
    with office.desk.database.reading() as connection:
        record = connection.execute(audit.select().order_by(audit.c.number.desc())).first()
    assert record
    assert (record.actor, record.act, record.note) == ("amina", "entrance", "ben")
    assert run(office, "show").output == f"http://{address}/\nben\n"


REFUSED = {
    "a wrong password": ("ben", "wrong wrong wrong", "User name, password or code is wrong"),
    "nobody of that name": ("zoe", PASSWORD, "There is no account"),
    "a name that is a path": ("../../x", PASSWORD, "There is no account"),
    "the key that nobody holds": ("NOBODY", PASSWORD, "There is no account"),
    "somebody suspended": ("ben", PASSWORD, "suspended, so it gets no key"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_key_is_refused(office: Office, what: str) -> None:
    """With a sentence; no file is made, nothing is recorded as given."""
    open_service(office)
    name, password, sentence = REFUSED[what]
    with office.desk.database.writing() as connection:
        suspend(connection, "ben", what == "somebody suspended")
    done = run(office, "key", name, typed=f"amina\n{password}\n{office.code()}\n")
    assert done.exit_code == 1
    assert sentence in done.output
    assert let_in_at(office) == ()
    with office.desk.database.reading() as connection:
        assert not connection.execute(audit.select().where(audit.c.act == "entrance")).all()


def test_a_key_without_a_service_is_refused(office: Office) -> None:
    """And the officer's code is not used up by it."""
    done = run(office, "key", "ben", typed=f"amina\n{PASSWORD}\n{office.code()}\n")
    assert done.exit_code == 1
    assert "no onion service" in done.output
    assert not (office.folder / "tor").exists()


def test_off_and_on_again_keeps_the_address_and_no_key(office: Office) -> None:
    """Whoever had a key needs a new one; a new address only if somebody asks for it, while it is off."""
    address = open_service(office)
    run(office, "key", "ben", typed=f"amina\n{PASSWORD}\n{office.code()}\n")
    assert "Switch it off first" in run(office, "desk-on", "--new-address").output
    assert run(office, "desk-off").exit_code == 0
    assert "HiddenService" not in torrc(office)
    assert torrc(office) == plan_of(office.folder).folder.torrc.read_text()
    assert run(office, "desk-on").exit_code == 0
    assert desk_address(office.folder) == address
    assert let_in_at(office) == ()
    assert run(office, "desk-off").exit_code == 0
    assert run(office, "desk-on", "--new-address").exit_code == 0
    assert desk_address(office.folder) not in (None, "", address)


def test_keys_left_by_a_switching_off_that_was_cut_short_open_nothing_later(office: Office) -> None:
    """The folder was moved, and then the power went: on again, nobody is let in."""
    open_service(office)
    run(office, "key", "ben", typed=f"amina\n{PASSWORD}\n{office.code()}\n")
    service = desk_service(office.folder)
    service.rename(service.with_name("desk-off"))
    assert run(office, "desk-on").exit_code == 0
    assert let_in_at(office) == ()
    assert clients.is_shut(service)
