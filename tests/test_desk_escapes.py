"""Whoever can write to the database writes nothing into the terminal of whoever runs a command there."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from journalist_interface.commands import main
from journalist_interface.commands_shared import sentences
from journalist_interface.errors import SetUpRefused
from tests.desk_office import Office, new_office, write_letter

ESCAPE = "\x1b]0;owned\x07\x1b[2J"
# What is altered, in which table, and the command that quotes it.
ALTERED: dict[str, tuple[str, tuple[object, ...], list[str]]] = {
    "the desk's id, in verify": (
        "UPDATE settings SET value = ? WHERE name = 'desk-id'",
        (ESCAPE.encode(),),
        ["audit", "verify"],
    ),
    "the desk's id, in check": ("UPDATE settings SET value = ? WHERE name = 'desk-id'", (ESCAPE.encode(),), ["check"]),
    "a case that recovery does not open": ("UPDATE cases SET reference = ?", (ESCAPE,), ["check"]),
    "a user name": (
        "INSERT INTO reviewers SELECT ?, public_key, sealed_secret, sealed_passphrase, last_totp_step, {rest} "
        "FROM reviewers LIMIT 1",
        (ESCAPE,),
        ["reviewer", "list"],
    ),
    "a user name whose roles do not fit": (
        "INSERT INTO reviewers SELECT ?, public_key, sealed_secret, sealed_passphrase, last_totp_step, {rest} "
        "FROM reviewers LIMIT 1",
        (ESCAPE,),
        ["check"],
    ),
}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with a case that the recovery key does not open."""
    with new_office(tmp_path / "desk") as made:
        made.open(made.deliver(write_letter(None)))
        with sqlite3.connect(made.desk.paths.database) as connection:
            connection.execute("DELETE FROM clearances WHERE holder = 'recovery'")
        yield made


def columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """The names of a table's columns."""
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


@pytest.mark.parametrize("name", ALTERED)
def test_a_command_shows_what_was_altered_and_obeys_nothing_of_it(office: Office, name: str) -> None:
    """The escape is there to be seen, as ⟨U+001B⟩; the terminal gets none."""
    statement, values, command = ALTERED[name]
    with sqlite3.connect(office.desk.paths.database) as connection:
        known = ["username", "public_key", "sealed_secret", "sealed_passphrase", "last_totp_step"]
        rest = ", ".join(each for each in columns(connection, "reviewers") if each not in known)
        connection.execute(statement.format(rest=rest), values)
    done = CliRunner().invoke(main, [*command, "--data", str(office.folder)])
    assert "⟨U+001B⟩]0;owned⟨U+0007⟩" in done.output
    assert "\x1b" not in done.output


def test_a_refusal_that_quotes_it_obeys_nothing_either() -> None:
    """Its lines stay lines."""
    done = CliRunner().invoke(_refusing())
    assert done.output == "Error: one ⟨U+001B⟩[2J\ntwo\n"


def _refusing() -> click.Command:
    @click.command()
    def refusing() -> None:
        with sentences():
            raise SetUpRefused("one \x1b[2J\ntwo")

    return refusing
