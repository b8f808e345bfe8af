"""Keys to the desk through Tor: whoever goes loses theirs with the act; what could not be done is never told as done.

That Tor, started again, really keeps out whom it let in before is shown elsewhere, in a network of its own; here: each
act changes what makes it start again.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from journalist_interface.account_changes import change_account_roles, readmit_account, suspend_account
from journalist_interface.casework.board import Boards
from journalist_interface.commands import main
from journalist_interface.consenting import consent, refuse
from journalist_interface.desk_onion import switch_off
from journalist_interface.entrances import close_entrances, has_entrance, renew_entrance, take_entrance
from journalist_interface.errors import EntranceStays, SetUpRefused
from journalist_interface.housekeeping import Housekeeper
from journalist_interface.inviting import invite, take_link_back
from journalist_interface.resetting import ask_reset
from journalist_interface.sessions import SignedIn
from journalist_interface.tor_paths import desk_service
from keys.ciphertext import Ciphertext
from onion.client_key import ClientKey, authorised
from store.desk.account_tables import audit, invitations, reviewers, sessions
from store.desk.invitations import InvitationKind, find_invitation_of
from store.desk.reviewers import suspend
from store.desk.roles import Role
from tests.desk_entrance import everything_in, give_key, let_in_at, open_service, stamp
from tests.desk_office import Office, new_office
from tests.harms import execute

PEOPLE = {
    "ada": (Role.ADMINISTRATOR,),
    "dora": (Role.ADMINISTRATOR,),
    "ben": (Role.REVIEWER,),
    "cora": (Role.SUPERVISOR, Role.REVIEWER),
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with an onion service, at which everybody has a key."""
    with new_office(tmp_path / "desk", PEOPLE) as made:
        open_service(made)
        give_key(made, "amina", *PEOPLE)
        yield made


def ada(office: Office) -> SignedIn:
    """The administrator."""
    return office.signed_in("ada")


def back(office: Office) -> list[tuple[str, str]]:
    """Who took whose key away, as the trail has it."""
    with office.desk.database.reading() as connection:
        rows = connection.execute(audit.select().where(audit.c.act == "entrance-back").order_by(audit.c.number))
        return [(row.actor, row.note) for row in rows]


def invite_zoe(office: Office, by: str = "ada", role: Role = Role.REVIEWER) -> None:
    """Zoe has a link and a key."""
    assert invite(office.desk, office.signed_in(by), "zoe", [role.value]).entrance
    assert "zoe" in let_in_at(office)


def name_in_forms(office: Office, username: str) -> str:
    """How a request is called on the page of consents."""
    with office.desk.database.reading() as connection:
        return find_invitation_of(connection, username, 0).lookup_hash.hex()


def expire(office: Office) -> None:
    """Every link is over."""
    with office.desk.database.writing() as connection:
        connection.execute(invitations.update().values(expires_at=1))


def housekeep(office: Office) -> None:
    """One round of the serving desk."""
    Housekeeper(office.desk, Boards()).round()


def _suspended_by_hand(office: Office) -> None:
    with office.desk.database.writing() as connection:
        suspend(connection, "ben", True)
    housekeep(office)


def _gone_altogether(office: Office) -> None:
    ask_reset(office.desk, ada(office), "ben", InvitationKind.PASSWORD)
    execute(office.desk.paths.database, "DELETE FROM reviewers WHERE username = 'ben'")
    housekeep(office)


def _suspended_with_a_link(office: Office) -> None:
    invite_zoe(office)
    office.add("zoe", Role.REVIEWER)
    with office.desk.database.writing() as connection:
        suspend(connection, "zoe", True)
    housekeep(office)


def _taken_back(office: Office) -> None:
    invite_zoe(office)
    take_link_back(office.desk, "ada", "zoe")


def _refused(office: Office) -> None:
    invite_zoe(office, role=Role.SUPERVISOR)
    refuse(office.desk, office.signed_in("cora"), name_in_forms(office, "zoe"))


def _expired(office: Office) -> None:
    invite_zoe(office)
    expire(office)
    housekeep(office)


def _inviter_suspended(office: Office) -> None:
    invite_zoe(office, by="dora")
    suspend_account(office.desk, ada(office), "dora")


