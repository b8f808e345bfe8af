"""`candour-desk audit show` and `export`: just what was asked for, as it was, and nothing that a program would run."""

import csv
import io
import json
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.audit_trail import peak_of_reading, write_long_trail
from journalist_interface.trail_file import as_csv, as_jsonl, iso_time
from keys.checkpoint import read_checkpoint
from store.database import open_database
from store.desk.audit import Act, Record, record_act
from store.desk.audit_reading import Link, verify_trail
from tests.desk_office import Office, new_office
from tests.recorded_acts import run, trail
from tests.trail_tampering import by_sql


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk just made, not served by anybody."""
    with new_office(tmp_path / "desk") as made:
        made.desk.database.close()
        yield made


DAY = 1_790_000_000 // 86_400 * 86_400  # 2026-09-21


@pytest.fixture
def history(office: Office) -> Office:
    """Acts of two people in two cases on three days, written as a trail is."""
    by_sql("DELETE FROM audit")(office.folder)
    moments = [DAY - 1, DAY, DAY + 86_399, DAY + 86_400]
    connection = sqlite3.connect(office.folder / "desk.sqlite")
    rows = [
        (moments[0], "amina", "set-up", None, ""),
        (moments[1], "amina", "read", "AAAA-1111", ""),
        (moments[2], "bartek", "read", "BBBB-2222", ""),
        (moments[3], "bartek", "download", "AAAA-1111", "0f" * 16),
        (moments[3], "", "pair", None, ""),
    ]
    for number, row in enumerate(rows, 1):
        connection.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)", (number, *row, bytes(32)))
    connection.commit()
    connection.close()
    return office


FILTERS: dict[str, tuple[tuple[str, ...], list[int]]] = {
    "none": ((), [1, 2, 3, 4, 5]),
    "an actor": (("--actor", "bartek"), [3, 4]),
    "nobody signed in": (("--actor", ""), [5]),
    "an act": (("--act", "read"), [2, 3]),
    "a case": (("--case", "AAAA-1111"), [2, 4]),
    "from a day on": (("--since-day", "2026-09-22"), [4, 5]),
    "to a day": (("--until-day", "2026-09-20"), [1]),
    "one day": (("--since-day", "2026-09-21", "--until-day", "2026-09-21"), [2, 3]),
    "the last two": (("--last", "2"), [4, 5]),
    "the last of an actor": (("--actor", "amina", "--last", "1"), [2]),
    "all at once": (("--actor", "bartek", "--act", "read", "--case", "BBBB-2222", "--last", "9"), [3]),
    "a quotation mark": (("--actor", "' OR 1=1 --"), []),
}


@pytest.mark.parametrize("chosen", FILTERS)
def test_show_prints_just_what_was_asked_for(history: Office, chosen: str) -> None:
    """The oldest first, times in UTC; export takes the same filters and gives the same records."""
    options, numbers = FILTERS[chosen]
    done = run(history, "show", *options)
    assert done.exit_code == 0, done.output
    assert [int(line.split("\t")[0]) for line in done.stdout.splitlines()] == numbers
    out = history.folder.parent / "trail.jsonl"
    assert run(history, "export", "--format", "jsonl", "--out", str(out), *options).exit_code == 0
    found = [json.loads(line)["number"] for line in out.read_text().splitlines()]
    # Its own record, number 6, is the newest: it is among those asked for, or it is not.
    expected = [*numbers, 6][-int(options[-1]) :] if "--last" in options and 6 in found else numbers
    assert [number for number in found if number <= 5] == [number for number in expected if number <= 5]


def test_a_shown_record_reads_as_it_was(history: Office) -> None:
    """A tab between each: number, time, user name, act, case, note."""
    lines = run(history, "show", "--last", "2").stdout.splitlines()
    assert lines[0].split("\t") == ["4", "2026-09-22T00:00:00Z", "bartek", "download", "AAAA-1111", "0f" * 16]
    assert lines[1].split("\t") == ["5", "2026-09-22T00:00:00Z", "-", "pair", "-"]


def test_a_record_cannot_take_over_the_terminal(history: Office) -> None:
    """What somebody wrote into the database is shown, its control characters spelt out, its time as it is."""
    by_sql("UPDATE audit SET note = char(27) || '[2J' || char(8238), at = 9223372036854775807 WHERE number = 5")(
        history.folder
    )
    shown = run(history, "show", "--last", "1").stdout
    assert shown == "5\t9223372036854775807\t-\tpair\t-\t⟨U+001B⟩[2J⟨U+202E⟩\n"


def test_an_export_is_recorded_before_its_file_is_there(office: Office, tmp_path: Path) -> None:
    """It stands in the file itself; a folder that takes no file leaves the record; an existing file leaves nothing."""
    out = tmp_path / "trail.csv"
    done = run(office, "export", "--format", "csv", "--out", str(out))
    assert done.exit_code == 0, done.output
    assert "4 records are in" in done.stdout
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    rows = list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))
    assert [(row["act"], row["note"]) for row in rows][-1] == ("trail-export", "csv")
    assert run(office, "export", "--format", "csv", "--out", str(out)).exit_code == 1
    assert run(office, "export", "--format", "csv", "--out", str(tmp_path / "no" / "a.csv")).exit_code == 1
    assert run(office, "export", "--format", "csv", "--out", str(tmp_path / ("n" * 300))).exit_code == 1
    assert len(trail(office)) == 4
    # A folder that is there, and takes no file of anybody's.
    done = run(office, "export", "--format", "jsonl", "--last", "1", "--out", "/proc/trail.jsonl")
    assert done.exit_code == 1
    assert "has a record of this" in done.stderr
    assert [record.note for record in trail(office)][-1] == "jsonl, a part"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["trail.csv"]


def test_an_export_that_breaks_off_leaves_no_file(office: Office, tmp_path: Path) -> None:
    """A record that cannot be read ends it: half a trail must not be taken for a whole one."""
    by_sql("UPDATE audit SET note = CAST(x'ff' AS TEXT) WHERE number = 1")(office.folder)
    done = run(office, "export", "--format", "csv", "--out", str(tmp_path / "trail.csv"))
    assert done.exit_code == 1
    assert "broken at record 1; candour-desk audit verify says how" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["desk"]


TIMES = {0: "1970-01-01T00:00:00Z", DAY: "2026-09-21T00:00:00Z", 10**12: str(10**12), -(10**12): str(-(10**12))}


@pytest.mark.parametrize("at", [*TIMES, 2**63 - 1, -(2**63)])
def test_a_time_of_no_calendar_stays_a_number(at: int) -> None:
    """Whatever somebody wrote into the database, the trail can be shown and exported."""
    assert iso_time(at) == TIMES.get(at, str(at))


def test_an_export_can_be_verified_by_itself(office: Office, tmp_path: Path) -> None:
    """Every line carries its chain value, so that an auditor can compare it with a checkpoint."""
    out, kept = tmp_path / "trail.jsonl", tmp_path / "checkpoint.json"
    run(office, "checkpoint", "--out", str(kept))
    run(office, "export", "--format", "jsonl", "--out", str(out))
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    point = read_checkpoint(kept.read_bytes()).point
    assert lines[point.number - 1]["chain"] == point.chain.hex()


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), st.text(max_size=30))
def test_no_cell_is_a_formula(actor: str, note: str) -> None:
    """Whatever stands in a record, no spreadsheet runs it; each export holds one record a line and gives it back."""
    link = Link(Record(7, 0, actor, "note", None, note), bytes(32))
    text = b"".join(as_csv([link])).decode("utf-8")
    [_head, cells] = list(csv.reader(io.StringIO(text, newline="")))
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert cells[2].removeprefix("'") == actor.removeprefix("'")
    [line] = list(as_jsonl([link]))
    assert line.count(b"\n") == 1
    assert json.loads(line)["note"] == note


def test_reading_a_long_trail_takes_no_memory_for_its_length(tmp_path: Path) -> None:
    """Verifying and exporting ten thousand records peak where a thousand do, within a few pages of Python's memory."""
    peaks = []
    for records in (1_000, 10_000):
        database = open_database(tmp_path / f"{records}.sqlite", "store.desk.migrations")
        write_long_trail(database, records)
        peaks.append(peak_of_reading(database))
        database.close()
    assert peaks[1] < peaks[0] + 200_000


def test_the_trail_of_a_bench_is_a_trail(tmp_path: Path) -> None:
    """What is measured is what a desk writes: the next act goes on from there."""
    database = open_database(tmp_path / "desk.sqlite", "store.desk.migrations")
    write_long_trail(database, 50)
    with database.writing() as connection:
        record_act(connection, "amina", Act.READ)
    with database.reading() as connection:
        assert verify_trail(connection).number == 51
    database.close()
