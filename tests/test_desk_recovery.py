"""`candour-desk recover` and `recovery-shares`: who gets what, and what is said of each slip."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from shamir_mnemonic import Share

from journalist_interface.accounts import make_account
from journalist_interface.key_names import name_key
from keys.hpke import SEED_SIZE, SecretKey
from keys.recovery_shares import split
from store.desk.account_tables import reviewers, roles, second_factors
from store.desk.reviewers import add_reviewer
from store.desk.roles import Role
from store.desk.settings import Setting, change_setting
from tests.custodians import REASON, acts, readable, recover, references, run, shows, table
from tests.desk_office import PASSWORD, Office, new_office, write_letter
from tests.harms import execute


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with three cases that amina can read, and bartek, who can read none."""
    with new_office(tmp_path / "desk") as made:
        made.add("bartek", Role.REVIEWER)
        for number in range(3):
            made.open(made.deliver(write_letter(None, f"Letter {number}")))
        yield made


def test_all_cases_are_opened_once_however_often(office: Office) -> None:
    """The second time says that keys were there; both times are in the trail, with the reason and each reference."""
    first, second, third = office.recovery.shares
    done = recover(office, third, first)
    assert done.exit_code == 0, done.output
    assert "bartek can read 3 cases now." in done.stdout
    assert "already" not in done.stdout
    assert readable(office, "bartek") == references(office)
    assert readable(office, "amina") == references(office)
    assert acts(office) == [
        ("recovery", "recover", None, f"bartek, 3 cases: {REASON}"),
        *(("recovery", "recover", reference, "bartek") for reference in references(office)),
    ]
    rows = len(table(office))
    again = recover(office, second, third)
    assert "For 3 of them bartek had keys already; they were made anew." in again.stdout
    assert len(table(office)) == rows
    assert readable(office, "bartek") == references(office)


def test_single_cases_and_no_others(office: Office) -> None:
    """--case opens what it names; bartek still finds nothing of the rest."""
    chosen = references(office)[1:]
    which = " ".join(f"--case {reference.lower()}" for reference in chosen)
    assert recover(office, *office.recovery.shares[:2], which=which).exit_code == 0
    assert readable(office, "bartek") == chosen


def test_a_new_account_under_an_old_name_is_not_taken_for_the_old_one(office: Office) -> None:
    """amina's old clearances are sealed to a key that is lost: counted as hers, they would leave her with nothing."""
    account = make_account("amina", PASSWORD, (Role.INTAKE_OFFICER, Role.REVIEWER), office.passphrase())
    with office.desk.database.writing() as connection:
        connection.execute(roles.delete().where(roles.c.username == "amina"))
        connection.execute(second_factors.delete().where(second_factors.c.username == "amina"))
        connection.execute(reviewers.delete().where(reviewers.c.username == "amina"))
        add_reviewer(connection, account.reviewer)
        name_key(connection, account.reviewer.username, account.reviewer.username, account.reviewer.public_key)
    office.secrets["amina"] = account.secret
    assert readable(office, "amina") == []
    assert recover(office, *office.recovery.shares[:2], name="amina").exit_code == 0
    assert readable(office, "amina") == references(office)


def test_a_reason_is_asked_for_until_there_is_one(office: Office) -> None:
    """Empty, endless, or with a terminal's signs in it, it is refused: auditors print the trail."""
    done = run(
        office, "recover --reviewer bartek --all", "", "x" * 501, "\x1b[2Jno", REASON, *office.recovery.shares[1:]
    )
    assert done.exit_code == 0, done.output
    assert done.stdout.count("A reason is needed") == 3
    assert acts(office)[0][3] == f"bartek, 3 cases: {REASON}"


def test_numbers_from_the_card_may_be_typed_too_line_by_line(office: Office) -> None:
    """Seventeen numbered words on a line are seventeen words, not thirty-four."""
    lines = []
    for share in office.recovery.shares[:2]:
        words = [f"{number}. {word}" for number, word in enumerate(share.split(), start=1)]
        lines += [" ".join(words[:17]), " ".join(words[17:])]
    assert recover(office, *lines).exit_code == 0