def _inviter_suspended_by_hand(office: Office) -> None:
    invite_zoe(office, by="dora")
    with office.desk.database.writing() as connection:
        suspend(connection, "dora", True)
    housekeep(office)


def _inviter_does_other_work(office: Office) -> None:
    invite_zoe(office, by="dora")
    change_account_roles(office.desk, ada(office), "dora", [Role.AUDITOR.value])


def _inviter_made_supervisor(office: Office) -> None:
    invite_zoe(office, by="dora")
    change_account_roles(office.desk, ada(office), "dora", [Role.SUPERVISOR.value])
    consent(office.desk, office.signed_in("cora"), name_in_forms(office, "dora"))


def _odd_file(office: Office) -> None:
    (desk_service(office.folder) / "authorized_clients" / "Ben <b>.auth").write_text(
        authorised(ClientKey.draw().public), "ascii"
    )
    housekeep(office)


# What ends somebody's way in; whose key goes, and who took it away as the trail tells.
ENDINGS: dict[str, tuple[Callable[[Office], object], list[tuple[str, str]]]] = {
    "suspended": (lambda office: suspend_account(office.desk, ada(office), "ben"), [("ada", "ben")]),
    "taken away": (lambda office: take_entrance(office.desk, ada(office), "ben"), [("ada", "ben")]),
    "suspended by another process": (_suspended_by_hand, [("", "ben")]),
    "suspended while a link under that name is good": (_suspended_with_a_link, [("", "zoe")]),
    "an account that is gone, whatever waits for it": (_gone_altogether, [("", "ben")]),
    "a link taken back": (_taken_back, [("ada", "zoe")]),
    "a link refused": (_refused, [("cora", "zoe")]),
    "a link that expired": (_expired, [("", "zoe")]),
    "a link whose administrator was suspended": (_inviter_suspended, [("ada", "dora"), ("ada", "zoe")]),
    "a link whose administrator another process suspended": (
        _inviter_suspended_by_hand,
        [("", "dora"), ("", "zoe")],
    ),
    "a link whose administrator does other work": (_inviter_does_other_work, [("ada", "zoe")]),
    "a link whose administrator became a supervisor": (_inviter_made_supervisor, [("cora", "zoe")]),
    "a file that somebody put there": (_odd_file, [("", "Ben <b>")]),
}


@pytest.mark.parametrize("what", ENDINGS)
def test_whoever_goes_is_let_in_no_more(office: Office, what: str) -> None:
    """The key's file is gone, Tor is to be started again, and the trail says who did it; everybody else's key stays."""
    act, recorded = ENDINGS[what]
    before, started = set(let_in_at(office)), stamp(office)
    act(office)
    assert back(office) == recorded
    assert set(let_in_at(office)) == before - {name for _who, name in recorded}
    if {name for _who, name in recorded} & before:
        assert stamp(office) != started


def test_a_link_that_goes_changes_what_tor_was_started_with(office: Office) -> None:
    """Between the invitation and its end Tor let somebody in; it must see both."""
    first = stamp(office)
    invite_zoe(office)
    invited = stamp(office)
    take_link_back(office.desk, "ada", "zoe")
    assert invited != first
    assert stamp(office) not in (first, invited)


def test_a_key_outlives_its_link_once_its_owner_has_joined(office: Office) -> None:
    """The link is used up, the account is there: the housekeeper leaves the key."""
    invite_zoe(office)
    office.add("zoe", Role.REVIEWER)
    take_link_back(office.desk, "ada", "zoe")
    housekeep(office)
    assert "zoe" in let_in_at(office)


def test_a_link_lets_no_suspended_person_in(office: Office) -> None:
    """Somebody asks for a reset of a suspended account: no key comes with it, and one that is there goes."""
    with office.desk.database.writing() as connection:
        suspend(connection, "ben", True)
    ask_reset(office.desk, ada(office), "ben", InvitationKind.PASSWORD)
    housekeep(office)
    assert "ben" not in let_in_at(office)
    with pytest.raises(SetUpRefused, match="suspended"):
        renew_entrance(office.desk, ada(office), "ben")
    assert "ben" not in let_in_at(office)


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
