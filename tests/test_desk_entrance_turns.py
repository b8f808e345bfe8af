"""A key to the desk and its record: both as before or both anew, whatever fails in between, a kill included."""

import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy.exc import IntegrityError

from journalist_interface.account_changes import readmit_account, suspend_account
from journalist_interface.casework.board import Boards
from journalist_interface.commands import main
from journalist_interface.desk_folder import opened_desk
from journalist_interface.desk_onion import switch_off, switch_on
from journalist_interface.entrance_turns import are_unsettled, lay_aside
from journalist_interface.entrances import changing_keys, exchange_entrance, renew_entrance, take_entrance
from journalist_interface.housekeeping import Housekeeper
from journalist_interface.inviting import invite
from journalist_interface.sessions import SignedIn
from journalist_interface.tor_paths import desk_service
from keys.hpke import SEED_SIZE, SecretKey
from keys.session_seal import SessionToken
from onion import clients
from onion.client_key import ClientKey, authorised
from store.desk.account_tables import audit
from store.desk.audit_reading import verify_trail
from store.desk.reviewers import suspend
from store.desk.roles import Role
from tests.desk_entrance import give_key, open_service
from tests.desk_office import Office, new_office
from tests.harms import execute
from tests.killed_calls import Killer, open_killer

PEOPLE = {"ada": (Role.ADMINISTRATOR,), "ben": (Role.REVIEWER,)}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with an onion service, at which ben has a key."""
    with new_office(tmp_path / "desk", PEOPLE) as made:
        open_service(made)
        give_key(made, "ben")
        yield made


@pytest.fixture
def killer(tmp_path: Path) -> Iterator[Killer]:
    """What kills at a chosen system call."""
    (tmp_path / "scratch").mkdir()
    with open_killer(tmp_path / "scratch") as made:
        yield made


def keys(office: Office) -> dict[str, str]:
    """What is in the folder that Tor reads, file by file."""
    folder = desk_service(office.folder) / "authorized_clients"
    return {path.name: path.read_text() for path in folder.iterdir() if path.suffix == ".auth"}


def records(office: Office) -> list[tuple[str, str]]:
    """Which keys were given and taken away, as the trail has it."""
    with office.desk.database.reading() as connection:
        rows = connection.execute(audit.select().order_by(audit.c.number))
        return [(row.act, row.note) for row in rows if row.act.startswith("entrance")]


@contextmanager
def no_commit(office: Office) -> Iterator[None]:
    """Let every transaction that records a key fail at its commit, and no sooner: a row that is owed a parent."""
    execute(
        office.desk.paths.database,
        "CREATE TABLE fuse_parent (n INTEGER PRIMARY KEY)",
        "CREATE TABLE fuse (n INTEGER REFERENCES fuse_parent (n) DEFERRABLE INITIALLY DEFERRED)",
        "CREATE TRIGGER blow AFTER INSERT ON audit WHEN NEW.act LIKE 'entrance%' "
        "BEGIN INSERT INTO fuse VALUES (1); END",
    )
    yield
    execute(office.desk.paths.database, "DROP TRIGGER blow", "DROP TABLE fuse", "DROP TABLE fuse_parent")


def _renew(office: Office) -> None:
    renew_entrance(office.desk, office.signed_in("ada"), "ben")


def _take(office: Office) -> None:
    take_entrance(office.desk, office.signed_in("ada"), "ben")


def _invite(office: Office) -> None:
    invite(office.desk, office.signed_in("ada"), "zoe", ["reviewer"])


ACTS: dict[str, Callable[[Office], None]] = {"a new key": _renew, "a key away": _take, "an invitation": _invite}


@pytest.mark.parametrize("what", ACTS)
def test_an_act_that_is_not_committed_leaves_the_keys_as_they_were(office: Office, what: str) -> None:
    """Byte for byte: the key that its owner has still opens the way, and nothing waits to be mended; then it works."""
    before, recorded = keys(office), records(office)
    with no_commit(office), pytest.raises(IntegrityError):
        ACTS[what](office)
    assert keys(office) == before
    assert records(office) == recorded
    assert are_unsettled(desk_service(office.folder)) == ()
    ACTS[what](office)
    assert keys(office) != before
    assert len(records(office)) == len(recorded) + 1


def renew_bens(folder: str) -> None:
    """Give ben a new key, in a process of its own."""
    with opened_desk(Path(folder)) as desk, changing_keys(desk) as connection:
        exchange_entrance(connection, desk, "ada", "ben")


def take_bens(folder: str) -> None:
    """Take ben's key away, in a process of its own."""
    with opened_desk(Path(folder)) as desk:
        take_entrance(desk, SignedIn("ada", SecretKey(bytes(SEED_SIZE)), SessionToken.draw()), "ben")


