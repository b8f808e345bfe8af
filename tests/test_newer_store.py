"""Data of a later version is refused by every command of both hosts, whatever the command would do; nothing is touched.

Which commands there are, the programs say themselves, with what each must be given: none can be forgotten.
"""

import hashlib
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from journalist_interface.commands import main as desk_main
from source_interface.commands import main as drop_main
from store.database import open_database

PROGRAMS = {"drop": drop_main, "desk": desk_main}
REFUSAL = "A later version of Candour brought this host's data up to date (revision 9999)"
# Commands without a data folder of their own: each says why it needs none.
WITHOUT_DATA = {
    "desk backup-code": "opens a backup of the other host with shares that are typed",
    "desk rehearse": "makes scratch data of its own, and must never open anything real",
}
# Destroys keys, which are the same in every version, when there is no time for another.
REFUSED_NOTHING = {"drop silence"}


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below one, by the words that are typed."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from commands(found, (*path, name))


ALL = {" ".join((plan, *path)): command for plan, main in PROGRAMS.items() for path, command in commands(main)}
WITH_DATA = {
    name: command for name, command in ALL.items() if any("--data" in option.opts for option in command.params)
}


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder for each host, with a database of a later version and something beside it."""
    made = {}
    for plan in PROGRAMS:
        folder = tmp_path_factory.mktemp(plan) / "data"
        folder.mkdir(mode=0o700)
        open_database(folder / f"{plan}.sqlite", f"store.{plan}.migrations").close()
        with closing(sqlite3.connect(folder / f"{plan}.sqlite")) as connection, connection:
            connection.execute("UPDATE alembic_version SET version_num = '9999'")
        (folder / "pepper").write_bytes(bytes(32))
        (folder / "pepper").chmod(0o600)
        made[plan] = folder
    return made


def given(command: click.Command, data: Path, scratch: Path) -> list[str]:
    """What must be typed for a command to begin: each option that it asks for, each argument."""
    words: list[str] = []
    for param in command.params:
        if not param.required:
            continue
        value = str(data) if "--data" in param.opts else _value(param, scratch)
        words += [param.opts[0], value] if isinstance(param, click.Option) else [value]
    return words


def _value(param: click.Parameter, scratch: Path) -> str:
    if isinstance(param.type, click.Path):
        return str(scratch if param.type.dir_okay and not param.type.file_okay else scratch / "file")
    if isinstance(param.type, click.Choice):
        return str(param.type.choices[0])
    return "1" if isinstance(param.type, click.types.IntParamType) else "x"


def everything(folder: Path) -> dict[str, tuple[str, int, int]]:
    """Each file: its SHA-256, its mode, its time."""
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mode,
            path.stat().st_mtime_ns,
        )
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("name", sorted(set(WITH_DATA) - REFUSED_NOTHING))
def test_every_command_refuses(name: str, newer: dict[str, Path], tmp_path: Path) -> None:
    """One sentence, exit code 1; the folder and the folder beside it are as they were."""
    plan, *path = name.split()
    (tmp_path / "file").write_text("")
    before = everything(newer[plan].parent)
    words = given(WITH_DATA[name], newer[plan], tmp_path)
    done = CliRunner().invoke(PROGRAMS[plan], [*path, *words], input="")
    assert (done.exit_code, REFUSAL in done.output) == (1, True), done.output
    assert done.output.strip().count("\n") == 0
    assert everything(newer[plan].parent) == before
    assert [found.name for found in tmp_path.iterdir()] == ["file"]


def test_no_command_is_without_a_data_folder_unawares() -> None:
    """And both programs have told of theirs."""
    assert {name for name in ALL if name not in WITH_DATA} == set(WITHOUT_DATA)
    assert {"drop serve", "drop door", "drop onion run", "desk serve", "desk collect", "desk audit verify"} <= set(
        WITH_DATA
    )


@pytest.mark.parametrize("plan", PROGRAMS)
def test_the_program_itself_refuses(plan: str, newer: dict[str, Path]) -> None:
    """As somebody starts it: a sentence on standard error, and no traceback."""
    program = Path(sys.executable).with_name(f"candour-{plan}")
    before = everything(newer[plan])
    done = subprocess.run([program, "check", "--data", newer[plan]], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Error: {REFUSAL}")
    assert everything(newer[plan]) == before
