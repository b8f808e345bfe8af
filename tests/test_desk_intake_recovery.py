"""The intake key's passphrase, sealed to the recovery key: custodians hand it to new officers when all are lost."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import delete, update

from journalist_interface.accounts import make_account
from journalist_interface.case_page import read_case
from journalist_interface.intake_custody import open_own, put_together, seal_for_recovery
from journalist_interface.key_names import name_key
from journalist_interface.recovering import recovery_public_key
from journalist_interface.recovery_cards import NewShares, Scheme
from keys.intake_secret import new_passphrase
from store.desk.account_tables import intake_shares, reviewers, roles
from store.desk.audit_reading import verify_trail
from store.desk.intake import key_holders, put_recovery_copy, record_needed, two_are_needed
from store.desk.parcels import list_parcels
from store.desk.reviewers import find_reviewer, renew_keys
from store.desk.roles import Role
from tests.custodians import REASON, acts, erase_copy, run, seal_to_another
from tests.desk_office import PASSWORD, Office, write_letter
from tests.two_officers import Officers, add_waiting_officer, officers_at_work


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Officers]:
    """Amina and bartek hold the intake key, and a letter waits."""
    with officers_at_work(tmp_path / "desk", "bartek") as made:
        made.office.deliver(write_letter(None, "a letter that waits"))
        yield made


@pytest.fixture
def office(desk: Officers) -> Office:
    """Its office."""
    return desk.office


def add_officers(office: Office, *names: str) -> None:
    """Add officers who hold nothing yet."""
    for name in names:
        add_waiting_officer(office, name)


def lose(office: Office, *names: str) -> None:
    """These have left: no office, and nobody has their keys."""
    with office.desk.database.writing() as connection:
        connection.execute(roles.delete().where(roles.c.username.in_(names)))
    for name in names:
        del office.secrets[name]


def hand(office: Office, *names: str, shares: tuple[str, ...] | None = None) -> Result:
    """Run the custodians' command."""
    officers = " ".join(f"--officer {name}" for name in names)
    typed = office.recovery.shares[1:] if shares is None else shares
    return run(office, f"recover-intake {officers}", REASON, *typed)


def held_by(office: Office, *names: str) -> str:
    """The passphrase, as these officers have it by themselves, or two of them together."""
    with office.desk.database.reading() as connection:
        held = [open_own(connection, find_reviewer(connection, n), office.secrets[n].key()) for n in names]
    if isinstance(held[0], str):
        return held[0]
    assert isinstance(held[0], bytes)
    assert isinstance(held[1], bytes)
    return put_together(held[0], held[1])


def test_all_officers_lost_and_a_waiting_letter_opens(office: Office) -> None:
    """Custodians and a new officer: what waited is opened and read; the trail says who decided it."""
    expected = office.passphrase()
    add_officers(office, "zoe")
    lose(office, "amina", "bartek")
    done = hand(office, "zoe")
    assert done.exit_code == 0, done.output
    assert "zoe holds the intake key now." in done.output
    assert held_by(office, "zoe") == expected
    [submission] = waiting(office)
    letter = write_letter(None, submission=submission)
    reference = office.open(letter, "zoe", ("zoe",))
    assert read_case(office.desk, office.signed_in("zoe"), reference).entries
    assert acts(office) == [("recovery", "recover-intake", None, f"zoe: {REASON}")]
    with office.desk.database.reading() as connection:
        verify_trail(connection)
    # No case was opened with it.
    assert "No case is opened" in run(office, "recover-intake --help").output


def waiting(office: Office) -> list[str]:
    """The submissions in the post."""
    with office.desk.database.reading() as connection:
        return [parcel.submission for parcel in list_parcels(connection)]


def test_where_two_are_needed_two_new_officers_unlock_together(desk: Officers, office: Office) -> None:
    """Everybody lost; one alone is refused before a share is asked for; two get halves, and read the letter."""
    desk.need_two()
    add_officers(office, "zoe", "yusuf")
    lose(office, "amina", "bartek")
    refused = hand(office, "zoe")
    assert refused.exit_code == 1
    assert "there would be one" in refused.output
    assert "Share 1" not in refused.output
    done = hand(office, "zoe", "yusuf")
    assert done.exit_code == 0, done.output
    zoe, yusuf = desk.browser("zoe"), desk.browser("yusuf")
    zoe.press("unlock")
    assert not zoe.is_unlocked
    yusuf.press("unlock", **{"with": "zoe"})
    for each in (zoe, yusuf):
        assert each.is_unlocked
        assert "Sergeant Blunt" in each.page
    with office.desk.database.reading() as connection:
        assert two_are_needed(connection)
        assert set(key_holders(connection)) == {"zoe", "yusuf"}


def erase_halves(office: Office) -> None:
    """Somebody takes every half out of the database."""
    with office.desk.database.writing() as connection:
        connection.execute(delete(intake_shares))


def reset_both(office: Office) -> None:
    """Both who held one forgot their password, and came back with keys of their own."""
    with office.desk.database.writing() as connection:
        for name in ("amina", "bartek"):
            new = make_account(name, PASSWORD, (Role.INTAKE_OFFICER,)).reviewer
            renew_keys(connection, name, new.public_key, new.sealed_secret)
            name_key(connection, name, name, new.public_key)


