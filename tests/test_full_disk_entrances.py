"""A really full disk under the desk's keys: no key without its link, and no page says that one is gone which is not."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from journalist_interface.tor_paths import desk_service
from store.desk.account_tables import invitations, reviewers
from store.desk.roles import Role
from tests.desk_entrance import give_key, let_in_at, open_service
from tests.desk_office import Office, new_office, sign_in
from tests.small_disk import empty, fill, needs_root, small_disk

pytestmark = needs_root
DISK = 32  # MiB


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with an onion service on a small disk; ben has a key."""
    people = {"ada": (Role.ADMINISTRATOR,), "ben": (Role.REVIEWER,)}
    with small_disk(tmp_path / "disk", DISK) as disk, new_office(disk / "desk", people) as made:
        open_service(made)
        give_key(made, "ben")
        yield made


@pytest.fixture
def ada(app: Flask, office: Office) -> FlaskClient:
    """A browser in which the administrator is signed in."""
    made = app.test_client()
    sign_in(made, office, "ada")
    return made


def token(client: FlaskClient) -> dict[str, str]:
    """What every form of this session carries."""
    found = re.search(r'name="csrf_token" value="([^"]*)"', client.get("/people").text)
    assert found
    return {"csrf_token": unescape(found[1])}


def is_suspended(office: Office) -> bool:
    """Whether ben is."""
    with office.desk.database.reading() as connection:
        return bool(connection.execute(reviewers.select().where(reviewers.c.username == "ben")).one().suspended)


# Bytes that are left: none; a page; room for rows and not for files; a little more.
@pytest.mark.parametrize("left", [0, 4096, 16 * 4096, 64 * 4096])
def test_without_room_nothing_is_half_done(office: Office, ada: FlaskClient, left: int) -> None:
    """Whatever an act's page says is so: invited with a key or not at all; suspended without a key or not at all."""
    form, disk = token(ada), office.folder.parent
    fill(disk, left)
    invited = ada.post("/people", data={**form, "username": "zoe", "role": "reviewer"})
    with office.desk.database.reading() as connection:
        link = connection.execute(invitations.select()).first()
    assert (invited.status_code == 200) == (link is not None)
    if link is not None:
        assert "zoe" in let_in_at(office)
    path = desk_service(office.folder) / "authorized_clients" / "ben.auth"
    before = path.read_text()
    renewed = ada.post("/people/ben/key", data=form)
    # Either the page has a new key, or the old one opens the way as before.
    assert (renewed.status_code == 200) == (path.read_text() != before)
    suspended = ada.post("/people/ben/suspend", data=form)
    assert (suspended.status_code == 303) == is_suspended(office)
    if suspended.status_code == 303:
        assert "ben" not in let_in_at(office)
    empty(disk)
    assert ada.post("/people/ben/suspend", data=form).status_code == 303
    assert is_suspended(office)
    assert "ben" not in let_in_at(office)
