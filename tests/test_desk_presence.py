"""Whoever opened or writes in a case just now: told to those who may know them, for a quarter of an hour."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.casework.presence import RECENT_SECONDS, Presence
from journalist_interface.clock import now
from store.desk.roles import Role
from tests.desk_office import Office, new_office
from tests.desk_person import Person, letter, source
from tests.desk_routes import form_to


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post; ben and cora are reviewers, cora cleared for nothing."""
    with new_office(tmp_path / "desk", {"ben": (Role.REVIEWER,), "cora": (Role.REVIEWER,)}) as made:
        yield made


@pytest.fixture
def reference(office: Office) -> str:
    """A case that amina and ben can read."""
    return office.open(letter(office, source()), cleared=("amina", "ben"))


def test_whoever_writes_just_now_is_told_of_before_anything_is_kept(app: Flask, office: Office, reference: str) -> None:
    """ben only opened the page: that is said, quietly. He looked at a reply: a warning. It was sent: nothing."""
    ben, amina = Person(app, office, "ben"), Person(app, office, "amina")
    assert "opened this page" not in amina.get(f"/case/{reference}")
    ben.get(f"/case/{reference}")
    assert "ben opened this page at " in amina.get(f"/case/{reference}")
    form = form_to(ben.get(f"/case/{reference}"), f"/case/{reference}/reply")
    ben.post(f"{form.action}/look", **form.data(text="Thank you."))
    assert "ben is writing to this source just now" in amina.get(f"/case/{reference}")
    looked = amina.post(f"/case/{reference}/reply/look", text="Thank you too.")[2]
    assert "ben is writing to this source just now" in looked
    assert ben.post(form.action, **form.data(text="Thank you."))[0] == 303
    assert "is writing" not in amina.get(f"/case/{reference}")


def test_who_was_there_is_forgotten_after_a_quarter_of_an_hour() -> None:
    """And is told of to nobody who may not know them, nor to themselves."""
    presence, moment = Presence(), now()
    presence.note("case", "ben", moment, writes=True)
    presence.note("case", "ben", moment + 1, writes=False)
    [seen] = presence.others("case", "amina", {"ben"}, moment + 1)
    assert (seen.username, seen.at, seen.writes) == ("ben", moment + 1, True)
    assert presence.others("case", "ben", {"ben"}, moment) == []
    assert presence.others("case", "amina", {"cora"}, moment) == []
    assert presence.others("another", "amina", {"ben"}, moment) == []
    assert presence.others("case", "amina", {"ben"}, moment + 2 + RECENT_SECONDS) == []
    presence.note("case", "ben", moment + 2 + RECENT_SECONDS, writes=False)
    [seen] = presence.others("case", "amina", {"ben"}, moment + 2 + RECENT_SECONDS)
    assert not seen.writes
    presence.done("case", "ben")
    assert presence.others("case", "amina", {"ben"}, moment) == []
