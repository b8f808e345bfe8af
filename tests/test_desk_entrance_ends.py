"""Whoever goes loses their key to the desk through Tor with the act, and the trail says who took it.

That Tor, started again, really keeps out whom it let in before is shown elsewhere, in a network of its own; here: each
act changes what makes it start again.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from journalist_interface.account_changes import change_account_roles, suspend_account
from journalist_interface.casework.board import Boards
from journalist_interface.consenting import consent, refuse
from journalist_interface.entrances import renew_entrance, take_entrance
from journalist_interface.errors import SetUpRefused
from journalist_interface.housekeeping import Housekeeper
from journalist_interface.inviting import invite, take_link_back
from journalist_interface.resetting import ask_reset
from journalist_interface.tor_paths import desk_service
from onion.client_key import ClientKey, authorised
from store.desk.account_tables import invitations
from store.desk.invitations import InvitationKind, find_invitation_of
from store.desk.reviewers import suspend
from store.desk.roles import Role
from tests.desk_entrance import ada, back, let_in_at, office_with_keys, stamp
from tests.desk_office import Office
from tests.harms import execute


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with an onion service, at which everybody has a key."""
    with office_with_keys(tmp_path / "desk") as made:
        yield made


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
