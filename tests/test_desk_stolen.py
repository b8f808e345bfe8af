"""A stolen backup: what it gives, to whom, and that what changed since changes nothing about it."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from journalist_interface.case_page import read_case
from journalist_interface.desk_folder import Desk, open_desk
from journalist_interface.password import NewPassword, change_password
from journalist_interface.proof import Claim
from journalist_interface.sessions import SignedIn
from journalist_interface.throttle import Throttle
from journalist_interface.walls import withdraw
from keys.errors import SignInRefused
from keys.hpke import SecretKey
from keys.reviewer_key import ReviewerSecret
from keys.session_seal import SessionToken
from store.desk.reviewers import find_reviewer
from store.errors import Missing
from tests.desk_office import PASSWORD, Office, new_office, read_list, write_letter

CANARY = "kestrel-over-the-viaduct"
NEW_PASSWORD = "eleven patient herons wading"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with a case that amina and bartek can read."""
    with new_office(tmp_path / "desk") as made:
        made.add("bartek")
        yield made


@pytest.fixture
def reference(office: Office) -> str:
    """The case."""
    letter = write_letter(SecretKey(secrets.token_bytes(96)).public, CANARY, must_not_reach=CANARY)
    files = {f"{CANARY}.txt": CANARY.encode() * 50}
    return office.open(office.deliver(letter, files), cleared=("amina", "bartek"))


def back_up(office: Office, to: Path) -> Path:
    """Copy the folder of the desk, as a backup does."""
    shutil.copytree(office.folder, to, ignore=shutil.ignore_patterns("S.*", "*.lock"))
    return to


def with_password(desk: Desk, username: str, password: str) -> SignedIn:
    """What a password opens in a folder, with no desk that runs and no code asked for. Raises SignInRefused."""
    with desk.database.reading() as connection:
        sealed = find_reviewer(connection, username).sealed_secret
    return SignedIn(username, ReviewerSecret.open(sealed, password, username).key(), SessionToken.draw())


def test_a_backup_without_a_password_gives_no_word(office: Office, reference: str, tmp_path: Path) -> None:
    """Nor the name of a file; how many cases there are and who reads them it does tell."""
    stolen = back_up(office, tmp_path / "stolen")
    held = b"".join(path.read_bytes() for path in stolen.rglob("*") if path.is_file())
    assert reference.encode() in held
    assert CANARY.encode() not in held
    desk = open_desk(stolen)
    with closing(desk.database), pytest.raises(SignInRefused):
        with_password(desk, "amina", "a guess of some length")


def test_a_backup_of_before_still_opens_to_who_was_kept_out_since(
    office: Office, reference: str, tmp_path: Path
) -> None:
    """The wall stands at the desk of now; an old copy is an old copy."""
    stolen = back_up(office, tmp_path / "stolen")
    withdraw(office.desk, office.signed_in(), reference, "bartek", "a friend of his")
    old = open_desk(stolen)
    assert read_case(old, with_password(old, "bartek", PASSWORD), reference).case.card.name
    old.database.close()
    now = with_password(office.desk, "bartek", PASSWORD)
    assert read_list(office.desk, now).total == 0
    with pytest.raises(Missing):
        read_case(office.desk, now, reference)


def test_a_changed_password_opens_nothing_old_and_the_old_one_nothing_new(
    office: Office, reference: str, tmp_path: Path
) -> None:
    """A password that somebody saw opens the backups of its time, and no later one."""
    before = open_desk(back_up(office, tmp_path / "before"))
    signed_in = office.signed_in()
    change_password(
        office.desk, Throttle(), signed_in, NewPassword(Claim(PASSWORD, office.code()), NEW_PASSWORD, NEW_PASSWORD)
    )
    after = open_desk(back_up(office, tmp_path / "after"))
    assert read_case(before, with_password(before, "amina", PASSWORD), reference).case.card.name
    assert read_case(after, with_password(after, "amina", NEW_PASSWORD), reference).case.card.name
    for desk, wrong in ((before, NEW_PASSWORD), (after, PASSWORD)):
        with pytest.raises(SignInRefused):
            with_password(desk, "amina", wrong)
        desk.database.close()
