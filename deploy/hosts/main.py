"""`deploy/install` and `deploy/uninstall`. Exit codes: 0 done, 1 a step could not be done, 2 wrong arguments."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent.parent
# `python deploy/hosts/main.py` puts deploy/hosts on the path, not the checkout.
sys.path.insert(0, str(CHECKOUT))

from deploy.hosts.host import Host, InstallError  # noqa: E402
from deploy.hosts.machine import restart  # noqa: E402
from deploy.hosts.plans import plan_of, remove_user  # noqa: E402
from deploy.hosts.steps import install, uninstall  # noqa: E402
from deploy.hosts.units import DATA  # noqa: E402

_STAYS = """What stays: Debian's packages, and what those keep (/var/lib/tor, /var/log); the kernel's settings until the
machine starts again; the lines of swap that were made comments in /etc/fstab; a journal of before in /var/log.
The firewall is Debian's own again, which lets everything in and out: “nft list ruleset” shows what is in force."""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The administrator's choices. Leaves the program with exit code 2 when they make no sense."""
    parser = argparse.ArgumentParser(prog="deploy/install or deploy/uninstall")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, text in (
        ("install", "Make this Debian machine a host of Candour. Can be run again: it does what is not done yet."),
        ("uninstall", "Take Candour off this machine. Debian's packages stay."),
    ):
        made = verbs.add_parser(verb, prog=f"deploy/{verb}", description=text)
        made.add_argument("plan", choices=("drop", "desk"), help="drop: the source host; desk: the reviewer host")
        made.add_argument("--dry-run", action="store_true", help="only say what would be done")
        made.add_argument(
            "--root", type=Path, default=Path("/"), help="a folder with a Debian in it, instead of this machine"
        )
        if verb == "uninstall":
            data = made.add_mutually_exclusive_group(required=True)
            data.add_argument("--keep-data", action="store_true", help=f"leave {DATA} as it is")
            data.add_argument("--destroy-data", action="store_true", help=f"erase {DATA}: nobody can bring it back")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str]) -> int:
    """Run one of the two."""
    chosen = parse(arguments)
    if os.geteuid() != 0:
        print(
            "Candour: this changes the machine. Please run it as root; --dry-run too, for it looks everywhere.",
            file=sys.stderr,
        )
        return 1
    host = Host(chosen.root.resolve(), CHECKOUT, chosen.plan)
    try:
        if chosen.verb == "install":
            changed = install(host, plan_of(host), print, dry=chosen.dry_run)
            if changed and not chosen.dry_run:
                restart(host)
            print(_ended(changed, dry=chosen.dry_run))
        else:
            uninstall(host, plan_of(host), print, dry=chosen.dry_run)
            print(_STAYS)
            print(_end_of_data(host, destroy=chosen.destroy_data, dry=chosen.dry_run))
    except (InstallError, OSError) as reason:
        print(f"Candour: {reason}\nWhat was done before stays. Mend this, and run it again.", file=sys.stderr)
        return 1
    return 0


def _ended(changed: int, *, dry: bool) -> str:
    if not changed:
        return "Everything is as it should be. Nothing was changed."
    if dry:
        return f"{changed} steps would be done. Nothing was changed."
    return f"{changed} steps were done. What comes next stands in docs/guide-install.md."


def _end_of_data(host: Host, *, destroy: bool, dry: bool) -> str:
    if not destroy:
        return f"{DATA} is left as it is, and its user: whoever has this disk has all that was kept there."
    if dry:
        return f"{DATA} would be erased, with all that is in it."
    host.remove(DATA)
    remove_user(host)
    return f"{DATA} is erased. A disk can keep what was erased: destroy its encryption key, or the disk."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
