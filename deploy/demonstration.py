"""Starts both halves of Candour on this machine: `./run`. With `code` it prints the current sign-in code.

Needs nothing but Python's own library, so that `./run --help` answers before anything is installed.
Exit codes: 0 stopped as asked, 1 could not start or stopped by itself, 2 wrong arguments.
"""

import argparse
import os
import resource
import sys
from collections.abc import Sequence
from gettext import gettext as _
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
# `python deploy/demonstration.py` puts deploy/ on the path, not the checkout.
sys.path.insert(0, str(CHECKOUT))

from deploy.demo.errors import DemonstrationError  # noqa: E402
from deploy.demo.folder import DemonstrationFolder  # noqa: E402
from deploy.demo.processes import Processes, StopAsked  # noqa: E402
from deploy.demo.road import open_sockets, open_the_road  # noqa: E402


def port(text: str) -> int:
    """The TCP port that `text` names; 0 means any free one. Raises ArgumentTypeError for anything else."""
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(_("a port is a number from 0 to 65535"))
    return int(text)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The person's choices. Leaves the program with exit code 2 when they make no sense."""
    parser = argparse.ArgumentParser(
        prog="./run",
        description=_(
            "Starts Candour on this machine, to try it out: the source's site, the door, the desk and the "
            "courier. Never for real sources: both halves run on one machine. Ctrl-C stops everything."
        ),
        epilog=_(
            "./run --set-up-only, and nothing beside it, installs what Candour needs and starts nothing: for a host "
            "that is to serve."
        ),
    )
    parser.add_argument(
        "what", nargs="?", choices=["code"], help=_("print the six digits to sign in with now, then end")
    )
    parser.add_argument("name", nargs="?", help=_("with code: whose (default: the first reviewer)"))
    parser.add_argument(
        "--data",
        type=Path,
        default=CHECKOUT / ".data",
        metavar="DIR",
        help=_("where keys and reports are kept (default: .data in this checkout)"),
    )
    for name, default, what in (
        ("source", 8080, _("the source's site")),
        ("desk", 8081, _("the reviewers' desk")),
        ("door", 8082, _("the door that the courier uses")),
    ):
        parser.add_argument(
            f"--{name}-port",
            type=port,
            default=default,
            metavar="N",
            help=_("port of {what} (default: {port}; 0 picks a free one)").format(what=what, port=default),
        )
    parser.add_argument("--fresh", action="store_true", help=_("start over: erase what an earlier ./run kept in DIR"))
    return parser.parse_args(arguments)


def start(choices: argparse.Namespace) -> None:
    """Starts everything and returns when a person asks to stop. Raises DemonstrationError when it cannot go on."""
    os.umask(0o077)
    # A core dump would put on disk what lives in memory only. Every child inherits this.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    folder = DemonstrationFolder(choices.data.absolute())
    with folder.held(fresh=choices.fresh):
        sockets = open_sockets(source=choices.source_port, desk=choices.desk_port, door=choices.door_port)
        with Processes() as processes:
            try:
                open_the_road(folder, sockets, processes)
                processes.wait_for_the_end()
            except StopAsked:
                print(_("\nStopping."), flush=True)
            finally:
                processes.stop()
                folder.stop_key_agents()


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the demonstration; gives the exit code."""
    choices = parse(arguments)
    try:
        if choices.what == "code":
            from deploy.demo.sign_in_code import current_code  # needs pyotp, which is not there before set-up

            print(current_code(choices.data.absolute(), choices.name))
        else:
            start(choices)
    except DemonstrationError as error:
        print(f"Candour: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 1  # before anything was started; afterwards Processes takes the signal
    return 0


if __name__ == "__main__":
    sys.exit(main())
