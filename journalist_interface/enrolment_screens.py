"""What a new person's authenticator needs, and the recovery codes: shown once, each on a screen of its own.

Rules:
- Nothing stands on a screen that does not fit it: such a screen cannot be scrolled back, and a square of which the top
  is missing is scanned by nobody. Where the square does not fit, the secret is typed in.
- The square first, alone; then what is copied by hand.
"""

import io
import shutil

import click
import segno

from journalist_interface.accounts import NewAccount
from journalist_interface.recovery_codes import RecoveryCodes
from keys.totp import ISSUER, enrolment_uri, spoken_secret
from serving.language import gettext as _
from serving.private_screen import ask_line, is_at_terminal, shown_once, stoppable

PRACTICE_ISSUER = "Candour PRACTICE"
_STOPPED = _(
    "Stopped. The account of {name} is made, but what its authenticator needs may not have been taken down, and is "
    "shown to nobody again."
)
_QUIET = 2  # modules of white round the square: the smallest console, of 24 lines, has room for no more
_LINES_BESIDE = 3  # a sentence above it; the prompt below, and where the cursor stands


def show_enrolment(account: NewAccount, codes: RecoveryCodes, *, stopped: str = _STOPPED, issuer: str = ISSUER) -> None:
    """Show what the new reviewer's authenticator needs, and the recovery codes, once, on screens that are cleared.

    `stopped`: what it means if somebody stops in the middle; `issuer`: what the authenticator shows above the digits.
    """
    name = account.reviewer.username
    uri = enrolment_uri(account.secret.totp_secret, name, issuer)
    with stoppable(stopped.format(name=name)):
        if is_at_terminal():
            ask_line(
                _("{name} comes to the screen, and everybody else looks away. Then press Enter.").format(name=name)
            )
        _show_square(name, _square(uri))
        with shown_once(_("Taken down? Press Enter: the screen is cleared, and this is never shown again.")):
            _write_words(name, spoken_secret(account.secret.totp_secret), uri, codes)


def _square(uri: str) -> str:
    drawn = io.StringIO()
    segno.make(uri, error="l").terminal(out=drawn, border=_QUIET, compact=True)
    return drawn.getvalue().rstrip("\n")


def _show_square(name: str, square: str) -> None:
    if not _fits(square):
        ask_line(
            _(
                "The square for scanning needs {needed} lines, and this window has {lines}. Make the window larger, or "
                "its letters smaller, then press Enter. If that cannot be, press Enter all the same: then the secret "
                "is typed into the authenticator."
            ).format(needed=_lines_for(square), lines=_lines())
        )
    if _fits(square):
        with shown_once(_("Scanned? Press Enter: the screen is cleared, and the recovery codes come.")):
            click.echo(_("{name}: scan this with an authenticator now; it is shown once.").format(name=name))
            click.echo(square)


def _write_words(name: str, secret: str, uri: str, codes: RecoveryCodes) -> None:
    click.echo(_("What follows is for {name} alone.").format(name=name))
    click.echo(_("Secret for typing: {secret}").format(secret=secret))
    click.echo(uri)
    click.echo()
    click.echo(
        _(
            "Recovery codes, for the day when the authenticator is lost. Each lets {name} in once, with the password. "
            "Write them on paper now; they are shown once:"
        ).format(name=name)
    )
    for code in codes.codes:
        click.echo("  " + code)


def _fits(square: str) -> bool:
    return not is_at_terminal() or _lines() >= _lines_for(square)


def _lines_for(square: str) -> int:
    return len(square.splitlines()) + _LINES_BESIDE


def _lines() -> int:
    return shutil.get_terminal_size().lines
