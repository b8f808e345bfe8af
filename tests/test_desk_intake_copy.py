"""The intake key's passphrase is sealed to the recovery key: from the beginning, or when next unlocked; and renewed."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result

from journalist_interface.intake_lock import IntakeLock
from journalist_interface.recovering import open_recovery_copy
from keys.hpke import SecretKey
from store.desk.intake import find_recovery_copy
from tests.custodians import combined, erase_copy, key_of, run, seal_to_another, words_of
from tests.desk_office import Office, write_letter
from tests.two_officers import Officers, officers_at_work


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


def copy_opens(office: Office, key: SecretKey) -> bool:
    """Whether the recovery key's copy is the passphrase that amina has."""
    with office.desk.database.reading() as connection:
        return open_recovery_copy(connection, key) == office.passphrase()


def test_it_is_sealed_to_the_recovery_key_from_the_beginning(office: Office) -> None:
    """By `init`; `verify` says so, and renewing the shares seals it to the new key, away from the old."""
    assert copy_opens(office, key_of(office))
    verified = run(office, "recovery-shares verify", *office.recovery.shares[:2], "")
    assert "They would open the post too" in verified.output
    with office.desk.database.reading() as connection:
        before = bytes(find_recovery_copy(connection) or b"")
    renewed, new = renew(office)
    assert renewed.exit_code == 0, renewed.output
    assert copy_opens(office, combined(*new[:2]))
    assert not copy_opens(office, key_of(office))
    held = b"".join(path.read_bytes() for path in office.folder.glob("desk.sqlite*"))
    assert before[300:364] not in held, "the old shares must not open it out of the log"


def renew(office: Office) -> tuple[Result, list[str]]:
    """Renew the shares; return the new ones, from the cards."""
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="candour-stick-") as stick:
        done = run(office, f"recovery-shares renew --shares-to {stick}", *office.recovery.shares[:2])
        return done, [words_of(path.read_text()) for path in sorted(Path(stick).iterdir())]


@pytest.mark.parametrize("needed", [1, 2])
def test_a_desk_of_before_seals_it_when_it_is_unlocked_next(desk: Officers, office: Office, needed: int) -> None:
    """Once, and recorded; `check` and `verify` say until then that the recovery key does not open the post."""
    expected = office.passphrase()
    if needed == 2:
        desk.need_two()
    erase_copy(office)
    assert "The recovery key does not open the post yet" in run(office, "check").output
    verified = run(office, "recovery-shares verify", *office.recovery.shares[:2], "")
    assert "They do not open the post" in verified.output
    before = len(desk.acts("settings"))
    amina, bartek = desk.browser("amina"), desk.browser("bartek")
    for _time in range(2):
        amina.press("unlock")
        bartek.press("unlock", **({"with": "amina"} if needed == 2 else {}))
        assert bartek.is_unlocked
        amina.press("lock")
        bartek.press("lock")
    [record] = desk.acts("settings")[before:]
    assert record[2] == "the intake passphrase is sealed to the recovery key: no -> yes"
    with office.desk.database.reading() as connection:
        assert open_recovery_copy(connection, key_of(office)) == expected


def test_renewing_does_away_with_a_copy_that_does_not_open(office: Office) -> None:
    """The next unlocking makes a good one."""
    seal_to_another(office)
    renewed, new = renew(office)
    assert "will be sealed to it when an intake officer unlocks" in renewed.output
    with office.desk.database.reading() as connection:
        assert find_recovery_copy(connection) is None
    IntakeLock().unlock(office.desk, office.signed_in())
    assert copy_opens(office, combined(*new[:2]))
