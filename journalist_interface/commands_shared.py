"""What the desk's commands share: the data folder, asking for a password, turning errors into sentences."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from journalist_interface.courier_errors import CourierError
from journalist_interface.errors import DeskError
from journalist_interface.not_newer import not_newer
from keys.errors import KeysError, SignInRefused
from onion.errors import OnionError
from serving.data_folder import DataFolder
from serving.language import gettext as _
from serving.refusals import ServingRefused
from serving.system_refusals import no_room, refused_by_system
from store.errors import NoRoom, StoreError
from store.plain_text import plain_lines

_LONGEST_LINE = 4096  # characters


data_option = click.option(
    "--data",
    type=DataFolder(),
    required=True,
    callback=not_newer,
    metavar="DIR",
    help=_("Data folder of the desk."),
)


@contextmanager
def sentences() -> Iterator[None]:
    """Turn every error that a person can do something about into one sentence and exit code 1."""
    try:
        yield
    except SignInRefused as reason:
        raise click.ClickException(
            _("User name, password or code is wrong. Wait for a new code, then try again.")
        ) from reason
    except NoRoom as reason:
        raise no_room() from reason
    except (CourierError, DeskError, KeysError, OnionError, StoreError, ServingRefused) as reason:
        # It may quote what somebody wrote into the database.
        raise click.ClickException(plain_lines(str(reason))) from reason
    except OSError as reason:
        raise refused_by_system(reason) from reason


def password_from(from_stdin: bool, question: str) -> str:
    """Return a new password: the first line of standard input, or asked for twice."""
    if from_stdin:
        return sys.stdin.readline(_LONGEST_LINE).rstrip("\r\n")
    return str(click.prompt(question, hide_input=True, confirmation_prompt=True))
