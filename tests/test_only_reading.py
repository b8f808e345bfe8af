"""`metrics` reads a database as it lies there: nothing is made beside it, whatever a host was stopped at."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import Connection

from journalist_interface.commands import main as desk_command
from source_interface.commands import main as drop_command
from source_interface.drop_folder import DropFolder
from store.errors import StoreDamaged, StoreUnsettled
from store.only_reading import look_at
from tests.desk_office import Office, new_office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk."""
    with new_office(tmp_path / "desk") as made:
        yield made


def everything_in(folder: Path) -> dict[str, bytes]:
    """Every name below a folder, with what is in it if it is a file."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")
    }


@pytest.mark.parametrize("command", [desk_command, drop_command], ids=["desk", "drop"])
def test_metrics_make_nothing_beside_a_log_that_was_left(
    command: click.Command, office: Office, drop_folder: DropFolder
) -> None:
    """Copied while the host was at work, without the log's index: SQLite would make one, which is another user's."""
    office.desk.database.close()
    path = office.folder / "desk.sqlite" if command is desk_command else drop_folder.database
    folder = path.parent
    leave(path, "-wal")
    before = everything_in(folder)
    done = CliRunner().invoke(command, ["metrics", "--data", str(folder)])
    assert everything_in(folder) == before
    if command is desk_command:
        assert (done.exit_code, "it was stopped hard, or copied" in done.stderr) == (1, True), done.output
        CliRunner().invoke(command, ["check", "--data", str(folder)])
        assert CliRunner().invoke(command, ["metrics", "--data", str(folder)]).exit_code == 0


def leave(path: Path, *endings: str) -> None:
    """Have a database be as one whose host was killed, or which was copied while it was at work: with these files."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("CREATE TABLE at_work (id INTEGER)")
        left = {ending: path.with_name(path.name + ending).read_bytes() for ending in ("", *endings)}
    for ending, content in left.items():
        path.with_name(path.name + ending).write_bytes(content)


def test_a_host_that_starts_meanwhile_is_read_once_more(office: Office) -> None:
    """It was at rest, and read without a lock: what was found then is given to nobody, nor called damage."""
    path, calls = office.folder / "desk.sqlite", list[int]()
    office.desk.database.close()

    def read(connection: Connection) -> str:
        calls.append(1)
        if len(calls) == 1:
            with closing(sqlite3.connect(path)) as host, host:
                host.execute("CREATE TABLE meanwhile (id INTEGER)")
            raise StoreDamaged("a page of before, and one of after")
        if len(calls) == 2:
            with closing(sqlite3.connect(path)) as host, host:
                host.execute("CREATE TABLE later (id INTEGER)")
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master ORDER BY name").scalars()
        return " ".join(name for name in names if name in ("meanwhile", "later"))

    assert look_at(path, "store.desk.migrations", read) == "later meanwhile"
    assert len(calls) == 3
    with pytest.raises(StoreDamaged):
        look_at(path, "store.desk.migrations", lambda _connection: raise_damaged())
    with pytest.raises(StoreUnsettled, match="started or stopped at this moment"):
        look_at(path, "store.desk.migrations", lambda _connection: path.touch())


def raise_damaged() -> None:
    """As SQLite would."""
    raise StoreDamaged("broken")


def tables(connection: Connection) -> list[str]:
    """The names of all tables."""
    return list(connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars())


def test_a_host_that_was_killed_is_read_with_its_log_and_all_stays_as_it_is(office: Office) -> None:
    """Whoever starts it finds what it left. One at work is read, too."""
    path = office.folder / "desk.sqlite"
    office.desk.database.close()
    leave(path, "-wal", "-shm")
    before = everything_in(office.folder)
    assert "at_work" in look_at(path, "store.desk.migrations", tables)
    assert everything_in(office.folder) == before
    with closing(sqlite3.connect(path, isolation_level=None)) as host:
        host.execute("CREATE TABLE a_moment_ago (id INTEGER)")
        assert "a_moment_ago" in look_at(path, "store.desk.migrations", tables)
