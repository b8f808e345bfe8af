"""What an administrator types in the middle of an upgrade: refused by the installed command, unless it cannot wait."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.hosts import data_copy
from deploy.hosts.commands import wrapper
from deploy.hosts.program import BEFORE, NEW, PROGRAM, swap_back
from deploy.hosts.units import DATA
from deploy.hosts.upgrade_state import Note, begin
from tests.cut_host import CutHost, make


@pytest.fixture
def host(tmp_path: Path) -> CutHost:
    """A source host at work, on a machine that is a folder."""
    return make(tmp_path / "root", "new")


def test_no_command_of_the_administrators_runs_meanwhile(host: CutHost, tmp_path: Path) -> None:
    """Cron's neither: it would bring the data up to date, or write what going back takes away."""
    call = wrapped("drop", host, tmp_path)
    assert call("check").stdout == "of now: check\n"
    begin(host, Note("drop", ()))
    for words in ([], ["check"], ["pairing", "silence"]):
        refused = call(*words)
        assert (refused.returncode, "an upgrade is going on" in refused.stderr, refused.stdout) == (1, True, "")
        assert "candour-drop silence, candour-drop revoke-desk" in refused.stderr
    desk = wrapped("desk", host, tmp_path)
    assert [desk(word).returncode for word in ("check", "silence")] == [1, 1]


@pytest.mark.parametrize("word", ["silence", "revoke-desk"])
def test_what_cannot_wait_runs_at_whichever_moment_of_an_upgrade(word: str, host: CutHost, tmp_path: Path) -> None:
    """Also while there is no program at its place, with the one of before; after a power cut that lasts."""
    call = wrapped("drop", host, tmp_path)
    begin(host, Note("drop", ()))
    assert call(word, "--data", "a b").stdout == f"of now: {word} --data a b\n"
    host.path(PROGRAM).rename(host.path(BEFORE))
    assert call(word, "--data", "a b").stdout == f"of before, candour-drop: {word} --data a b\n"
    swap_back(host)
    assert call(word).stdout == f"of now: {word}\n"


def test_going_back_never_has_half_a_program_at_its_place(host: CutHost) -> None:
    """It is renamed away before anything of it is removed: what cannot wait is called from there meanwhile."""

    class Slow(CutHost):
        def remove(self, absolute: str) -> None:
            seen.append(absolute)
            super().remove(absolute)

    seen: list[str] = []
    shutil.copytree(host.path(PROGRAM), host.path(BEFORE))
    (host.path(PROGRAM) / "README.md").write_text("new")
    swap_back(Slow(host.root, host.source, "drop"))
    assert (host.path(PROGRAM) / "README.md").read_text() == "old"
    assert PROGRAM not in seen
    assert not host.path(BEFORE).exists()
    assert not host.path(NEW).exists()


def wrapped(plan: str, host: CutHost, scratch: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Return what calls the administrators' command of a host, with programs that say which they are."""
    script = wrapper(f"candour-{plan}").replace("/opt/candour", str(host.path("/opt/candour")))
    script = script.replace(f"cd {DATA}", "cd /").replace('"$(id -u)" -eq 0', "0 -eq 0")
    (scratch / plan).write_text(script.replace("runuser -u candour -- ", ""))
    now = host.path(f"{PROGRAM}/.venv/bin/candour-{plan}")
    now.parent.mkdir(parents=True, exist_ok=True)
    now.write_text('#!/bin/sh\necho "of now: $*"\n')
    now.chmod(0o755)
    package = "source_interface" if plan == "drop" else "journalist_interface"
    (host.path(PROGRAM) / package / "starting.py").write_text(
        'import sys\ndef main():\n    print(f"of before, {sys.argv[0]}:", *sys.argv[1:])\n'
    )
    (now.parent / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (now.parent / "python").chmod(0o755)
    command = ["sh", str(scratch / plan)]
    return lambda *words: subprocess.run([*command, *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("change", ["the first file grows", "a file goes"])
def test_what_is_written_while_the_data_is_copied_is_in_the_copy_whole_or_not_at_all(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of a change to the database would be a damaged one, to which going back would go."""
    data, copy = tmp_path / "data", data_copy._copy
    data.mkdir()
    for name in ("drop.sqlite", "drop.sqlite-wal"):
        (data / name).write_text("before")

    def copy_beside(source: Path, there: Path) -> None:
        """The moment at which somebody writes, and when they do it once."""
        if change == "the first file grows":
            copy(source, there)
        if source.name == "drop.sqlite" and source.read_text() == "before":
            source.write_text("after")
            (data / "drop.sqlite-wal").unlink()
            if change == "the first file grows":
                (data / "drop.sqlite-wal").write_text("after")
        if change == "a file goes":
            copy(source, there)

    monkeypatch.setattr(data_copy, "_copy", copy_beside)
    data_copy.keep(data)
    kept = {path.name: path.read_text() for path in (data / data_copy.COPY).iterdir()}
    assert kept == {path.name: path.read_text() for path in data.iterdir() if path.is_file()}
    assert set(kept.values()) == {"after"}
    assert not (data / "before-upgrade.half").exists()


def test_data_that_is_never_still_is_not_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the upgrade is undone, and there is no copy that looks like a whole one."""
    (tmp_path / "drop.sqlite").write_text("x")
    copy = data_copy._copy

    def copy_beside(source: Path, there: Path) -> None:
        copy(source, there)
        with source.open("a") as file:
            file.write("x")

    monkeypatch.setattr(data_copy, "_copy", copy_beside)
    with pytest.raises(OSError, match="changed again and again"):
        data_copy.keep(tmp_path)
    assert not data_copy.is_kept(tmp_path)
