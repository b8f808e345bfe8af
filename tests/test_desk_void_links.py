"""A link, and a consent, end with the office of whoever gave it, and do not come back with it."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pyotp
import pytest

from journalist_interface.account_changes import change_account_roles, readmit_account, suspend_account
from journalist_interface.consenting import consent, waiting_requests
from journalist_interface.errors import LinkOver
from journalist_interface.inviting import invite
from journalist_interface.links import find_link
from journalist_interface.offered_secret import offer_secret
from journalist_interface.resetting import TypedReset, ask_reset, reset
from journalist_interface.throttle import Throttle
from store.desk.account_tables import audit, invitations
from store.desk.audit import Act
from store.desk.invitations import InvitationKind
from store.desk.roles import Role
from tests.desk_office import PASSWORD, Office, new_office

ANY = frozenset(InvitationKind)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Two administrators, two supervisors, and ben, who lost his authenticator."""
    with new_office(
        tmp_path / "desk",
        {
            "ben": (Role.REVIEWER,),
            "sue": (Role.SUPERVISOR,),
            "sam": (Role.SUPERVISOR,),
            "dora": (Role.ADMINISTRATOR,),
            "dan": (Role.ADMINISTRATOR,),
        },
    ) as made:
        yield made


def consented_link(office: Office) -> str:
    """A link for ben, asked for by dora, to which sue consented."""
    token = ask_reset(office.desk, office.signed_in("dora"), "ben", InvitationKind.SECOND_FACTOR)
    waiting = waiting_requests(office.desk, office.signed_in("sue"))
    assert waiting
    consent(office.desk, office.signed_in("sue"), waiting[0].link.lookup_hash.hex())
    assert find_link(office.desk, token.cookie(), ANY)
    return token.cookie()


def suspend_and_readmit(who: str) -> Callable[[Office], None]:
    """Shut an account and open it again."""

    def act(office: Office) -> None:
        suspend_account(office.desk, office.signed_in("dan"), who)
        readmit_account(office.desk, office.signed_in("dan"), who)

    return act


def give_other_work(who: str, *there_and_back: Role) -> Callable[[Office], None]:
    """Change somebody's roles, once for each."""

    def act(office: Office) -> None:
        for role in there_and_back:
            assert change_account_roles(office.desk, office.signed_in("dan"), who, [role.value])

    return act


def come_back(office: Office) -> None:
    """Have sue lose her authenticator, and come back with dan's link and sam's consent."""
    token = ask_reset(office.desk, office.signed_in("dan"), "sue", InvitationKind.SECOND_FACTOR)
    waiting = waiting_requests(office.desk, office.signed_in("sam"))
    assert waiting
    _link, code = consent(office.desk, office.signed_in("sam"), waiting[0].link.lookup_hash.hex())
    _token, link = find_link(office.desk, token.cookie(), ANY)
    offered = offer_secret(token)
    shown = pyotp.TOTP(base64.b32encode(offered.totp_secret).decode()).now()
    reset(office.desk, Throttle(), link, TypedReset(code, PASSWORD, PASSWORD, shown, offered))


ENDS: dict[str, tuple[Callable[[Office], None], tuple[str, str]]] = {
    "who consented was suspended, and let in again": (
        suspend_and_readmit("sue"),
        ("dan", "ben: void, sue was suspended"),
    ),
    "who asked was suspended, and let in again": (
        suspend_and_readmit("dora"),
        ("dan", "ben: void, dora was suspended"),
    ),
    "the account itself was suspended": (
        suspend_and_readmit("ben"),
        ("dan", "ben: void, the account was suspended"),
    ),
    "a supervisor became an officer": (
        give_other_work("sue", Role.INTAKE_OFFICER),
        ("dan", "ben: void, sue does other work"),
    ),
    "an administrator was a reviewer for a while": (
        give_other_work("dora", Role.REVIEWER, Role.ADMINISTRATOR),
        ("dan", "ben: void, dora does other work"),
    ),
    "who consented came back after a loss": (come_back, ("sue", "ben: void, sue came back after a loss")),
}


@pytest.mark.parametrize("end", ENDS)
def test_nothing_outlives_the_office_of_whoever_gave_it(office: Office, end: str) -> None:
    """The link opens nothing, no row of it is left, and the trail says why."""
    link = consented_link(office)
    act, record = ENDS[end]
    act(office)
    with pytest.raises(LinkOver):
        find_link(office.desk, link, ANY)
    with office.desk.database.reading() as connection:
        assert connection.execute(invitations.select()).all() == []
        gone = connection.execute(audit.select().where(audit.c.act == Act.INVITATION_BACK.value)).all()
    assert [(row.actor, row.note) for row in gone] == [record]


def test_an_invitation_ends_with_its_administrator_and_others_stay(office: Office) -> None:
    """Nobody joins by a link of somebody who is out; a colleague's link is still good."""
    lost = invite(office.desk, office.signed_in("dora"), "zoe", [Role.REVIEWER.value]).link
    kept = invite(office.desk, office.signed_in("dan"), "yusuf", [Role.REVIEWER.value]).link
    suspend_and_readmit("dora")(office)
    with pytest.raises(LinkOver):
        find_link(office.desk, lost, ANY)
    assert find_link(office.desk, kept, ANY)
