"""How Tor is, told from host to host: by the door in a word, to the courier, and to people at the desk."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from journalist_interface.courier_errors import DoorDistrusted
from journalist_interface.courier_host_rules import read_tor
from journalist_interface.desk_app import create_desk
from journalist_interface.tor_paths import tor_of
from onion.health import Health, TorState, write_health
from serving.server import CLOSE
from store.desk.courier_state import SourceTor, note_source_tor
from tests.courier.ground import TOKEN, DropGround, make_drop_ground
from tests.desk_office import Office, new_office, sign_in

WELL = Health(int(time.time()), 100, {"site": True, "door": True}, effort=0, skew=0)


def health(**changes: object) -> Health:
    """How the watch sees Tor a moment ago, with these differences."""
    return Health(**{**vars(WELL), "seen_at": int(time.time()), **changes})


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[DropGround]:
    """A source host."""
    made = make_drop_ground(tmp_path / "drop")
    yield made
    made.database.close()


@pytest.fixture
def door(ground: DropGround) -> Iterator[FlaskClient]:
    """Its door, for whoever has the token."""
    app = ground.app()
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    yield client
    app.extensions[CLOSE]()


# How it was seen, and how many seconds ago.
WORDS: dict[str, tuple[dict[str, object], int, TorState]] = {
    "all is well": ({}, 0, TorState.WELL),
    "nobody looked for minutes": ({}, 400, TorState.NOT_WATCHED),
    "not connected": ({"progress": 80}, 0, TorState.NOT_CONNECTED),
    "the door unpublished": ({"published": {"site": True, "door": False}}, 0, TorState.NOT_PUBLISHED),
    "a site without proof of work": ({"effort": None, "open_to_all": "site"}, 0, TorState.UNDEFENDED),
    "a site without any descriptor": (
        {"effort": None, "open_to_all": "site", "published": {"site": False}},
        0,
        TorState.NOT_PUBLISHED,
    ),
    "a reviewer host, to which no strangers come": ({"effort": None}, 0, TorState.WELL),
    "the clock ahead": ({"skew": 600}, 0, TorState.CLOCK_WRONG),
    "a clock of which nothing is known": ({"skew": None}, 0, TorState.WELL),
    "the clock behind": ({"skew": -600}, 0, TorState.CLOCK_WRONG),
    "a flood": ({"effort": 7}, 0, TorState.FLOODED),
    "a flood on an unconnected host": ({"effort": 7, "progress": 10}, 0, TorState.NOT_CONNECTED),
}


@pytest.mark.parametrize("how", WORDS)
def test_the_door_says_the_worst_in_a_word(ground: DropGround, door: FlaskClient, how: str) -> None:
    """And nothing else: no number, no time, no address."""
    changes, ago, word = WORDS[how]
    seen = health(**changes, seen_at=int(time.time()) - ago)
    tor = ground.folder / "tor"
    tor.mkdir()
    write_health(tor / "health.json", seen)
    answer = door.get("/v1/tor")
    assert (answer.status_code, answer.json) == (200, {"candour_door": 1, "tor": word.value})


def test_a_host_that_nobody_watches_says_so_and_one_without_onions_has_no_such_verb(
    ground: DropGround, door: FlaskClient
) -> None:
    """A query is refused as everywhere; without the token there is nothing at all."""
    assert door.get("/v1/tor").status_code == 404
    (ground.folder / "tor").mkdir()
    assert door.get("/v1/tor").json == {"candour_door": 1, "tor": "not watched"}
    assert door.get("/v1/tor?x=1").status_code == 400
    assert door.get("/v1/tor", headers={"Authorization": "Bearer no"}).status_code == 401


def test_both_ends_have_the_same_seven_words() -> None:
    """They share no code; the protocol's page has the words too."""
    page = Path(__file__).resolve().parents[1].joinpath("docs", "courier-protocol.md").read_text()
    for state in TorState:
        assert read_tor(json.dumps({"candour_door": 1, "tor": state.value}).encode()).value == state.value
        assert f"| `{state.value}` |" in page
    assert {each.value for each in SourceTor} == {each.value for each in TorState} | {"unknown"}


LIES = {
    "another word": {"candour_door": 1, "tor": "<script>"},
    "the word that only the desk uses": {"candour_door": 1, "tor": "unknown"},
    "more than was asked": {"candour_door": 1, "tor": "well", "visitors": 7},
    "another version": {"candour_door": 2, "tor": "well"},
    "a number": {"candour_door": 1, "tor": 1},
    "nothing": {},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_hostile_door_can_say_nothing_else(lie: str) -> None:
    """What it says is one of seven words, or it is distrusted."""
    with pytest.raises(DoorDistrusted):
        read_tor(json.dumps(LIES[lie]).encode())


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Office, Flask, FlaskClient]]:
    """A desk with an intake officer at it."""
    with new_office(tmp_path / "desk") as office:
        app = create_desk(office.folder)
        client = app.test_client()
        sign_in(client, office)
        yield office, app, client
        app.extensions[CLOSE]()


def test_the_desk_warns_of_the_source_hosts_tor(desk: tuple[Office, Flask, FlaskClient]) -> None:
    """Each word but two has a sentence of ours; the next run's word takes its place."""
    office, _app, client = desk
    quiet = client.get("/post").text
    for state in SourceTor:
        with office.desk.database.writing() as connection:
            note_source_tor(connection, state)
        said = client.get("/post").text
        assert (said.count("caution") > quiet.count("caution")) == (state not in (SourceTor.WELL, SourceTor.UNKNOWN))
        if warning := state.warning():
            assert warning.split(":")[0].replace("'", "&#39;") in said


def test_the_desk_warns_of_its_own_hosts_tor_if_it_has_one(desk: tuple[Office, Flask, FlaskClient]) -> None:
    """Nobody watches it; it is ill; it is well."""
    office, _app, client = desk
    tor = tor_of(office.folder)
    assert "This host:" not in client.get("/post").text
    tor.root.mkdir()
    tor.torrc.write_text("")
    assert "This host: Nobody watches Tor" in client.get("/post").text
    write_health(tor.health, health(progress=30))
    assert "This host: Tor is not connected: 30 per cent" in client.get("/post").text
    write_health(tor.health, health())
    assert "This host:" not in client.get("/post").text