@pytest.mark.parametrize("gone", [erase_halves, reset_both])
def test_two_stay_two_when_every_half_is_gone(desk: Officers, office: Office, gone: Callable[[Office], None]) -> None:
    """What was chosen stands in the trail: one alone gets nothing, two get halves."""
    desk.need_two()
    gone(office)
    add_officers(office, "zoe", "yusuf")
    assert "Nobody can unlock the intake key" in run(office, "check").stdout
    refused = hand(office, "zoe")
    assert refused.exit_code == 1
    assert "there would be one" in refused.output
    done = hand(office, "zoe", "yusuf")
    assert done.exit_code == 0, done.output
    assert not desk.holds_whole("zoe")
    with office.desk.database.reading() as connection:
        assert two_are_needed(connection)
        assert set(key_holders(connection)) == {"zoe", "yusuf"}


def test_where_both_chose_that_one_is_enough_again_one_gets_the_whole(desk: Officers, office: Office) -> None:
    """The trail's last word counts, and not its first."""
    desk.need_two()
    with office.desk.database.writing() as connection:
        record_needed(connection, "amina", 2, 1)
        connection.execute(delete(intake_shares))
    add_officers(office, "zoe")
    done = hand(office, "zoe")
    assert done.exit_code == 0, done.output
    assert desk.holds_whole("zoe")


def test_a_holder_who_remains_keeps_a_half_that_is_made_anew(desk: Officers, office: Office) -> None:
    """One of two lost: the other and the new one unlock; the old half beside a new one opens nothing."""
    desk.need_two()
    expected = held_by(office, "amina", "bartek")
    add_officers(office, "zoe")
    lose(office, "amina")
    done = hand(office, "zoe")
    assert done.exit_code == 0, done.output
    assert "bartek keeps holding a half, which is made anew" in done.output
    assert held_by(office, "bartek", "zoe") == expected
    with office.desk.database.reading() as connection:
        assert set(key_holders(connection)) == {"bartek", "zoe"}


def exchange(office: Office) -> None:
    """Somebody seals another passphrase to the recovery key: its public half is in the database."""
    with office.desk.database.writing() as connection:
        put_recovery_copy(connection, seal_for_recovery(recovery_public_key(office.desk), new_passphrase()))


def exchange_for_words(office: Office) -> None:
    """The same with something that gpg could take for a line of its own."""
    with office.desk.database.writing() as connection:
        put_recovery_copy(connection, seal_for_recovery(recovery_public_key(office.desk), "no\npassphrase"))


HARMS: dict[str, tuple[Callable[[Office], None], str]] = {
    "another passphrase": (exchange, "does not open the intake key: somebody changed the database"),
    "nonsense": (exchange_for_words, "does not open the intake key: somebody changed the database"),
    "sealed to another key": (seal_to_another, "or an altered one"),
    "not there": (erase_copy, "no copy of the intake key's passphrase"),
}


@pytest.mark.parametrize("harm", HARMS)
def test_what_does_not_open_the_intake_key_is_not_handed_over(office: Office, harm: str) -> None:
    """Told while the custodians are still there, and nothing is changed."""
    do, said = HARMS[harm]
    add_officers(office, "zoe")
    do(office)
    done = hand(office, "zoe")
    assert done.exit_code == 1
    assert said in done.output
    assert acts(office) == []
    with office.desk.database.reading() as connection:
        assert "zoe" not in key_holders(connection)


@pytest.mark.parametrize("name", ["nobody", "rosa"])
def test_only_an_officer_is_handed_it(office: Office, name: str) -> None:
    """Nobody who is not there, and no reviewer who is no officer: told before a share is asked for."""
    office.add("rosa", Role.REVIEWER)
    refused = hand(office, name)
    assert refused.exit_code == 1
    assert f"“{name}” is no intake officer" in refused.output
    assert "Share 1" not in refused.output


def test_shares_of_another_desk_and_too_few_hand_over_nothing(office: Office) -> None:
    """As with every use of the recovery key."""
    add_officers(office, "zoe")
    foreign = NewShares.draw(Scheme(3, 2)).shares
    for shares, said in ((foreign[:2], "is not this desk's"), (office.recovery.shares[:1], "too few")):
        done = hand(office, "zoe", shares=shares)
        assert done.exit_code == 1
        assert said in done.output
    with office.desk.database.reading() as connection:
        assert "zoe" not in key_holders(connection)


def test_a_record_and_the_handing_over_are_one(office: Office) -> None:
    """Doing it twice does no harm, and each time is recorded."""
    add_officers(office, "zoe")
    for _time in range(2):
        assert hand(office, "zoe").exit_code == 0
    assert [act for _actor, act, _case, _note in acts(office)] == ["recover-intake"] * 2
    assert held_by(office, "zoe") == office.passphrase()
    with office.desk.database.writing() as connection:
        connection.execute(update(reviewers).where(reviewers.c.username == "zoe").values(public_key=b"\xff" * 1216))
    refused = hand(office, "zoe")
    assert refused.exit_code == 1
    assert [act for _actor, act, _case, _note in acts(office)] == ["recover-intake"] * 2
