"""The acts of an upgrade, each with the sentence that is said before it; `deploy.hosts.upgrading` has their order."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from deploy.hosts import compiled, data_copy, program, upgrade_refusals, upgrade_state
from deploy.hosts.as_owner import as_owner
from deploy.hosts.host import Host, InstallError, draft_of
from deploy.hosts.plans import around, ground
from deploy.hosts.services import of_other_versions
from deploy.hosts.steps import Step, install
from deploy.hosts.units import BACKUPS, DATA, PROGRAMS, UNITS, UPGRADE_BACKUPS, USER
from deploy.hosts.upgrade_look import LOOKED_AT, look
from deploy.hosts.upgrade_state import Note

_BACKUP_DAYS = "backup-days"  # of store.backup.record
_NO_SUCH_UNIT = 5  # systemctl(1)
Act = tuple[str, Callable[[], object]]  # what it does, in a sentence; and doing it


@dataclass(frozen=True)
class Choices:
    """What the administrator chose: the folder for the backup, and whether sources who are sending may be cut off."""

    backups: str = UPGRADE_BACKUPS
    cut_uploads: bool = False


def place_for_backups(host: Host) -> str:
    """Return where the backup goes that nobody chose a folder for: onto the disk for backups, if it is there."""
    return BACKUPS if host.is_mounted(BACKUPS) else UPGRADE_BACKUPS


def refusals(host: Host, choices: Choices) -> list[Callable[[], None]]:
    """Return what raises InstallError if this host cannot be upgraded as it is; they change nothing."""
    if not upgrade_refusals.is_set_up(host):
        return []
    return [
        partial(upgrade_refusals.refuse_older, host),
        partial(upgrade_refusals.refuse_without_backups, host),
        partial(upgrade_refusals.refuse_unwritable, host, choices.backups),
        partial(upgrade_refusals.refuse_without_room, host, choices.backups),
    ]


def acts_before(host: Host, choices: Choices) -> list[Act]:
    """What is done while the old version works."""
    acts: list[Act] = [
        (
            "Look whether this version can take over what is kept, whether there is room, and for whom to seal.",
            lambda: [refuse() for refuse in refusals(host, choices)],
        ),
        (
            f"Build the new program in {program.NEW}, beside the one at work, each package checked against the lock.",
            partial(_build, host),
        ),
    ]
    if upgrade_refusals.is_set_up(host):
        acts.append(
            (
                "Check with the old version that all that is kept is whole.",
                lambda: upgrade_refusals.refuse_faults(upgrade_refusals.faults(host)),
            )
        )
        if host.plan == "drop" and not choices.cut_uploads:
            acts.append(
                (
                    "Wait for a moment, ten minutes at most, in which no source is sending a file.",
                    lambda: upgrade_refusals.wait_for_quiet(host),
                )
            )
    return acts


def acts_inside(host: Host, choices: Choices) -> list[Act]:
    """What is undone by itself if any of it fails."""
    data, set_up = host.path(DATA), upgrade_refusals.is_set_up(host)
    changing: list[Act] = [
        ("Put the new program in the place of the old one.", partial(program.swap, host)),
        (
            "Bring the machine's files and the fences up to date.",
            lambda: install(host, file_steps(host), silent, dry=False),
        ),
    ]
    stopping: Act = (
        "Stop the services. What has arrived is on the disk; Tor goes last, so that whoever is there gets an answer.",
        partial(stop, host),
    )
    if not set_up:
        return [stopping, *changing]
    return [
        stopping,
        (f"Write a sealed backup into {choices.backups}, and read it back.", partial(_back_up, host, choices.backups)),
        (
            "Keep a copy of the data beside it, to go back to: overwritten when this is over.",
            lambda: as_owner(data, partial(data_copy.keep, data)),
        ),
        *changing,
        ("Bring the data up to date, and check with the new version that it is whole.", partial(_migrate, host)),
        ("Start the new version where nobody can reach it yet, and look whether it answers.", partial(_look, host)),
    ]


def silent(_line: str) -> None:
    """Say nothing of single steps."""


def file_steps(host: Host) -> list[Step]:
    """Return the steps that write one file of root's each."""
    return [step for step in around(host.plan) if step.path]


def files_now(host: Host) -> dict[str, tuple[str, int] | None]:
    """Return root's files as they are that the new version writes anew."""
    found: dict[str, tuple[str, int] | None] = {}
    for step in file_steps(host):
        path = host.path(step.path)
        found[step.path] = (host.read(step.path), path.stat().st_mode & 0o7777) if path.is_file() else None
    return found


def put_file_back(host: Host, path: str, kept: tuple[str, int] | None) -> None:
    """Have one of root's files be as it was."""
    host.remove(draft_of(path))
    if kept is None:
        host.remove(path)
    elif not host.is_file(path, *kept):
        host.write(path, *kept)


