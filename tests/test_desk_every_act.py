"""Every act there is: somebody causes it on the real road, by a page or a command; and it commits with its record.

A new act needs one line in one of the tables of ROADS.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from journalist_interface.commands import main
from journalist_interface.sessions import IDLE_MINUTES, LONGEST_HOURS
from store.desk.audit import Act
from store.desk.audit_reading import Wanted, read_trail, verify_trail
from tests.desk_routes import Desk, furnished
from tests.harms import execute, snapshot
from tests.road_steps import REVIEWER, Step
from tests.roads_in_cases import ROADS_IN_CASES
from tests.roads_of_people import ROADS_OF_PEOPLE
from tests.roads_of_the_host import ROADS_OF_THE_HOST
from tests.roads_of_the_post import ROADS_OF_THE_POST
from tests.trail_tampering import forge


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with cases."""
    (tmp_path / "out").mkdir()
    with furnished(tmp_path / "desk") as made:
        yield made


# How each act is caused. None: it makes the desk itself.
ROADS: dict[Act, Callable[[Desk], Step] | None] = {
    Act.SET_UP: None,
    **ROADS_OF_PEOPLE,
    **ROADS_OF_THE_POST,
    **ROADS_IN_CASES,
    **ROADS_OF_THE_HOST,
}


def names(desk: Desk) -> set[str]:
    """Every file of the desk, and beside it, but for what gpg keeps while it runs."""
    found = snapshot(desk.office.folder.parent)
    return {name for name in found if not name.startswith("desk/gnupg/")}


# Acts whose road needs more than a page or a command, and where it is gone.
ELSEWHERE = {Act.FACTOR_REMOVED: "test_desk_passkeys.py"}
# What is done although its record fails, and why.
DONE_ALL_THE_SAME = {
    Act.LOCK: "no key may stay in memory because a disk is full",
    Act.UNLOCK_OFFER_END: "nor half of one",
}


def test_every_act_has_a_road() -> None:
    """An act that nobody can cause is a word in a list; a new one needs its line in a table."""
    assert set(Act) == ROADS.keys() | ELSEWHERE.keys()
    for act, file in ELSEWHERE.items():
        assert f'"{act.value}"' in (Path(__file__).parent / file).read_text("utf-8")


@pytest.mark.parametrize("act", [act for act, road in ROADS.items() if road])
def test_an_act_is_recorded_on_its_road(desk: Desk, act: Act) -> None:
    """Once, by the last step, with the trail whole."""
    road = ROADS[act]
    assert road
    step = road(desk)
    seen = desk.count_acts()
    assert step() < 500
    assert act.value in [name for _who, name in desk.acts_since(seen)]
    with desk.office.desk.database.reading() as connection:
        verify_trail(connection)


@contextmanager
def fuse(desk: Desk, act: Act) -> Iterator[None]:
    """Let every transaction that records this act fail at its commit, and no sooner: a row that is owed a parent."""
    statements = (
        "CREATE TABLE fuse_parent (n INTEGER PRIMARY KEY)",
        "CREATE TABLE fuse (n INTEGER REFERENCES fuse_parent (n) DEFERRABLE INITIALLY DEFERRED)",
        f"CREATE TRIGGER blow AFTER INSERT ON audit WHEN NEW.act = '{act.value}' "  # noqa: S608
        "BEGIN INSERT INTO fuse VALUES (1); END",
    )
    path = desk.office.desk.paths.database
    execute(path, *statements)
    try:
        yield
    finally:
        execute(path, "DROP TRIGGER blow", "DROP TABLE fuse", "DROP TABLE fuse_parent")


@pytest.mark.parametrize("act", [act for act, road in ROADS.items() if road])
def test_an_act_whose_record_is_not_committed_was_not_done(desk: Desk, act: Act) -> None:
    """Neither row nor file nor record is there, and page or command says that it failed; then it can be done."""
    road = ROADS[act]
    assert road
    step = road(desk)
    with fuse(desk, act):
        before, files = desk.rows(), names(desk)
        failed = step()
        assert failed == 500 or failed == 1, failed
        after = desk.rows()
        assert {name: after[name] for name in after if after[name] != before[name]} == {}
        # The signing key is drawn before its record, and taken up by the next try (trail_key.py).
        assert names(desk) - files <= {"desk/audit-signing-key"}
        assert files <= names(desk)
    if act not in DONE_ALL_THE_SAME:
        seen = desk.count_acts()
        assert step() < 500
        assert act.value in [name for _who, name in desk.acts_since(seen)]


def test_the_first_record_is_that_of_the_set_up(desk: Desk) -> None:
    """Of a desk as it was made; and a trail that begins with anything else is broken, chain or no chain."""
    with desk.office.desk.database.reading() as connection:
        first = next(read_trail(connection, Wanted()))
    assert first.record.act == Act.SET_UP.value
    forge(lambda records: records[1:])(desk.office.folder)
    said = CliRunner().invoke(main, ["audit", "verify", "--data", str(desk.office.folder)])
    assert said.exit_code == 1
    assert "the first record is not that of the set-up" in said.output


ENDS = {
    "idle": f"last_used = last_used - {IDLE_MINUTES * 60 + 1}",
    "a working day old": f"begun_at = begun_at - {LONGEST_HOURS * 3600 + 1}",
}


@pytest.mark.parametrize("end", ENDS)
def test_a_session_that_ended_by_itself_is_recorded_once(desk: Desk, end: str) -> None:
    """Whose it was; when the next sign-in sweeps it out; and no second time."""
    desk.browser(REVIEWER)
    desk.browser(REVIEWER)
    with desk.office.desk.database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE sessions SET {ENDS[end]}")  # noqa: S608
    seen = desk.count_acts()
    desk.browser("amina")
    desk.browser("amina")
    own = [(REVIEWER, "end-session")] * 2
    assert desk.acts_since(seen) == [*own, ("amina", "sign-in"), ("amina", "sign-in")]
    with desk.office.desk.database.reading() as connection:
        ended = list(read_trail(connection, Wanted(act=Act.END_SESSION.value)))
    assert [link.record.note for link in ended] == ["by itself"] * 2
