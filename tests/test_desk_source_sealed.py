"""Whose case it is stands in the sealed card: whoever writes into the database turns no reply and no letter aside."""

import secrets
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from journalist_interface.case_page import read_case
from journalist_interface.errors import CannotOpen
from journalist_interface.walls import withdraw
from journalist_interface.writing import write_reply
from keys.errors import SealBroken
from keys.hpke import SecretKey
from keys.reply import reply_address
from store.blobs import new_blob_id
from store.desk.outbox import waiting_deliveries
from store.desk.roles import Role
from tests.desk_office import Office, new_office, read_list, write_letter
from tests.test_desk_danger_sealed import kept_card, make_as_before


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with a second reviewer."""
    with new_office(tmp_path / "desk") as made:
        made.add("bartek", Role.REVIEWER)
        yield made


def new_source() -> SecretKey:
    """Somebody who wants to come back."""
    return SecretKey(secrets.token_bytes(96))


def alter(office: Office, reference: str, **columns: object) -> None:
    """Write into the database, as its thief would."""
    named = ", ".join(f"{name} = :{name}" for name in columns)
    with sqlite3.connect(office.desk.paths.database) as connection:
        connection.execute(f"UPDATE cases SET {named} WHERE reference = :ref", {**columns, "ref": reference})  # noqa: S608
    connection.close()


def swap(office: Office, one: tuple[str, SecretKey], other: tuple[str, SecretKey], *, keys: bool) -> None:
    """Put the address of each case beside the other; with `keys` the reply keys too."""
    alter(office, one[0], address="0" * 64)
    for (reference, _), (_, source) in ((other, one), (one, other)):
        alter(office, reference, address=reply_address(source.public))
        if keys:
            alter(office, reference, reply_key=source.public)


@pytest.mark.parametrize("with_address", [True, False])
def test_no_reply_is_sealed_to_a_key_that_was_put_there(office: Office, with_address: bool) -> None:
    """Nothing is queued, and whoever opens the case hears that it was altered."""
    source, thief = new_source(), new_source()
    reference = office.open(office.deliver(write_letter(source.public)))
    alter(office, reference, reply_key=thief.public)
    if with_address:
        alter(office, reference, address=reply_address(thief.public))
    reply_id = new_blob_id()
    with pytest.raises(SealBroken):
        write_reply(office.desk, office.signed_in(), reference, reply_id, "Can we meet?", [])
    with pytest.raises(SealBroken):
        read_case(office.desk, office.signed_in(), reference)
    with office.desk.database.reading() as connection:
        assert reply_id not in {each.reply for each in waiting_deliveries(connection, 100)}
    assert [case.card for case in read_list(office.desk, office.signed_in()).cases] == [None]


@pytest.mark.parametrize("keys", [False, True])
def test_no_further_letter_lands_in_a_case_whose_address_was_swapped(office: Office, keys: bool) -> None:
    """Who is kept out of one case does not get its next letter by way of another. The letter stays in the post."""
    walled_source, own_source = new_source(), new_source()
    both = ("amina", "bartek")
    walled = office.open(office.deliver(write_letter(walled_source.public)), cleared=both)
    withdraw(office.desk, office.signed_in(), walled, "bartek", "cousin")
    own = office.open(office.deliver(write_letter(own_source.public)), cleared=both)
    swap(office, (walled, walled_source), (own, own_source), keys=keys)
    further = office.deliver(write_letter(walled_source.public, "further words"))
    with pytest.raises(CannotOpen):
        office.open(further)
    swap(office, (walled, own_source), (own, walled_source), keys=keys)
    assert office.open(further) == walled
    page = read_case(office.desk, office.signed_in("bartek"), own)
    assert [entry.kind for entry in page.entries].count("letter") == 1


@pytest.mark.parametrize("comes_back", [True, False])
def test_a_card_of_before_takes_over_whose_it_is(office: Office, comes_back: bool) -> None:
    """At the first reading; from then on it is held to it."""
    source, thief = new_source(), new_source()
    reference = office.open(office.deliver(write_letter(source.public if comes_back else None)))
    make_as_before(office, reference)
    assert b"source" not in kept_card(office, reference)
    read_case(office.desk, office.signed_in(), reference)
    assert (b"source" in kept_card(office, reference)) is True
    alter(office, reference, address=reply_address(thief.public), reply_key=thief.public)
    with pytest.raises(SealBroken):
        read_case(office.desk, office.signed_in(), reference)