def note_now(host: Host, choices: Choices) -> Note:
    """Return what is to be known of the host as it is, before anything is changed."""
    data = host.path(DATA)
    counts = not upgrade_refusals.is_set_up(host) or not upgrade_refusals.is_beside_data(host, choices.backups)
    always = [unit.name for unit in UNITS[host.plan] if not unit.nightly]
    names = [*(unit.name for unit in UNITS[host.plan]), *of_other_versions(host)]
    states = {name: host.try_run("systemctl", "is-active", f"{name}.service").stdout.strip() for name in names}
    return Note(
        host.plan,
        tuple(name for name, state in states.items() if state in ("active", "reloading")),
        files_now(host),
        # What the upgrade is to mend: it would stay off afterwards, and the last line would say that all is well.
        trying=tuple(name for name in always if states[name] in ("activating", "failed")),
        days=() if counts else (as_owner(data, partial(_read, data / _BACKUP_DAYS)),),
    )


def put_days_back(host: Host, note: Note) -> None:
    """Have the host know of its backups what it knew before, where that was noted."""
    data = host.path(DATA)
    if note.days and data.is_dir():
        as_owner(data, partial(_have_been, data / _BACKUP_DAYS, note.days[0]))


def _build(host: Host) -> None:
    install(host, ground(), silent, dry=False)
    program.build_beside(host)
    compiled.make(host, program.NEW)


def stop(host: Host) -> None:
    """Stop everything, Tor last. Each has a minute to finish what it is at (TimeoutStopSec)."""
    others = [f"{name}{kind}" for name in of_other_versions(host) for kind in (".socket", ".service")]
    names = [name for name in others if host.path(f"/etc/systemd/system/{name}").exists()]
    for unit in sorted(UNITS[host.plan], key=lambda unit: unit.network):
        names += [*([f"{unit.name}.socket"] if unit.socket else []), f"{unit.name}.service"]
    for name in names:
        done = host.try_run("systemctl", "stop", name)
        # A unit that comes with the new version is none yet, and none any more once that was undone.
        if done.returncode not in (0, _NO_SUCH_UNIT):
            raise InstallError(f"{name} did not stop ({done.returncode}). {done.stderr.strip()[-500:]}")


def _back_up(host: Host, folder: str) -> None:
    if folder == UPGRADE_BACKUPS and not host.path(folder).exists():
        host.path(folder).mkdir(parents=True, mode=0o700)
        host.do("chown", f"{USER}:{USER}", folder, why="the folder for backups could not be given away")
    data = host.path(DATA)
    days = as_owner(data, partial(_read, data / _BACKUP_DAYS))
    command = (f"{PROGRAMS}/candour-{host.plan}", "backup", "--data", DATA, "--out", folder)
    host.do("runuser", "-u", USER, "--", *command, why="no backup was made")
    if upgrade_refusals.is_beside_data(host, folder):
        # It is gone with the data's disk: that the disk for backups is missing must be told as before.
        as_owner(data, partial(_have_been, data / _BACKUP_DAYS, days))


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None


def _have_been(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink(missing_ok=True)
        return
    draft = path.with_name(f"{path.name}.candour-back")
    draft.write_text(text, "utf-8")
    draft.replace(path)


def _migrate(host: Host) -> None:
    if found := upgrade_refusals.faults(host):
        raise InstallError(f"the new version does not find what is kept whole ({', '.join(sorted(found))})")


def _look(host: Host) -> None:
    upgrade_state.open_for_looking(host)
    for unit in UNITS[host.plan]:
        if unit.name in LOOKED_AT:
            host.do("systemctl", "start", f"{unit.name}.service", why=f"{unit.name} did not start")
            look(host, unit.name)
    data = host.path(DATA)
    if gone := as_owner(data, partial(data_copy.missing_sealed, data)):
        raise InstallError(f"the new version erased {len(gone)} sealed files that were kept")


def open_again(host: Host, note: Note) -> None:
    """Start what ran before or tried to, and what the new version brought, Tor last; look that what ran answers."""
    new = [unit.name for unit in UNITS[note.plan] if note.good and not unit.nightly and _is_new(note, unit.name)]
    names = [*of_other_versions(host), *(unit.name for unit in sorted(UNITS[note.plan], key=lambda unit: unit.network))]
    for name in names:
        if name in (*note.running, *note.trying, *new):
            # Not waited for: this may be run while the machine starts, and the services wait for that.
            host.do("systemctl", "start", "--no-block", f"{name}.service", why=f"{name} did not start")
    for name in LOOKED_AT:
        if name in note.running:
            look(host, name)


def _is_new(note: Note, service: str) -> bool:
    """Tell whether there was no such unit before the upgrade."""
    path = f"/etc/systemd/system/{service}.service"
    return path in note.files and note.files[path] is None


def erase_copy(host: Host) -> None:
    """Overwrite the copy of the data, or what is left of one."""
    if host.path(DATA).is_dir():
        as_owner(host.path(DATA), partial(data_copy.erase, host.path(DATA)))