SLIPS = {
    "a word of no list": ("zzzz", "Word number 6 is not on the list of words."),
    "a word too few": ("", "A share has 33 words; 32 were typed."),
    "two words swapped": (None, "two have changed places"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_named_and_may_be_mended(office: Office, slip: str) -> None:
    """Word by word, without repeating one; then the same share is typed again, and all goes on."""
    first, second, _third = office.recovery.shares
    words = first.split()
    put, said = SLIPS[slip]
    if put is None:
        words[5], words[6] = words[6], words[5]
    else:
        words[5] = put
    done = recover(office, " ".join(words), *([""] if put == "" else []), first, second)
    assert done.exit_code == 0, done.output
    assert said in done.stdout
    assert "Nothing was changed; type it again." in done.stdout
    assert readable(office, "bartek") == references(office)
    assert not shows(done.output, first)


def test_the_same_share_twice_and_one_of_another_desk_do_not_count(office: Office) -> None:
    """Each gets its sentence; the right second share still ends it."""
    first, second, _third = office.recovery.shares
    other = split(bytes(32), 2, 3)
    done = recover(office, first, first.upper(), other[1], second)
    assert done.exit_code == 0, done.output
    assert "This share was given already, and counts once." in done.stdout
    assert f"whose cards begin with “{' '.join(first.split()[:2])}”" in done.stdout


def test_too_few_shares_open_nothing(office: Office) -> None:
    """One of two, the same one twice, or none: exit code 1, not a row, not a record."""
    before = table(office)
    for typed in ((office.recovery.shares[0],), (office.recovery.shares[0],) * 2, ()):
        done = recover(office, *typed)
        assert done.exit_code == 1
        assert "too few. Nothing was changed." in done.stderr
    assert (table(office), acts(office), readable(office, "bartek")) == (before, [], [])


def test_another_desks_shares_are_refused(office: Office) -> None:
    """They combine, and to a key: but not to this desk's, whoever asks."""
    before = table(office)
    other = split(secrets.token_bytes(32), 2, 3)
    for done in (recover(office, *other[:2]), run(office, "recovery-shares verify", *other[:2], "")):
        assert done.exit_code == 1
        assert "which is not this desk's" in done.stderr
    assert (table(office), acts(office)) == (before, [])


def test_a_share_that_was_made_up_is_refused(office: Office) -> None:
    """A sound share whose value is invented."""
    first, second, _third = office.recovery.shares
    invented = replace(Share.from_mnemonic(second), value=bytes(32)).mnemonic()
    done = recover(office, first, str(invented))
    assert done.exit_code == 1
    assert "one of them was made up" in done.stderr
    assert acts(office) == []


def test_whoever_reads_no_cases_by_their_role_is_given_none(office: Office) -> None:
    """An intake officer who is no reviewer: the custodians' door is not a way around the roles."""
    office.add("chidi", Role.INTAKE_OFFICER)
    done = recover(office, *office.recovery.shares[:2], name="chidi")
    assert (done.exit_code, "no reviewer “chidi”" in done.stderr) == (1, True)
    assert acts(office) == []


@pytest.mark.parametrize(
    ("which", "name", "code", "said"),
    [
        ("", "bartek", 2, "Say which cases"),
        ("--all --case 7K3M-Q9TW", "bartek", 2, "Say which cases"),
        ("--case 7K3M-Q9TW", "bartek", 1, "is no case of this desk"),
        ("--all", "nobody", 1, "no reviewer “nobody”"),
        ("--all", "recovery", 1, "no reviewer “recovery”"),
    ],
)
def test_a_slip_in_the_command_is_told_before_a_share_is_asked_for(
    office: Office, which: str, name: str, code: int, said: str
) -> None:
    """Custodians do not come together for nothing."""
    done = recover(office, which=which, name=name)
    assert done.exit_code == code
    assert said in done.stderr
    assert "Share 1" not in done.stdout


def test_a_copy_that_does_not_open_stops_nothing_and_is_named(office: Office) -> None:
    """One case's recovery copy is gone, another's belongs elsewhere: the third is opened; exit code 1."""
    gone, foreign, sound = references(office)
    case = "(SELECT id FROM cases WHERE reference = '{}')"
    execute(
        office.folder / "desk.sqlite",
        f"DELETE FROM clearances WHERE holder = 'recovery' AND case_id = {case.format(gone)}",  # noqa: S608
    )
    execute(
        office.folder / "desk.sqlite",
        f"UPDATE clearances SET sealed_key = (SELECT sealed_key FROM clearances WHERE holder = 'recovery' AND "  # noqa: S608
        f"case_id = {case.format(sound)}) WHERE holder = 'recovery' AND case_id = {case.format(foreign)}",
    )
    done = recover(office, *office.recovery.shares[:2])
    assert done.exit_code == 1
    assert "does not open 2 cases: " in done.stderr
    assert {gone, foreign} == {word.strip(",.") for word in done.stderr.split() if "-" in word} - {"candour-desk"}
    assert "bartek can read 1 case now." in done.stdout
    assert readable(office, "bartek") == [sound]


def test_verify_checks_every_card_and_opens_nothing(office: Office) -> None:
    """Two are needed, a third is checked too; it is recorded, and no clearance is made."""
    before = table(office)
    done = run(office, "recovery-shares verify", *office.recovery.shares, "")
    assert done.exit_code == 0, done.output
    assert f"Recovery key of this desk: {office.recovery.fingerprint}" in done.stdout
    assert "3 shares are in order; 2 are needed." in done.stdout
    assert (table(office), readable(office, "bartek")) == (before, [])
    assert acts(office) == [("recovery", "recovery-verify", None, office.recovery.fingerprint)]


def test_a_public_key_that_somebody_exchanged_is_found(office: Office) -> None:
    """Whoever can write to the database makes later cases open to themselves: the yearly check says so."""
    with office.desk.database.writing() as connection:
        change_setting(connection, Setting.RECOVERY_PUBLIC_KEY, SecretKey(bytes(SEED_SIZE)).public)
    done = run(office, "recovery-shares verify", *office.recovery.shares[:2], "")
    assert done.exit_code == 1
    assert "which is not this desk's" in done.stderr
