"""Danger stands in the sealed card: the disk does not say which cases matter most; no case of before loses it."""

import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from journalist_interface.case_access import open_case
from journalist_interface.case_page import read_case
from journalist_interface.case_places import card_place
from journalist_interface.desk_folder import Desk, open_desk
from keys.hpke import SecretKey
from keys.letter import Answer, Letter
from keys.strict_json import write_object
from store.desk import migrations as desk_migrations
from tests.desk_office import Office, new_office, read_list, write_letter

ANSWERS = {"yes": True, "not-sure": True, "no": False}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk."""
    with new_office(tmp_path / "desk") as made:
        yield made


def told(answer: str, source: SecretKey | None = None) -> Letter:
    """A letter that tells of danger, or of none."""
    return write_letter(source.public if source else None, answers=(Answer("q-danger", answer),))


def columns(office: Office) -> list[str]:
    """The columns of a case."""
    with sqlite3.connect(office.desk.paths.database) as connection:
        found = [row[1] for row in connection.execute("PRAGMA table_info(cases)")]
    connection.close()
    return found


def in_list(desk: Desk, office: Office) -> dict[str, bool | None]:
    """What the list says of each case."""
    listed = read_list(desk, office.signed_in()).cases
    return {case.case.reference: case.card.danger for case in listed if case.card}


def kept_card(office: Office, reference: str) -> bytes:
    """The card as it is kept, opened."""
    with office.desk.database.reading() as connection:
        case = open_case(connection, office.signed_in(), reference)
    return case.key.open_item(case.row.sealed_card, card_place(case.row.id))


@pytest.mark.parametrize("answer", ANSWERS)
def test_danger_is_in_the_card_and_nowhere_in_clear(office: Office, answer: str) -> None:
    """Not in a column, and a further letter that tells of none takes nothing back."""
    source = SecretKey(secrets.token_bytes(96))
    reference = office.open(office.deliver(told(answer, source)))
    assert in_list(office.desk, office) == {reference: ANSWERS[answer]}
    assert "danger" not in columns(office)
    office.open(office.deliver(told("no", source)))
    assert in_list(office.desk, office) == {reference: ANSWERS[answer]}
    office.open(office.deliver(told("yes", source)))
    assert in_list(office.desk, office) == {reference: True}


def make_as_before(office: Office, reference: str) -> None:
    """Seal a case's card as it was before, without danger."""
    with office.desk.database.reading() as connection:
        case = open_case(connection, office.signed_in(), reference)
    card = {"name": case.card.name, "topics": list(case.card.topics), "unread": 0}
    sealed = case.key.seal_item(write_object(card), card_place(case.row.id))
    with sqlite3.connect(office.desk.paths.database) as writing:
        writing.execute("UPDATE cases SET sealed_card = ? WHERE reference = ?", [bytes(sealed), reference])
    writing.close()


def go_back(database: Path, before: str) -> None:
    """Bring a database back to what it was before a revision."""
    config = Config()
    config.set_main_option("script_location", str(Path(desk_migrations.__path__[0])))
    engine = create_engine(f"sqlite:///{database}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, f"{before}-1")
    engine.dispose()


def test_a_desk_of_before_is_brought_over(office: Office) -> None:
    """The column goes with the first start. The list says the same, and reading a case keeps it in the card."""
    cases = {}
    for answer, danger in ANSWERS.items():
        cases[office.open(office.deliver(told(answer)))] = danger
    for reference in cases:
        make_as_before(office, reference)
    office.desk.database.close()
    go_back(office.desk.paths.database, before="0012")
    assert "danger" in columns(office)
    with sqlite3.connect(office.desk.paths.database) as connection:
        connection.executemany("UPDATE cases SET danger = ? WHERE reference = ?", [(d, r) for r, d in cases.items()])
    connection.close()
    office.desk = open_desk(office.folder)
    assert "danger" not in columns(office)
    assert in_list(office.desk, office) == cases
    for reference, danger in cases.items():
        assert b"danger" not in kept_card(office, reference)
        read_case(office.desk, office.signed_in(), reference)
        assert (b'"danger":true' if danger else b'"danger":false') in kept_card(office, reference)
    assert in_list(office.desk, office) == cases


def test_a_further_letter_to_a_case_of_before_forgets_nothing(office: Office) -> None:
    """The danger of the first letter, in a card that does not say so, is there after the second."""
    source = SecretKey(secrets.token_bytes(96))
    reference = office.open(office.deliver(told("yes", source)))
    make_as_before(office, reference)
    office.open(office.deliver(told("no", source)))
    assert b'"danger":true' in kept_card(office, reference)


def test_a_letter_of_before_that_does_not_open_counts_as_danger(office: Office) -> None:
    """Nobody can say that there is none."""
    reference = office.open(office.deliver(told("no")))
    make_as_before(office, reference)
    with sqlite3.connect(office.desk.paths.database) as connection:
        connection.execute("UPDATE items SET sealed = x'00' WHERE kind = 'letter'")
    connection.close()
    assert in_list(office.desk, office) == {reference: True}
