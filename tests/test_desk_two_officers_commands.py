"""Where two officers are needed to unlock the intake key, the commands about it take two as well."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from journalist_interface.commands import main
from journalist_interface.intake_custody import put_together
from keys.ciphertext import Ciphertext
from store.desk.account_tables import intake_shares, reviewers
from store.desk.intake import key_holders
from tests.desk_office import PASSWORD, Office
from tests.two_officers import Officers, officers_at_work, share_of, take_role


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Officers]:
    """Amina and bartek hold the key; either is enough."""
    with officers_at_work(tmp_path / "desk", "bartek") as made:
        yield made


@pytest.fixture
def two(desk: Officers) -> Officers:
    """The same desk, where two are needed."""
    desk.need_two()
    return desk


def run(office: Office, *arguments: str, typed: str = "") -> Result:
    """Run a command on the office's folder."""
    return CliRunner().invoke(main, [*arguments, "--data", str(office.folder)], input=typed)


def proof(office: Office, username: str) -> str:
    """What an officer types to prove who they are."""
    return f"{username}\n{PASSWORD}\n{office.code(username)}\n"


def test_the_export_takes_two_officers(two: Officers, tmp_path: Path) -> None:
    """Two different ones, each with password and code; one alone, or the same one twice, exports nothing."""
    office, out = two.office, tmp_path / "secret.asc"
    amina, bartek = proof(office, "amina"), proof(office, "bartek")
    wrong = f"bartek\n{PASSWORD}\n000000\n"
    for second, said in (("", "Aborted"), (amina, "Two different officers are needed"), (wrong, "code is wrong")):
        two.forget_codes()
        done = run(office, "export-intake-secret", "--out", str(out), typed=amina + second)
        assert done.exit_code == 1
        assert "Two officers are needed" in done.output
        assert said in done.output
        assert not out.exists()
    expected = put_together(share_of(office, "amina"), share_of(office, "bartek"))
    done = run(office, "export-intake-secret", "--out", str(out), typed=amina + bartek)
    assert done.exit_code == 0, done.output
    assert expected in done.output
    assert two.acts("export") == [("amina", "export", ""), ("bartek", "export", "")]
    out.unlink()
    again = run(office, "export-intake-secret", "--out", str(out), typed=amina + bartek)
    assert again.exit_code == 1, "each code opens once"
    assert not out.exists()


def test_adding_an_officer_by_command_takes_two(two: Officers) -> None:
    """A reviewer is added by one officer; an officer by two, and gets a half as the others do."""
    office = two.office
    new = "four otters ring the viaduct\n" * 2
    two.forget_codes()
    done = run(office, "reviewer", "add", "rosa", typed=proof(office, "amina") + new)
    assert done.exit_code == 0, done.output
    two.forget_codes()
    add = ("reviewer", "add", "zoe", "--role", "intake-officer")
    assert run(office, *add, typed=proof(office, "amina") + new).exit_code == 1
    two.forget_codes()
    done = run(office, *add, typed=proof(office, "amina") + proof(office, "bartek") + new)
    assert done.exit_code == 0, done.output
    with office.desk.database.reading() as connection:
        assert set(key_holders(connection)) == {"amina", "bartek", "zoe"}
    assert not two.holds_whole("zoe")
    added = [record for record in two.acts("reviewer-added") if record[2] == "zoe: intake-officer"]
    assert [actor for actor, _act, _note in added] == ["amina", "bartek"]
    take_role(two)
    two.forget_codes()
    refused = run(office, *add[:2], "max", typed=proof(office, "amina") + new)
    assert refused.exit_code == 1
    assert "That takes an intake officer" in refused.output


def test_check_tells_who_holds_what(two: Officers) -> None:
    """Sound as it is; who waits is named; a whole passphrase beside halves, or one holder left, is a fault."""
    office = two.office
    assert run(office, "check").exit_code == 0
    two.add_waiting("zoe")
    done = run(office, "check")
    assert done.exit_code == 0
    assert "zoe is an intake officer and waits for the key" in done.output
    with office.desk.database.writing() as connection:
        connection.execute(
            update(reviewers).where(reviewers.c.username == "zoe").values(sealed_passphrase=Ciphertext(b"x"))
        )
    assert "zoe holds the whole of it all the same" in run(office, "check").output
    with office.desk.database.writing() as connection:
        connection.execute(update(reviewers).values(sealed_passphrase=None))
        connection.execute(intake_shares.delete().where(intake_shares.c.username == "bartek"))
    done = run(office, "check")
    assert done.exit_code == 1
    assert re.search("FAULT.*too few officers hold it", done.output)
