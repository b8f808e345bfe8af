"""`candour-desk recover` and `candour-desk recovery-shares …`: what the custodians of the recovery key run together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import click

from journalist_interface import recovering
from journalist_interface.asking_shares import ask_for_shares
from journalist_interface.commands_shared import data_option, sentences
from journalist_interface.desk_folder import Desk, empty_log, opened_desk
from journalist_interface.errors import RecoveryRefused
from journalist_interface.handing_out import chosen_hand_out, worthless_if_this_fails
from journalist_interface.recovery_cards import NewShares, Scheme
from keys.errors import Malformed, SharesDisagree, SharesTooFew
from keys.hpke import SecretKey
from keys.recovery_key import RecoverySecret, key_of_file
from keys.recovery_shares import MOST_SHARES
from keys.spoken import spoken_fingerprint
from serving.language import gettext as _
from serving.language import ngettext
from serving.private_screen import ask_line, keep_out_of_dumps, stoppable
from store.plain_text import plain_name

_LONGEST_KEY_FILE = 4096  # characters

Command = TypeVar("Command", bound=Callable[..., object])

key_file_option = click.option(
    "--key-file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True, readable=True),
    metavar="FILE",
    help=_("The recovery-key.txt of a desk that was made before there were shares; then no share is asked for."),
)


def share_options(command: Command) -> Command:
    """Give a command the options that say how a new recovery key is handed out."""
    for option in reversed(
        (
            click.option(
                "--shares",
                type=click.IntRange(1, MOST_SHARES),
                default=3,
                show_default=True,
                metavar="N",
                help=_("Into how many shares the recovery key is split: one for each custodian."),
            ),
            click.option(
                "--needed",
                type=click.IntRange(1, MOST_SHARES),
                default=2,
                show_default=True,
                metavar="K",
                help=_("How many of them together open the cases; at least 2."),
            ),
            click.option(
                "--shares-to",
                type=click.Path(path_type=Path, file_okay=False),
                metavar="FOLDER",
                help=_(
                    "Write a card to print for each custodian into this folder of a stick, instead of showing them."
                ),
            ),
        )
    ):
        command = option(command)
    return command


@click.command()
@data_option
@click.option("--reviewer", "username", required=True, metavar="NAME", help=_("Who shall be able to read the cases."))
@click.option(
    "--case", "references", multiple=True, metavar="REF", help=_("A case, by its reference; may be repeated.")
)
@click.option("--all", "everything", is_flag=True, help=_("Every case there is."))
@key_file_option
def recover(data: Path, username: str, references: tuple[str, ...], everything: bool, key_file: Path | None) -> None:
    """Open cases to the reviewer NAME, with the shares of the custodians.

    The shares are typed one after another, never given as arguments. Nothing is changed before the last one.
    """
    if everything == bool(references):
        raise click.UsageError(_("Say which cases: --case REF, once or several times, or --all."))
    wanted = None if everything else [reference.upper() for reference in references]
    with custodians(data) as desk:
        asked = recovering.check_request(desk, username, wanted)
        say_walled(username, asked.walled)
        click.echo(
            ngettext(
                "{n} case will be opened to {name}. Ctrl-C stops; nothing is changed before the last share.",
                "{n} cases will be opened to {name}. Ctrl-C stops; nothing is changed before the last share.",
                asked.cases,
            ).format(n=asked.cases, name=username)
        )
        reason = ask_reason()
        done = recovering.recover(desk, key_of(key_file), username, wanted, reason)
        say_if_traces_stay(desk)
    click.echo(
        ngettext("{name} can read {n} case now.", "{name} can read {n} cases now.", done.opened).format(
            name=username, n=done.opened
        )
    )
    if done.again:
        click.echo(
            ngettext(
                "For {n} of them {name} had a key already; it was made anew.",
                "For {n} of them {name} had keys already; they were made anew.",
                done.again,
            ).format(n=done.again, name=username)
        )
    say_walled(username, done.walled)
    say_closed(done.closed)


@click.group("recovery-shares")
def recovery_shares() -> None:
    """Check the shares of the recovery key, or replace them all with those of a new key."""


@recovery_shares.command(short_help=_("Try whether the cards still give the recovery key: yearly"))
@data_option
def verify(data: Path) -> None:
    """Check that the custodians' shares still give this desk's recovery key. No case is opened.

    As many as are needed are asked for; further ones may follow, and each is checked.
    """
    with custodians(data) as desk:
        done = recovering.check_fits(desk, combined(further=True))
    click.echo(_("These shares give the recovery key of this desk. No case was opened."))
    click.echo(
        _("They would open the post too, if every intake officer were lost.")
        if done.intake
        else _(
            "They do not open the post: the intake key's passphrase is not sealed to this recovery key. Have an intake "
            "officer unlock the intake key, then verify again. If it still says so, renew the shares."
        )
    )
    say_closed(done.closed)


@recovery_shares.command(short_help=_("New key, new cards: a custodian leaves, or a card is lost or seen"))
@data_option
@share_options
@key_file_option
def renew(data: Path, shares: int, needed: int, shares_to: Path | None, key_file: Path | None) -> None:
    """Make a new recovery key, hand out its shares, and seal every case to it.

    For when a custodian leaves, or a card is lost or was seen. It takes the old shares. Until the last new share has
    been handed out and typed back nothing is changed, and the old shares hold.
    """
    scheme = Scheme(shares, needed)
    with custodians(data) as desk:
        scheme.check(demonstration=False)
        hand_out = chosen_hand_out(shares_to, beside=data.resolve())
        key = key_of(key_file)
        recovering.check_key(desk, key)
        new = NewShares.draw(scheme)
        hand_out(new)
        with worthless_if_this_fails():
            done = recovering.replace_key(desk, key, new.public)
        say_if_traces_stay(desk)
    click.echo(
        ngettext(
            "The new shares hold: {n} case is sealed to the new recovery key, and so is every case to come.",
            "The new shares hold: {n} cases are sealed to the new recovery key, and so is every case to come.",
            done.cases,
        ).format(n=done.cases)
    )
    click.echo(_("Recovery key of this desk: {groups}").format(groups=new.fingerprint))
    if not done.intake:
        click.echo(
            _("The intake key's passphrase will be sealed to it when an intake officer unlocks the intake key next.")
        )
    click.echo(
        _(
            "Destroy the old cards, and every backup made before now: the old cards still open the cases in an old "
            "backup."
        )
    )
    say_closed(done.closed)


@contextmanager
def custodians(data: Path) -> Iterator[Desk]:
    """Open the desk for people with shares, and say whose recovery key is asked for."""
    keep_out_of_dumps()
    with stoppable(_("Stopped. Nothing was changed.")), sentences(), opened_desk(data.resolve()) as desk:
        groups = spoken_fingerprint(recovering.recovery_public_key(desk))
        click.echo(_("Recovery key of this desk: {groups}").format(groups=groups))
        yield desk


def key_of(key_file: Path | None) -> SecretKey:
    """Return the recovery key: of an old key file, or of the shares that are asked for."""
    if key_file is None:
        return combined()
    # Whoever can read it is not asked: on a stick, where it should be, files have no modes of their own.
    with key_file.open("r", encoding="ascii", errors="replace") as file:
        untrusted_text = file.read(_LONGEST_KEY_FILE)
    try:
        return key_of_file(untrusted_text)
    except Malformed as reason:
        raise RecoveryRefused(
            _("{path} holds no recovery key. Nothing was changed. It must be the file as the desk wrote it.").format(
                path=key_file
            )
        ) from reason


def combined(*, further: bool = False) -> SecretKey:
    """Return the recovery key of the shares that are asked for. Raises RecoveryRefused if they give none."""
    try:
        return RecoverySecret(ask_for_shares(further=further)).key()
    except SharesTooFew as reason:
        raise RecoveryRefused(
            _("{given} of {needed} shares were given: too few. Nothing was changed.").format(
                given=reason.given, needed=reason.needed
            )
        ) from reason
    except SharesDisagree as reason:
        raise RecoveryRefused(
            _(
                "These shares do not belong together: one of them was made up. Nothing was changed. Find out whose "
                "card it is before you try again."
            )
        ) from reason


def ask_reason() -> str:
    """Return why the cases are opened, in words that may stand in the audit trail."""
    while True:
        reason = ask_line(_("Why? It stands in the audit trail, so write no word of a case: ")).strip()
        if reason and reason.isprintable() and len(reason) <= recovering.LONGEST_REASON:
            return reason
        click.echo(_("A reason is needed, in at most {n} plain letters and signs.").format(n=recovering.LONGEST_REASON))


def say_if_traces_stay(desk: Desk) -> None:
    """Take the keys that were replaced out of the database's log; say so if that cannot be done now."""
    if not empty_log(desk):
        click.echo(
            _(
                "The database is being read just now, so keys that were replaced still stand in its log. Nothing was "
                "lost. The desk takes them out itself within a minute after the reading ends; if it is not serving, "
                "it does so when it is started next."
            )
        )


def say_walled(username: str, references: tuple[str, ...]) -> None:
    """Name the cases that --all leaves out, because somebody kept this reviewer out of them."""
    if references:
        click.echo(
            ngettext(
                "{name} was kept out of {n} case, which is left out: {references}. Its wall stands. If you all mean "
                "to open it, name it with --case.",
                "{name} was kept out of {n} cases, which are left out: {references}. Their walls stand. If you all "
                "mean to open one, name it with --case.",
                len(references),
            ).format(name=username, n=len(references), references=", ".join(references))
        )


def say_closed(references: tuple[str, ...]) -> None:
    """Name the cases that the recovery key does not open, and end with exit code 1 if there are any."""
    if references:
        raise click.ClickException(
            ngettext(
                "The recovery key does not open {n} case: {references}. All else is done. Compare with a backup: "
                "candour-desk check says more.",
                "The recovery key does not open {n} cases: {references}. All else is done. Compare with a backup: "
                "candour-desk check says more.",
                len(references),
            ).format(n=len(references), references=plain_name(", ".join(references)))
        )
