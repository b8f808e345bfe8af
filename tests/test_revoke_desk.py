"""`candour-drop revoke-desk`: one line shuts a stolen desk out, a slip does nothing, and what is to do next is true."""

import http.client
import json
import re
import shlex
import stat
from itertools import pairwise
from pathlib import Path

import click
import pytest
from sqlalchemy import update

from journalist_interface.commands import main as desk
from source_interface.after_revoking import what_to_do_next
from source_interface.backup import CONTENTS
from source_interface.commands import main
from source_interface.door_app import create_door
from source_interface.door_tokens import read_in_force
from source_interface.drop_folder import DropFolder, open_drop
from source_interface.lost_desk import read_lost_desk
from store.drop.tables import deliveries, replies
from tests.revoked_host import days_ago, held, is_shut_out, lived, names, place, revoke, site, texts
from tests.served import served
from tests.source_ground import today

__all__ = ["lived", "place"]


def test_one_line_does_it_all(place: Path, lived: tuple[Path, str]) -> None:
    """Token, keys, answers by the day on which they came; what is not in doubt stays. Again it changes nothing."""
    done = revoke(place / "drop", "--since", days_ago(3))
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    assert is_shut_out(place)
    assert "The keys to the door are taken away: desk, desk-2." in done.stdout
    assert "2 answers are held back from their sources" in done.stdout
    assert "The site goes on taking letters" in done.stdout
    assert "Tor is not running on this host: nobody comes in" in done.stdout
    with site(place) as url:
        shown = texts(url, lived[1])
    assert "An old answer" in shown
    assert "A thief" not in shown
    assert "A backdated one" not in shown
    again = revoke(place / "drop", "--since", days_ago(3))
    assert (again.exit_code, held(place), is_shut_out(place)) == (0, 2, True)


SINCE: dict[str, tuple[list[str], int]] = {
    "yesterday, if no day is named": ([], 1),
    "the day before": (["--since", days_ago(2)], 2),
    "so long ago that all of them came since": (["--since", days_ago(200)], 3),
    "tomorrow": (["--since", days_ago(-1)], 0),
}


@pytest.mark.parametrize("day", SINCE)
def test_the_day_on_which_an_answer_came_counts(place: Path, day: str) -> None:
    """This host's own: the day that stands in an answer was the thief's to choose. What is nobody's longest, too."""
    options, count = SINCE[day]
    assert revoke(place / "drop", *options).exit_code == 0
    assert held(place) == count


def test_what_came_before_anybody_remembers_is_held_back_from_a_day_as_old(place: Path) -> None:
    """A day that is remembered leaves it alone."""
    drop = open_drop(place / "drop")
    with drop.database.writing() as connection:
        connection.execute(deliveries.delete())
    drop.database.close()
    assert (revoke(place / "drop").exit_code, held(place)) == (0, 0)
    assert (revoke(place / "drop", "--since", days_ago(91)).exit_code, held(place)) == (0, 3)


