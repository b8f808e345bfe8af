"""A reviewer's key to the desk changed without a gap: the one before holds until its owner came with the new one."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from journalist_interface.commands import main
from journalist_interface.entrance_overlap import OVERLAP_DAYS
from journalist_interface.entrances import changing_keys, close_entrances, let_in
from journalist_interface.tor_paths import desk_service
from onion import clients
from store.desk.account_tables import audit, sessions
from store.desk.reviewers import suspend
from store.desk.roles import Role
from tests.desk_entrance import give_key, let_in_at, open_service, stamp
from tests.desk_office import PASSWORD, Office, new_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with an onion service, to which ben has a key; ben is signed in."""
    with new_office(tmp_path / "desk", {"ben": (Role.REVIEWER,)}) as made:
        open_service(made)
        give_key(made, "ben")
        yield made


def day(days: int) -> str:
    """The day that many days from now."""
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


def key_of(office: Office, name: str) -> str:
    """The line that lets somebody in."""
    return (desk_service(office.folder) / "authorized_clients" / f"{name}.auth").read_text()


def run(office: Office, *words: str, typed: str = "") -> Result:
    """Run `candour-desk onion …`."""
    return CliRunner().invoke(main, ["onion", *words, "--data", str(office.folder)], input=typed)


def give_beside(office: Office) -> str:
    """Give ben a new key beside the one of before; return under which name that one is let in."""
    with changing_keys(office.desk) as connection:
        assert let_in(connection, office.desk, "ada", "ben", beside=True)
    return f"ben+UNTIL-{day(OVERLAP_DAYS)}"


def test_both_open_the_way_until_the_new_one_was_used(office: Office) -> None:
    """Through the commands: an officer is asked, nobody is signed out, check tells of it, and key-done ends it."""
    office.signed_in()
    before, started = key_of(office, "ben"), stamp(office)
    with office.desk.database.reading() as connection:
        signed_in = len(connection.execute(sessions.select()).all())
    done = run(office, "key", "ben", "--beside", typed=f"amina\n{PASSWORD}\n{office.code()}\n")
    assert done.exit_code == 0, done.output
    old = f"ben+UNTIL-{day(OVERLAP_DAYS)}"
    assert let_in_at(office) == ("ben", old)
    assert (key_of(office, old), key_of(office, "ben") != before, stamp(office) != started) == (before, True, True)
    with office.desk.database.reading() as connection:
        assert len(connection.execute(sessions.select()).all()) == signed_in
    close_entrances(office.desk)
    assert let_in_at(office) == ("ben", old)
    checked = CliRunner().invoke(main, ["check", "--data", str(office.folder)]).output
    assert f"The key of before of ben holds until {day(OVERLAP_DAYS)} too" in checked
    done = run(office, "key-done", "ben")
    assert (done.exit_code, let_in_at(office)) == (0, ("ben",)), done.output
    with office.desk.database.reading() as connection:
        record = connection.execute(audit.select().order_by(audit.c.number.desc())).first()
    assert record
    assert (record.act, record.note) == ("entrance-back", "ben")
    assert "has no key of before" in run(office, "key-done", "ben").output


def suspend_ben(office: Office) -> None:
    """As an administrator does."""
    with office.desk.database.writing() as connection:
        suspend(connection, "ben", True)
    close_entrances(office.desk)


def let_days_pass(office: Office) -> None:
    """Two weeks later, when the housekeeper looks."""
    folder = desk_service(office.folder) / "authorized_clients"
    os.rename(folder / f"ben+UNTIL-{day(OVERLAP_DAYS)}.auth", folder / f"ben+UNTIL-{day(-1)}.auth")
    close_entrances(office.desk)


def switch_off_and_on(office: Office) -> None:
    """Shut the way for everybody, and open it again."""
    for command in ("desk-off", "desk-on"):
        assert run(office, command).exit_code == 0


ENDS: dict[str, tuple[Callable[[Office], object], tuple[str, ...]]] = {
    "its days are over": (let_days_pass, ("ben",)),
    "its owner is suspended": (suspend_ben, ()),
    "another key is given, of one that was lost": (lambda office: give_key(office, "ben"), ("ben",)),
    "the service is switched off": (switch_off_and_on, ()),
}


@pytest.mark.parametrize("how", ENDS)
def test_the_key_of_before_goes_with_whatever_ends_it(office: Office, how: str) -> None:
    """Nobody has to remember that it is there."""
    end, stay = ENDS[how]
    old = give_beside(office)
    assert old in let_in_at(office)
    end(office)
    assert let_in_at(office) == stay


def test_a_second_change_leaves_two_keys_and_not_three(office: Office) -> None:
    """The one before the last opens nothing."""
    first = key_of(office, "ben")
    give_beside(office)
    second = key_of(office, "ben")
    old = give_beside(office)
    assert let_in_at(office) == ("ben", old)
    assert key_of(office, old) == second != first


def give_and_fail(office: Office) -> None:
    """Give ben a new key beside the other, in a transaction that comes to nothing."""
    with changing_keys(office.desk) as connection:
        let_in(connection, office.desk, "ada", "ben", beside=True)
        raise RuntimeError


def test_a_change_whose_record_fails_shuts_nobody_out(office: Office) -> None:
    """The key of before opens the way as it did, under its own name."""
    before = key_of(office, "ben")
    with pytest.raises(RuntimeError):
        give_and_fail(office)
    assert key_of(office, "ben") == before
    assert {key_of(office, name) for name in clients.names(desk_service(office.folder))} == {before}
