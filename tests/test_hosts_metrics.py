"""What a host says of itself at its door and in its metrics: nothing in it follows what anybody sent or did."""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from journalist_interface.commands import main as desk_command
from journalist_interface.desk_folder import DESK_LOCK, only_desk
from journalist_interface.notice_duty import NoticeDuty
from source_interface.commands import main as drop_command
from source_interface.drop_folder import SITE_LOCK, DropFolder, only_site
from store.desk.roles import Role
from store.held_lock import is_held
from store.posture_summary import PostureSummary, summary_path, write_summary
from tests.conftest import IntakeSecret
from tests.courier.ground import (
    TOKEN,
    DropGround,
    make_drop_ground,
    make_real_drop,
)
from tests.desk_office import Office, new_office
from tests.desk_person import letter, source
from tests.kept_backup import note_backup

PEOPLE = {"dora": (Role.ADMINISTRATOR,), "sue": (Role.SUPERVISOR,), "ben": (Role.REVIEWER,), "evan": (Role.AUDITOR,)}
DAY = "2026-11-20"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with somebody of each role."""
    with new_office(tmp_path / "desk", PEOPLE) as made:
        yield made


def contents_of(drop: DropGround) -> None:
    """Letters wait, with files."""
    for _each in range(3):
        drop.submit(b"letter", bytes(300_000), b"file")


def health_of(drop: DropGround) -> tuple[int, bytes]:
    """What the door says, to whoever has the token."""
    app = drop.app()
    client = app.test_client()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert client.get("/v1/health?x=1", headers=headers).status_code == 400
    assert client.get("/v1/health").status_code == 401
    answer = client.get("/v1/health", headers=headers)
    app.extensions["candour_door"].close()
    return answer.status_code, answer.data


def test_the_door_says_the_same_of_a_host_with_letters_and_without(tmp_path: Path) -> None:
    """Byte for byte, in 512 bytes whatever is said: also of a host that is ill."""
    said = []
    for name, fill in (("empty", lambda _drop: None), ("full", contents_of)):
        with closing(make_drop_ground(tmp_path / name)) as drop:
            fill(drop)
            said.append(health_of(drop))
            write_ill(drop.folder)
            said.append(health_of(drop))
    assert said[0] == said[2]
    assert said[1] == said[3] != said[0]
    assert {(status, len(body)) for status, body in said} == {(200, 512)}
    assert b'"posture":"faults","backup":"fresh","updates":"waiting"' in said[1][1]


def write_ill(folder: Path) -> None:
    """A look over the machine found much, today; and there is a backup."""
    summary_path(folder).parent.mkdir()
    # The ground's own day for the door is another: the look is judged by it.
    write_summary(summary_path(folder), PostureSummary(DAY, 70, 9, 3, 2, "waiting"))
    note_backup(folder, DAY)


def metrics_text(command: object, folder: Path, *options: str) -> str:
    """What a `metrics` command prints."""
    done = CliRunner().invoke(command, ["metrics", "--data", str(folder), *options])  # type: ignore[arg-type]
    assert done.exit_code == 0, done.output
    return done.output


def test_the_source_hosts_metrics_follow_nothing_that_anybody_sent(tmp_path: Path, intake_secret: IntakeSecret) -> None:
    """The same bytes before letters with files came, after, and once they were collected."""
    with closing(make_real_drop(tmp_path, intake_secret)) as drop:
        before = metrics_text(drop_command, drop.folder)
        contents_of(drop)
        assert metrics_text(drop_command, drop.folder) == before
        assert metrics_text(drop_command, drop.folder, "--out", str(tmp_path / "candour.prom")) == ""
    found = tmp_path / "candour.prom"
    assert (found.read_text(), found.stat().st_mode & 0o777) == (before, 0o644)
    assert re.search(r'^candour_info\{version="[^"]+"\} 1$', before, re.MULTILINE)
    for line in (
        'candour_up{program="site"} 0',
        "candour_disk_class 2",
        "candour_backup_days -1",
        'candour_tor{state="none"} 1',
    ):
        assert f"\n{line}\n" in before
    # Every line is a comment, or a name and a whole number: a collector takes them all.
    assert all(
        re.fullmatch(r'# (HELP|TYPE) .+|candour_\w+(\{\w+="[^"]*"\})? -?\d+', line) for line in before.splitlines()
    )


def test_the_desks_metrics_follow_nothing_that_came_or_was_done(office: Office) -> None:
    """Letters in the post, then a case of them: not a byte moves."""
    with closing(NoticeDuty(office.folder)) as duty:
        duty.look(int(time.time()))
    before = metrics_text(desk_command, office.folder)
    waiting = letter(office, source())
    letter(office, source())
    assert metrics_text(desk_command, office.folder) == before
    office.open(waiting)
    assert metrics_text(desk_command, office.folder) == before
    assert "\ncandour_watch_days 0\n" in before
    assert "\ncandour_collection_days -1\n" in before


def test_the_desks_metrics_only_read(office: Office) -> None:
    """Nothing is made beside the data, nor brought up to date: of another version it says so; the old file stays."""
    office.desk.database.close()
    out = office.folder.parent / "candour.prom"
    before = everything_in(office.folder)
    assert metrics_text(desk_command, office.folder, "--out", str(out)) == ""
    assert everything_in(office.folder) == before
    kept = out.read_bytes()
    for revision, said in (("0001", "is of an earlier version"), ("9999", "A later version of Candour")):
        with closing(sqlite3.connect(office.folder / "desk.sqlite")) as database, database:
            database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        before = everything_in(office.folder)
        done = CliRunner().invoke(desk_command, ["metrics", "--data", str(office.folder), "--out", str(out)])
        assert (done.exit_code, said in done.output) == (1, True), done.output
        assert everything_in(office.folder) == before
    assert out.read_bytes() == kept


def everything_in(folder: Path) -> dict[str, bytes]:
    """Every name below a folder, with what is in it if it is a file."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")
    }


def test_whether_a_server_runs_is_seen_without_its_lock(drop_folder: DropFolder, tmp_path: Path) -> None:
    """A server that starts while somebody asks is not turned away: the lock is never taken, nor made."""
    (drop_folder.root / SITE_LOCK).unlink(missing_ok=True)
    assert '\ncandour_up{program="site"} 0\n' in metrics_text(drop_command, drop_folder.root)
    assert not (drop_folder.root / SITE_LOCK).exists()
    with only_site(drop_folder.root):
        assert '\ncandour_up{program="site"} 1\n' in metrics_text(drop_command, drop_folder.root)
    assert '\ncandour_up{program="site"} 0\n' in metrics_text(drop_command, drop_folder.root)
    tmp_path.chmod(0o700)
    with only_desk(tmp_path):
        assert is_held(tmp_path / DESK_LOCK)
    assert not is_held(tmp_path / DESK_LOCK)