SLIPS: dict[str, tuple[str, str]] = {
    "a day that is still to come: nothing would be held back since": (days_ago(-30), "is still to come. Nothing was"),
    "a year of the Middle Ages: no note that names it is believed": (
        "1026-11-25",
        "look at the year. Nothing was done",
    ),
    "two digits of the year": ("0026-11-25", "look at the year. Nothing was done"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_of_the_year_at_night_does_nothing(place: Path, slip: str) -> None:
    """Else it would say that sources are told, who read a wrong day, or nothing, at a site that takes nothing."""
    day, said = SLIPS[slip]
    done = revoke(place / "drop", "--since", day)
    assert (done.exit_code, said in done.stderr) == (2, True), done.output
    assert not read_in_force(DropFolder(place / "drop").tokens).is_void
    assert not (place / "drop" / "desk-lost.json").exists()


def test_a_folder_that_others_may_enter_is_closed_and_the_thief_shut_out(place: Path) -> None:
    """Every other command has it mended first: this one has no time."""
    root = place / "drop"
    root.chmod(0o750)
    done = revoke(root)
    assert (done.exit_code, "It is closed to them now." in done.stdout) == (0, True), done.output
    assert (stat.S_IMODE(root.stat().st_mode), names(place)) == (0o700, ())
    assert read_in_force(DropFolder(root).tokens).is_void


def test_a_slip_in_the_name_of_the_folder_does_not_say_that_the_thief_is_out(tmp_path: Path) -> None:
    """It says that there is no host, and neither makes a note there nor changes who may come in."""
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong").chmod(0o755)
    done = revoke(tmp_path / "wrong", "--close")
    assert (done.exit_code, "is void" in done.stdout, "no source host" in done.stderr) == (1, False, True), done.output
    assert (list((tmp_path / "wrong").iterdir()), (tmp_path / "wrong").stat().st_mode & 0o777) == ([], 0o755)


def test_an_earlier_day_holds_more_and_a_later_one_releases_nothing(place: Path) -> None:
    """Nobody is sure of the day at six in the morning."""
    for days, count in ((1, 1), (5, 2), (0, 2)):
        assert revoke(place / "drop", "--since", days_ago(days)).exit_code == 0
        assert held(place) == count
    lost = read_lost_desk(place / "drop" / "desk-lost.json")
    assert lost is not None
    assert (lost.since, lost.revoked) == (days_ago(5), today())


def commands_in(text: str) -> list[str]:
    """The commands that a text names, with what follows them on the line."""
    # An option first, with its value: as a word alone it would end the line at the value.
    found = re.findall(
        r"candour-(?:drop|desk) [a-z-]+(?: (?:--[a-z-]+(?: [A-Z/][^ ,:;]*)?|[a-z][a-z-]*|[A-Z]{2,}\b))*", text
    )
    return [line.rstrip(".") for line in found]


@pytest.mark.parametrize("closed", [True, False])
def test_the_list_of_what_to_do_next_is_true(closed: bool) -> None:
    """Every command in it is one that there is, with the options that it names."""
    found = [line for text in what_to_do_next(Path("/srv/candour"), closed=closed) for line in commands_in(text)]
    assert len(found) >= 6
    for line in found:
        program, *words = shlex.split(line)
        command: click.Command = {"candour-drop": main, "candour-desk": desk}[program]
        context = click.Context(command)
        while isinstance(command, click.Group) and words and not words[0].startswith("--"):
            name, subcommand, words = command.resolve_command(context, words)
            assert subcommand is not None, (line, name)
            command = subcommand
        known = {option: each for each in command.params for option in each.opts}
        assert {word for word in words if word.startswith("--")} <= known.keys(), line
        # Who types FILE where a folder must be is refused at night.
        for option, value in pairwise(words):
            if value in ("FILE", "FOLDER") and isinstance(kind := known[option].type, click.Path):
                assert kind.dir_okay if value == "FOLDER" else kind.file_okay, (line, option)
    # The other half of a pairing, without which nothing is ever collected.
    assert any(line.startswith("candour-desk pair ") for line in found)


def test_a_restored_host_stays_void(place: Path) -> None:
    """What a backup of afterwards holds: the void token and what sources are told are in it."""
    assert revoke(place / "drop").exit_code == 0
    found = set(CONTENTS.small_files(place / "drop"))
    assert {"door-token.sha256", "desk-lost.json"} <= found
    assert "door-token-next.sha256" in CONTENTS.files
    assert json.loads((place / "drop" / "desk-lost.json").read_text())["told"] is True
    assert CONTENTS.missing(place / "drop") == []


def test_a_door_that_is_being_spoken_to_applies_nothing_afterwards(place: Path) -> None:
    """Who began to send before, slowly, is refused once the token is void."""
    token = json.loads((place / "pairing.json").read_text())["token"]
    drop = open_drop(place / "drop")
    with drop.database.writing() as connection:
        connection.execute(update(replies).values(read=True))
    drop.database.close()
    app = create_door(place / "drop")
    with served(app) as url:
        body = json.dumps({"candour_door": 1, "deliveries": []}).encode()
        road = http.client.HTTPConnection(url.removeprefix("http://"))
        road.putrequest("POST", "/v1/deliveries")
        for name, value in (
            ("Authorization", f"Bearer {token}"),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
        ):
            road.putheader(name, value)
        road.endheaders(body[:5])
        assert revoke(place / "drop").exit_code == 0
        road.send(body[5:])
        answer = road.getresponse()
        assert answer.status == 401
        answer.read()
        road.close()
    app.extensions["candour_door"].close()
