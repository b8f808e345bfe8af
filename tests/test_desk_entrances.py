"""Keys to the desk through Tor: made, made anew and taken away; what could not be done is never told as done."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from journalist_interface.account_changes import readmit_account, suspend_account
from journalist_interface.commands import main
from journalist_interface.desk_onion import switch_off
from journalist_interface.entrances import close_entrances, has_entrance, renew_entrance, take_entrance
from journalist_interface.errors import EntranceStays, SetUpRefused
from journalist_interface.inviting import invite
from journalist_interface.tor_paths import desk_service
from keys.ciphertext import Ciphertext
from store.desk.account_tables import audit, invitations, reviewers, sessions
from store.desk.reviewers import suspend
from store.desk.roles import Role
from tests.desk_entrance import PEOPLE, ada, back, everything_in, let_in_at, office_with_keys, stamp
from tests.desk_office import Office, new_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with an onion service, at which everybody has a key."""
    with office_with_keys(tmp_path / "desk") as made:
        yield made


def test_readmitting_brings_no_key_back(office: Office) -> None:
    """The old one may be in other hands; a new one is made when somebody asks for it."""
    old = stamp(office)
    suspend_account(office.desk, ada(office), "ben")
    readmit_account(office.desk, ada(office), "ben")
    assert has_entrance(office.desk, "ben") is False
    renew_entrance(office.desk, ada(office), "ben")
    assert has_entrance(office.desk, "ben") is True
    assert stamp(office) != old


def sign_in(office: Office, username: str) -> None:
    """Somebody has a session."""
    with office.desk.database.writing() as connection:
        connection.execute(
            sessions.insert().values(
                lookup_hash=username.encode().ljust(32), username=username, sealed=Ciphertext(b"x"), last_used=1
            )
        )


@pytest.mark.parametrize("act", [renew_entrance, take_entrance])
def test_the_sessions_go_with_the_key(office: Office, act: Callable[..., object]) -> None:
    """Of that person, and of nobody else."""
    sign_in(office, "ben")
    sign_in(office, "cora")
    act(office.desk, ada(office), "ben")
    with office.desk.database.reading() as connection:
        assert [row.username for row in connection.execute(sessions.select())] == ["cora"]


def test_a_new_key_is_in_the_place_of_the_old(office: Office) -> None:
    """Whoever has the lost device finds nothing; the file has the public half of the new one."""
    path = desk_service(office.folder) / "authorized_clients" / "ben.auth"
    old, started = path.read_text(), stamp(office)
    renew_entrance(office.desk, ada(office), "ben")
    assert path.read_text() != old
    assert stamp(office) != started
    assert let_in_at(office).count("ben") == 1


def test_no_file_of_this_host_has_a_key(office: Office) -> None:
    """Nor the database, nor its log, nor the trail: the invited one's and the new one's are shown, and that is all."""
    entrance = invite(office.desk, ada(office), "zoe", [Role.REVIEWER.value]).entrance
    assert entrance
    for made in (entrance, renew_entrance(office.desk, ada(office), "ben")):
        held = everything_in(office.folder)
        assert made.key.encode() not in held
        assert made.key.lower().encode() not in held
        assert made.key not in repr(made)
        assert made.spoken.replace(" ", "") == made.key
        assert made.address.encode() in held  # so this looks where things are


@contextmanager
def immovable(office: Office) -> Iterator[None]:
    """Have ben's key be something that cannot be taken away, not by root either: a folder with something in it."""
    path = desk_service(office.folder) / "authorized_clients" / "ben.auth"
    held = path.read_text()
    path.unlink()
    (path / "something").mkdir(parents=True)
    yield
    shutil.rmtree(path)
    path.write_text(held)


