"""When an upgrade is not begun; what its copy of the data is; what a machine that comes up in the middle may start."""

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from deploy.hosts import data_copy, upgrade_refusals
from deploy.hosts.as_owner import as_owner
from deploy.hosts.host import Host, InstallError
from deploy.hosts.units import DATA
from deploy.hosts.upgrade_acts import Choices
from deploy.hosts.upgrade_look import look
from deploy.hosts.upgrade_state import LOOKING, NOTE, Note, begin, call_good, end, only_upgrade, read_note
from deploy.hosts.upgrading import foresee
from tests.cut_host import CutHost, make

STICK = "/mnt/stick"
CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.fixture
def host(tmp_path: Path) -> CutHost:
    """A source host at work, on a machine that is a folder."""
    return make(tmp_path / "root", "new")


def of_a_later_version(host: CutHost) -> None:
    """Its database has a revision that the folder does not know."""
    with closing(sqlite3.connect(host.path(f"{DATA}/drop.sqlite"))) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0002'")


def without_recovery_key(host: CutHost) -> None:
    """It has never made a backup."""
    host.remove(f"{DATA}/recovery-key.pub")


def without_room(host: CutHost) -> None:
    """More is kept than would fit twice. A hole: it takes no room itself."""
    with host.path(f"{DATA}/blobs/sealed/{'d' * 32}").open("wb") as file:
        file.truncate(shutil.disk_usage(host.root).free)


def without_a_place(host: CutHost) -> None:
    """The stick is not in."""
    host.remove(STICK)


