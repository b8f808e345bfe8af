"""`candour-drop intake-key …`: which key this host seals to, and taking the one that comes after it."""

from datetime import UTC, datetime
from pathlib import Path

import click

from keys.errors import SuccessionRefused
from keys.intake_key import load_intake_key, spoken
from serving.language import gettext as _
from source_interface.commands_shared import data_option, sentences
from source_interface.drop_folder import DropFolder
from source_interface.intake_key_history import Change, read_changes
from source_interface.lost_desk import is_closed
from source_interface.new_intake_key import exchange_key


@click.group("intake-key")
def intake_key() -> None:
    """Show the key that this host seals to, or take the one that comes after it."""


@intake_key.command(short_help=_("Show the fingerprint of the key, and of those before it"))
@data_option
def show(data: Path) -> None:
    """Show the fingerprint of the key, and of those before it."""
    folder = DropFolder(data.resolve())
    with sentences():
        key = load_intake_key(folder.intake_key)
        changes = read_changes(folder, key.fingerprint)
    click.echo(_("Intake key: {print}").format(print=key.spoken_fingerprint()))
    for each in changes:
        said = _("Since {day}: {new}, signed by {old}") if each.is_signed else _("Since {day}: {new}, not by {old}")
        click.echo(said.format(day=each.day, new=spoken(each.new), old=spoken(each.old)))


@intake_key.command(short_help=_("Seal to the new key from now on, which the desk vouches for"))
@data_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@click.option(
    "--old-key-is-gone",
    "paper",
    metavar="FINGERPRINT",
    help="Take the key in FILE though the old one did not sign it; type its fingerprint, from paper.",
)
def replace(data: Path, file: Path, paper: str | None) -> None:
    """Seal to the new key from now on, if the key that is here signed the statement in FILE.

    The statement is made on the reviewer host: candour-desk intake-key renew. Site and door go on meanwhile; what is
    sealed to the old key already is collected and read as ever.
    """
    with sentences():
        try:
            change = exchange_key(data.resolve(), file, paper, datetime.now(UTC).date().isoformat(), _ask)
        except SuccessionRefused as refused:
            said = _("{why} Nothing was changed: this host seals to the key that it had.")
            raise click.ClickException(said.format(why=refused.reason)) from refused
    if change is None:
        raise click.ClickException(_("Nothing was changed: this host seals to the key that it had."))
    click.echo(_("From now on letters are sealed to {print}.").format(print=spoken(change.new)))
    if is_closed(DropFolder(data.resolve()).desk_lost, change.new):
        click.echo(
            _(
                "The site stays closed: this key was lost before, or nobody could read which was. Is it safe? Then: "
                "candour-drop after-revoking reopen."
            )
        )
    click.echo(_("Site and door need no restart. What was sealed to the key before is collected as ever."))
    click.echo(
        _(
            "The landing page and its README name the fingerprint of the key before: make them anew with candour-drop "
            "landing, and put them where the old ones are. A poster names no key and stays right."
        )
    )
    click.echo(_("A pairing file that was not used yet names it too: make another with candour-drop pairing."))


def _ask(change: Change) -> bool:
    if not change.is_signed:
        click.echo(
            _(
                "WARNING: the old key did not sign the new one. Only the fingerprint that you typed says whose it is: "
                "if it did not come to you on paper, or from a voice that you know, stop here. With a key of somebody "
                "else's, all that sources send from now on is sealed to them. Sources will read that the old key did "
                "not sign."
            )
        )
    click.echo(_("The key here now:  {print}").format(print=spoken(change.old)))
    click.echo(_("The key after it:  {print}").format(print=spoken(change.new)))
    return click.confirm(_("Does the reviewer host read out both just so?"))