def test_a_suspension_never_claims_that_a_key_is_gone(office: Office) -> None:
    """The account is shut all the same, and whoever did it is told; pressing again takes the key."""
    told = r"This was done\. But the key to the desk could NOT be taken away from ben \(Is a directory\)"
    with immovable(office), pytest.raises(EntranceStays, match=told):
        suspend_account(office.desk, ada(office), "ben")
    assert "ben" in let_in_at(office)
    assert back(office) == []
    with office.desk.database.reading() as connection:
        assert connection.execute(reviewers.select().where(reviewers.c.username == "ben")).one().suspended
    # The same form again is not told that all is well either: it tries again.
    suspend_account(office.desk, ada(office), "ben")
    assert back(office) == [("ada", "ben")]


def test_taking_a_key_away_is_refused_if_it_cannot_be_done(office: Office) -> None:
    """Nothing is recorded, and the sessions run on: it is as it was, and the sentence says so."""
    sign_in(office, "ben")
    with immovable(office), pytest.raises(SetUpRefused, match="may still open the way"):
        take_entrance(office.desk, ada(office), "ben")
    assert back(office) == []
    with office.desk.database.reading() as connection:
        assert len(connection.execute(sessions.select()).all()) == 1


def test_without_its_key_there_is_no_link(office: Office) -> None:
    """If the file cannot be written nobody is invited: half of it would be a link that leads nowhere."""
    folder = desk_service(office.folder) / "authorized_clients"
    shutil.rmtree(folder)
    folder.write_text("no folder")
    with pytest.raises(SetUpRefused, match="could not be written"):
        invite(office.desk, ada(office), "zoe", [Role.REVIEWER.value])
    with office.desk.database.reading() as connection:
        assert connection.execute(invitations.select()).all() == []
        assert not connection.execute(audit.select().where(audit.c.note.startswith("zoe"))).all()


def test_a_desk_without_an_onion_service_has_no_keys(tmp_path: Path) -> None:
    """Inviting is as it always was; a key is refused with what to do; nothing is made."""
    with new_office(tmp_path / "desk", PEOPLE) as plain:
        assert invite(plain.desk, ada(plain), "zoe", [Role.REVIEWER.value]).entrance is None
        assert has_entrance(plain.desk, "ben") is None
        with pytest.raises(SetUpRefused, match="desk-on"):
            renew_entrance(plain.desk, ada(plain), "ben")
        close_entrances(plain.desk)
        assert not (plain.folder / "tor").exists()


def test_nobody_makes_their_own_key_on_the_page(office: Office) -> None:
    """As with every change of an account: whoever sits at an administrator's open session gets no way in for later."""
    for act in (renew_entrance, take_entrance):
        with pytest.raises(SetUpRefused, match="your own account"):
            act(office.desk, ada(office), "ada")


def check(office: Office, *options: str) -> str:
    """What `check` says."""
    return CliRunner().invoke(main, ["check", "--data", str(office.folder), *options]).output


def test_check_finds_whoever_is_let_in_and_should_not_be(office: Office) -> None:
    """By name; --repair takes the key away; then all is well."""
    assert "Nobody is let in at the desk's onion service but people of this desk." in check(office)
    assert "Let in at “desk”: ada, amina, ben, cora, dora." in check(office)
    with office.desk.database.writing() as connection:
        suspend(connection, "ben", True)
    said = check(office)
    assert "FAULT Let in at the desk's onion service, and nobody at work here: ben. check --repair mends this." in said
    assert "ben" in let_in_at(office)
    assert "fixed Let in at the desk's onion service, and nobody at work here: ben." in check(office, "--repair")
    assert "ben" not in let_in_at(office)
    assert back(office) == [("", "ben")]


def test_switching_off_takes_everybodys_key(office: Office) -> None:
    """In one step, each recorded; what Tor was started with is another; the stamp of a desk without is empty."""
    people = sorted(let_in_at(office))
    before = stamp(office)
    switch_off(office.desk)
    assert stamp(office) != before
    assert let_in_at(office) == ()
    assert [name for _who, name in back(office)] == people
    assert not list((office.folder / "tor").rglob("ben.auth"))
