"""`deploy/install`, `deploy/upgrade`, `deploy/uninstall`. Exit codes: 0 done, 1 not done, 2 wrong arguments."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

CHECKOUT = Path(__file__).resolve().parent.parent.parent
# `python deploy/hosts/main.py` puts deploy/hosts on the path, not the checkout.
sys.path.insert(0, str(CHECKOUT))

from deploy.hosts.clock_unit import NAME as CLOCK  # noqa: E402
from deploy.hosts.host import Host, InstallError, Refused  # noqa: E402
from deploy.hosts.plans import plan_of, remove_user  # noqa: E402
from deploy.hosts.program import OLD, PROGRAM, is_same_program, refuse_own_folder  # noqa: E402
from deploy.hosts.services import restart  # noqa: E402
from deploy.hosts.steps import install, uninstall  # noqa: E402
from deploy.hosts.taken_up import is_restart_due  # noqa: E402
from deploy.hosts.units import BACKUPS, DATA, UPGRADE_BACKUPS  # noqa: E402
from deploy.hosts.upgrade_acts import Choices, place_for_backups  # noqa: E402
from deploy.hosts.upgrade_refusals import is_set_up  # noqa: E402
from deploy.hosts.upgrade_state import only_upgrade, read_note  # noqa: E402
from deploy.hosts.upgrading import foresee, put_right, upgrade  # noqa: E402
from deploy.hosts.which_host import refuse_other_plan  # noqa: E402

_NO_HOST = "There is no host of Candour here to upgrade. deploy/install {plan} makes one"
_STAYS = """What stays: Debian's packages, and what those keep (/var/lib/tor, /var/log); the kernel's settings until the
machine starts again; the lines of swap that were made comments in /etc/fstab; a journal of before in /var/log.
The firewall is Debian's own again, which lets everything in and out: “nft list ruleset” shows what is in force."""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The administrator's choices. Leaves the program with exit code 2 when they make no sense."""
    parser = argparse.ArgumentParser(prog="deploy/install, deploy/upgrade or deploy/uninstall")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, text in (
        ("install", "Make this Debian machine a host of Candour. Can be run again: it does what is not done yet."),
        ("upgrade", "Bring this host to the version in this folder; back by itself if that one is not well."),
        ("uninstall", "Take Candour off this machine. Debian's packages stay."),
    ):
        made = verbs.add_parser(verb, prog=f"deploy/{verb}", description=text)
        made.add_argument("plan", choices=("drop", "desk"), help="drop: the source host; desk: the reviewer host")
        made.add_argument("--dry-run", action="store_true", help="only say what would be done")
        if verb == "upgrade":
            _offer_ways_to_upgrade(made)
            continue
        made.add_argument(
            "--root", type=Path, default=Path("/"), help="a folder with a Debian in it, instead of this machine"
        )
        if verb == "uninstall":
            _have_data_decided(made)
    return parser.parse_args(arguments)


def _offer_ways_to_upgrade(made: argparse.ArgumentParser) -> None:
    """Where the backup goes, who is waited for, and the two ways back. Always of this machine: it has no --root."""
    usual = f"the disk at {BACKUPS}, or without one {UPGRADE_BACKUPS}"
    made.add_argument("--backups", type=os.path.abspath, help=f"folder for the sealed backup (default: {usual})")
    made.add_argument(
        "--cut-uploads", action="store_true", help="do not wait for sources who are sending files just now"
    )
    other = made.add_mutually_exclusive_group()
    other.add_argument("--roll-back", action="store_true", help="to the version before this one, with all data")
    other.add_argument("--unfinished", action="store_true", help="only undo, or end, an upgrade that was cut short")
    made.set_defaults(root=Path("/"))


def _have_data_decided(made: argparse.ArgumentParser) -> None:
    """Whoever uninstalls says what becomes of the data: there is no default."""
    data = made.add_mutually_exclusive_group(required=True)
    data.add_argument("--keep-data", action="store_true", help=f"leave {DATA} as it is")
    data.add_argument(
        "--destroy-data",
        action="store_true",
        help=f"erase {DATA}, the sealed backups in {UPGRADE_BACKUPS} and what is known of the clock: nobody "
        "can bring it back",
    )


def main(arguments: Sequence[str]) -> int:
    """Run one of the two."""
    chosen = parse(arguments)
    if os.geteuid() != 0:
        print(
            "Candour: this changes the machine. Please run it as root; --dry-run too, for it looks everywhere.",
            file=sys.stderr,
        )
        return 1
    # Of a root who keeps everything to themselves: Candour's user must be able to read its program, and pip asks.
    os.umask(0o022)
    return run(Host(chosen.root.resolve(), CHECKOUT, chosen.plan), chosen)


def run(host: Host, chosen: argparse.Namespace) -> int:
    """Do what was chosen, alone on this host; return the exit code."""
    try:
        with only_upgrade(host):
            refuse_other_plan(
                host,
                keeps_data=chosen.verb == "uninstall" and chosen.keep_data,
                unfinished=chosen.verb == "upgrade" and chosen.unfinished,
            )
            return _VERBS[chosen.verb](host, chosen)
    except (InstallError, OSError) as reason:
        after = "" if isinstance(reason, Refused) else _AFTER[chosen.verb]
        print(f"Candour: {_sentence(str(reason))}{after}", file=sys.stderr)
        return 1


def _install(host: Host, chosen: argparse.Namespace) -> int:
    refuse_own_folder(host, "install")
    if read_note(host) is not None or (
        is_set_up(host) and host.path(PROGRAM).is_dir() and not is_same_program(host, PROGRAM)
    ):
        raise Refused(
            f"Another version of Candour is at work here, with data. Nothing was changed. deploy/upgrade {host.plan} "
            "brings it to this one, with a backup before and a way back"
        )
    changed = install(host, plan_of(host), print, dry=chosen.dry_run)
    if not chosen.dry_run and is_restart_due(host):
        restart(host)
        if not changed:
            print("The services were started again: a run before this one had changed something, and then failed.")
    print(_ended(changed, dry=chosen.dry_run))
    return 0


def _uninstall(host: Host, chosen: argparse.Namespace) -> int:
    if read_note(host) is not None:
        raise Refused(
            "An upgrade was cut short here: at its next start the machine would bring back what is taken off now. "
            f"Nothing was changed. Run deploy/upgrade {host.plan} first, which puts it right"
        )
    uninstall(host, plan_of(host), print, dry=chosen.dry_run)
    print(_STAYS)
    print(_end_of_data(host, destroy=chosen.destroy_data, dry=chosen.dry_run))
    return 0


def _upgrade(host: Host, chosen: argparse.Namespace) -> int:
    if not host.is_running:
        raise InstallError(_NO_HOST.format(plan=host.plan))
    if chosen.dry_run and read_note(host) is not None:
        raise InstallError("An upgrade was cut short here. Run this without --dry-run: it is put right first")
    if (note := put_right(host, print)) is not None or chosen.unfinished:
        if note is not None:
            print("Nothing is lost. " + ("The new version works." if note.good else "The version from before works."))
        return 0 if note is None or note.good or chosen.unfinished else 1
    # Only now: the power may have gone while the program's folder was on its way to another name.
    if not host.path(PROGRAM).is_dir():
        raise InstallError(_NO_HOST.format(plan=host.plan))
    if chosen.roll_back:
        _roll_back(host, chosen)
    refuse_own_folder(host, "upgrade")
    if is_same_program(host, PROGRAM):
        print(f"This version is installed already. Nothing was changed. deploy/install {host.plan} puts things right.")
        return 0
    choices = Choices(chosen.backups or place_for_backups(host), chosen.cut_uploads)
    if chosen.dry_run:
        foresee(host, print, choices)
        print("Nothing was changed.")
    else:
        upgrade(host, print, choices)
        print(f"Done: the new version works. The old one is kept in {OLD}: docs/guide-upgrade.md.")
    return 0


def _roll_back(host: Host, chosen: argparse.Namespace) -> NoReturn:
    """Have the version before bring itself in, as an upgrade to it: it knows its own files, and what it refuses."""
    script = host.path(f"{OLD}/deploy/hosts/main.py")
    if not host.path(f"{OLD}/deploy/upgrade").is_file():
        raise InstallError(
            f"There is no version to go back to in {OLD}. Nothing was changed. The way back is the backup from before "
            "the upgrade: docs/guide-upgrade.md, “Back to an older version”"
        )
    options = ["--backups", chosen.backups] if chosen.backups else []
    options += [*(["--dry-run"] if chosen.dry_run else []), *(["--cut-uploads"] if chosen.cut_uploads else [])]
    sys.stdout.flush()
    # In this process's place: the lock is let go by it, and taken again.
    command = [sys.executable, str(script), "upgrade", host.plan, *options]
    os.execv(sys.executable, command)  # noqa: S606  # root's own program


def _sentence(text: str) -> str:
    return text if text.rstrip()[-1:] in ".!?" else f"{text}."


_VERBS = {"install": _install, "uninstall": _uninstall, "upgrade": _upgrade}
_AFTER = {
    "install": "\nWhat was done before stays. Mend this, and run it again.",
    "uninstall": "\nWhat was done before stays. Mend this, and run it again.",
    "upgrade": "",
}


def _ended(changed: int, *, dry: bool) -> str:
    if not changed:
        return "Everything is as it should be. Nothing was changed."
    if dry:
        return f"{changed} steps would be done. Nothing was changed."
    return f"{changed} steps were done. What comes next stands in docs/guide-install.md."


def _end_of_data(host: Host, *, destroy: bool, dry: bool) -> str:
    if not destroy:
        return (
            f"{DATA} is left as it is, and its user: whoever has this disk has all that was kept there. So are the "
            f"sealed backups in {UPGRADE_BACKUPS}, if there are any, which nothing erases after a week any more."
        )
    if dry:
        return f"{DATA} and {UPGRADE_BACKUPS} would be erased, with all that is in them."
    for path in (DATA, UPGRADE_BACKUPS, f"/var/lib/{CLOCK}"):
        host.empty(path)
    remove_user(host)
    return (
        f"{DATA} and {UPGRADE_BACKUPS} are erased. A disk can keep what was erased: destroy its encryption key, or the "
        "disk."
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