# What is done, and whether ben has a key afterwards.
KILLED = {"a new key": ("renew_bens", True), "a key away": ("take_bens", False)}


@pytest.mark.parametrize("what", KILLED)
def test_killed_at_any_system_call_key_and_record_are_both_old_or_both_new(
    office: Office, killer: Killer, what: str
) -> None:
    """Once the housekeeper of the next start has looked; the trail is whole, and the same act can be done again."""
    name, has_key = KILLED[what]
    act = f"{__name__}:{name}"
    whole = killer.run(act, [office.folder])
    assert whole.status == 0, whole.said
    outcomes = set()
    for blow in whole.blows():
        give_key(office, *({"ben"} - {each.removesuffix(".auth") for each in keys(office)}))
        before, recorded = keys(office), records(office)
        ended = killer.run(act, [office.folder], blow)
        # SQLite writes once more or once less, as its log is: then there was no such call, and it is whole.
        assert ended.status == -signal.SIGKILL or ended.calls.count(blow.call) < blow.nth, blow
        Housekeeper(office.desk, Boards()).round()
        is_done = len(records(office)) > len(recorded)
        outcomes.add(is_done)
        if is_done:
            assert ("ben.auth" in keys(office)) is has_key, blow
            assert keys(office).get("ben.auth") != before["ben.auth"], blow
        else:
            assert keys(office) == before, blow
        assert are_unsettled(desk_service(office.folder)) == (), blow
        assert modes(desk_service(office.folder)) == {0o600}, blow
    # Some were killed before the commit and some behind it, or this proved nothing.
    assert outcomes == {True, False}
    with office.desk.database.reading() as connection:
        verify_trail(connection)


def modes(folder: Path) -> set[int]:
    """Who may read the files of a folder."""
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()}


def half_done(office: Office) -> dict[str, str]:
    """Leave what a kill before the commit leaves: another key in ben's place, the old one aside; return the old."""
    before = keys(office)
    lay_aside(desk_service(office.folder), "ben", 1_000_000)
    clients.exchange(desk_service(office.folder), "ben", authorised(ClientKey.draw().public))
    assert keys(office) != before
    return before


def test_check_tells_of_a_key_that_was_being_changed_and_mends_it(office: Office) -> None:
    """By name; once mended it is silent."""
    before = half_done(office)
    told = "Keys to the desk that were being changed when something failed: ben. check --repair mends this."
    assert told in check(office)
    assert "It is mended." in check(office, "--repair")
    assert keys(office) == before
    assert "were being changed" not in check(office)


def test_a_key_that_was_laid_aside_never_comes_back_for_somebody_who_went(office: Office) -> None:
    """Suspended meanwhile, by the page or by another process: neither key opens anything, nor does one come back."""
    half_done(office)
    with office.desk.database.writing() as connection:
        suspend(connection, "ben", True)
    Housekeeper(office.desk, Boards()).round()
    assert keys(office).keys() == {"NOBODY.auth"}
    readmit_account(office.desk, office.signed_in("ada"), "ben")
    give_key(office, "ben")
    half_done(office)
    suspend_account(office.desk, office.signed_in("ada"), "ben")
    readmit_account(office.desk, office.signed_in("ada"), "ben")
    Housekeeper(office.desk, Boards()).round()
    assert keys(office).keys() == {"NOBODY.auth"}


def test_a_service_that_is_switched_off_forgets_what_was_laid_aside(office: Office) -> None:
    """On again, nobody's key is there."""
    half_done(office)
    switch_off(office.desk)
    switch_on(office.folder)
    Housekeeper(office.desk, Boards()).round()
    assert keys(office).keys() == {"NOBODY.auth"}


def check(office: Office, *options: str) -> str:
    """What `check` says."""
    return CliRunner().invoke(main, ["check", "--data", str(office.folder), *options]).output