REFUSED: dict[str, tuple[Callable[[CutHost], None], str]] = {
    "the data is of a later version": (of_a_later_version, "a later version of Candour"),
    "it has never made a backup": (without_recovery_key, "has never made a backup"),
    "nobody may write where the backup is to go": (without_a_place, "The backup cannot be written into"),
    "there is no room": (without_room, "There is not enough room"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_before_anything_is_changed(name: str, host: CutHost) -> None:
    """By a dry run too; the services go on."""
    harm, said = REFUSED[name]
    host.path(STICK).mkdir(parents=True)
    foresee(host, print, Choices(STICK))
    harm(host)
    running = host.active()
    with pytest.raises(InstallError, match=said) as refused:
        foresee(host, print, Choices(STICK))
    assert "Nothing was changed" in str(refused.value)
    assert (host.active(), host.path(NOTE).exists()) == (running, False)


def test_who_is_sending_a_file_is_not_cut_off(host: CutHost) -> None:
    """It waits until the draft is gone, and gives up with a sentence that names what else can be done."""
    draft = host.path(f"{DATA}/blobs/incoming/{'e' * 32}")
    draft.write_text("half a file")
    waits: list[float] = []

    def sent_meanwhile(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            draft.unlink()

    upgrade_refusals.wait_for_quiet(host, sent_meanwhile)
    assert len(waits) == 3
    draft.write_text("half a file")
    with pytest.raises(InstallError, match="--cut-uploads"):
        upgrade_refusals.wait_for_quiet(host, waits.append, seconds=5)


def test_one_at_a_time(host: CutHost) -> None:
    """Neither a second upgrade, nor an installation meanwhile."""
    with only_upgrade(host), pytest.raises(InstallError, match="is going on here"), only_upgrade(host):
        pass
    with only_upgrade(host):
        pass


def test_faults_before_an_upgrade_stop_it() -> None:
    """Of what is kept alone; with how to go on."""
    upgrade_refusals.refuse_faults(set())
    with pytest.raises(InstallError, match="not as it should be \\(files, rows\\)"):
        upgrade_refusals.refuse_faults({"rows", "files"})


class Checked(CutHost):
    """A host whose check says this."""

    said = ""

    def try_run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """The check, and nothing else."""
        assert command[0] == "runuser"
        return subprocess.CompletedProcess(command, 1, self.said, "Error: a sentence")


def test_a_check_that_says_nothing_is_no_good_check(host: CutHost) -> None:
    """A program that does not come to its end is not taken for one that found nothing. Machine and Tor do not count.

    Nor do a relay that was slow, or a disk for backups that nobody brought: no other version would mend them.
    """
    checked = Checked(host.root, host.source, "drop")
    with pytest.raises(InstallError, match="a sentence"):
        upgrade_refusals.faults(checked)
    found = [
        ("notice", "fault"),
        ("backup", "fault"),
        ("files", "fault"),
        ("rows", "right"),
        ("tor", "fault"),
        ("disk.room", "fault"),
        ("settings", "warning"),
    ]
    spelt = ", ".join(f'{{"id": "{name}", "grade": "{grade}"}}' for name, grade in found)
    Checked.said = f'{{"findings": [{spelt}]}}'
    assert upgrade_refusals.faults(checked) == {"files"}


def test_who_does_not_answer_is_told_by_name(host: CutHost) -> None:
    """A site that is not there."""
    with pytest.raises(InstallError, match="candour-site does not answer as it should"):
        look(host, "candour-site", patience=0.3)


def test_the_copy_is_its_owners_and_is_gone_afterwards(tmp_path: Path) -> None:
    """Modes and times as they were; sealed files by a second name; nothing of drafts; then noughts, then nothing."""
    data = tmp_path / "data"
    for name in ("sealed", "held", "incoming"):
        (data / "blobs" / name).mkdir(parents=True, mode=0o700)
        (data / "blobs" / name / "x").write_text(name)
    (data / "pepper").write_text("a secret")
    (data / "pepper").chmod(0o400)
    os.utime(data / "pepper", (86_400, 86_400))
    (data / "leads-away").symlink_to("/etc/passwd")
    data_copy.keep(data)
    copy = data / data_copy.COPY
    assert copy.stat().st_mode & 0o777 == 0o700
    assert (copy / "pepper").stat().st_mode & 0o777 == 0o400
    assert (copy / "pepper").stat().st_mtime == 86_400
    assert (copy / "blobs/sealed/x").samefile(data / "blobs/sealed/x")
    assert sorted(path.name for path in copy.rglob("*")) == ["blobs", "pepper", "sealed", "x"]
    with (copy / "pepper").open("rb") as still_open:
        data_copy.erase(data)
        assert still_open.read() == bytes(8)
    assert not list(data.glob("before-upgrade*"))
    assert (data / "blobs/sealed/x").read_text() == "sealed"


def test_going_back_puts_everything_in_its_place(tmp_path: Path) -> None:
    """What was changed, erased, exchanged, added; of sealed files and of those that are held none is lost."""
    data = tmp_path / "data"
    for name in ("sealed", "held"):
        (data / "blobs" / name).mkdir(parents=True)
    for name in ("kept", "erased", "exchanged"):
        (data / "blobs" / "sealed" / name).write_text(name)
        (data / name).write_text(name)
    data_copy.keep(data)
    for folder in (data, data / "blobs" / "sealed"):
        (folder / "erased").unlink()
        (folder / "exchanged").unlink()
        (folder / "exchanged").write_text("another")
        (folder / "added").write_text("added")
    (data / "new").mkdir()
    (data / "new" / "added").write_text("added")
    (data / "blobs" / "held" / "form").write_text("held")
    assert data_copy.missing_sealed(data) == ["blobs/sealed/erased"]
    for _again in range(2):
        data_copy.put_back(data)
    data_copy.erase(data)
    found = {str(path.relative_to(data)): path.read_text() for path in data.rglob("*") if path.is_file()}
    names = ("kept", "erased", "exchanged")
    assert found == {
        **{name: name for name in names},
        **{f"blobs/sealed/{name}": name for name in names},
        "blobs/sealed/added": "added",
        "blobs/held/form": "held",
    }
    assert not (data / "new").exists()


def test_a_file_that_became_a_folder_is_a_file_again(tmp_path: Path) -> None:
    """And the other way round: a new version keeps a thing otherwise, and going back must come to its end."""
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    for folder in (data / "folder", data / "linked", elsewhere):
        folder.mkdir(parents=True)
    for path in (data / "file", data / "folder" / "x", data / "linked" / "x"):
        path.write_text("as it was")
    data_copy.keep(data)
    (data / "file").unlink()
    (data / "file").mkdir()
    (data / "file" / "x").write_text("new")
    for name in ("folder", "linked"):
        (data / name / "x").unlink()
        (data / name).rmdir()
    (data / "folder").write_text("new")
    (data / "linked").symlink_to(elsewhere)
    for _again in range(2):
        data_copy.put_back(data)
    assert [(data / name).read_text() for name in ("file", "folder/x", "linked/x")] == ["as it was"] * 3
    assert not list(elsewhere.iterdir())


def test_work_in_the_data_folder_raises_what_went_wrong(tmp_path: Path) -> None:
    """As a sentence."""
    assert as_owner(tmp_path, lambda: ["done"]) == ["done"]
    with pytest.raises(InstallError, match="No such file"):
        as_owner(tmp_path, lambda: (tmp_path / "absent").read_text())


def conditions(host: Host, service: str) -> list[str]:
    """What systemd asks of a service before it starts, of what an upgrade adds; with paths of this machine."""
    text = host.read(f"/etc/systemd/system/{service}.service.d/upgrade.conf")
    found = re.findall(r"^(ConditionPathExists=\|?!?)(.*)$", text, re.MULTILINE)
    assert found, text
    return [f"{name}{host.path(path)}" for name, path in found]


def may_start(host: Host, service: str) -> bool:
    """Ask systemd itself."""
    asked = ["systemd-analyze", "condition", *conditions(host, service)]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("plan", ["drop", "desk"])
def test_a_machine_that_comes_up_in_the_middle_starts_nothing(plan: str, host: CutHost) -> None:
    """Systemd's own judgement: only for the upgrade's own look, and when its note is gone."""
    machine = CutHost(host.root, CHECKOUT, plan, owner=os.geteuid())
    note = Note(plan, ("candour-tor",), {"/etc/x": ("text", 0o644), "/etc/y": None})
    begin(machine, note)
    assert read_note(machine) == note
    assert not may_start(machine, "candour-tor")
    looked_at = "candour-site" if plan == "drop" else "candour-desk"
    assert not may_start(machine, looked_at)
    machine.path(LOOKING).mkdir()
    assert may_start(machine, looked_at)
    assert not any(may_start(machine, name) for name in ("candour-tor", "candour-backup", "candour-posture"))
    machine.path(LOOKING).rmdir()
    assert call_good(machine, note).good
    assert not may_start(machine, "candour-tor")
    unit = machine.path("/etc/systemd/system/candour-upgrade.service")
    judged = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert "candour-upgrade" not in judged.stderr.replace("Command /usr/bin/python3", ""), judged.stderr
    end(machine, plan)
    assert not list(machine.path("/etc").rglob("*upgrade*"))
    assert read_note(machine) is None


def test_a_note_that_cannot_be_read_is_told(host: CutHost) -> None:
    """And is not taken for no upgrade at all."""
    host.path(NOTE).parent.mkdir()
    host.path(NOTE).write_text('{"plan": "drop"}')
    with pytest.raises(InstallError, match="is damaged"):
        read_note(host)
