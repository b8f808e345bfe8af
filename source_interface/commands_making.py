"""`candour-drop init` and `pairing`: a source host is made, or gets another token for its door."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from keys.door_token import mark_of
from serving.language import gettext as _
from source_interface.commands_shared import data_option, sentences
from source_interface.door_keys import names_if_unknown
from source_interface.door_tokens import last_day
from source_interface.drop_folder import AlreadyMade, DropFolder, clear_half_made, make_drop
from source_interface.tor_plan import Rotation
from source_interface.tor_plan import pair_anew as make_pairing


@click.command()
@data_option
@click.option(
    "--intake-key",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The intake public key, from the reviewer host.",
)
@click.option(
    "--pairing",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Where to write the pairing file for the reviewer host.",
)
def init(data: Path, intake_key: Path, pairing: Path) -> None:
    """Make the data folder: pepper, store, the intake key, and a pairing file for the reviewer host."""
    with sentences(), _whole_or_not_at_all(data.resolve(), pairing.resolve()):
        key = make_drop(data.resolve(), intake_key, pairing.resolve())
    click.echo(_("The source host is ready in {path}.").format(path=data))
    click.echo(_("Intake key: {print}").format(print=key.spoken_fingerprint()))
    click.echo(_("Compare this aloud with the reviewer host. Then carry {path} there.").format(path=pairing))


@contextmanager
def _whole_or_not_at_all(root: Path, pairing: Path) -> Iterator[None]:
    """Leave nothing in the way of the same line typed again, if what is made here does not come to its end."""
    folder = DropFolder(root)
    # Sealed letters without a source host are what is left of one, and are never taken away.
    there = (folder.pepper, folder.database, folder.door_token, folder.blobs, folder.reply_files, pairing)
    began_with_nothing = not any(path.exists() for path in there)
    try:
        yield
    except BaseException:
        if began_with_nothing:
            with suppress(AlreadyMade, OSError):
                clear_half_made(root)
                pairing.unlink(missing_ok=True)
        raise


@click.command("pairing")
@data_option
@click.option(
    "--pairing",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Where to write the new pairing file for the reviewer host.",
)
@click.option(
    "--courier-key",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="A new key of the reviewer host, from `candour-desk onion new-key`: it is let in now, and the one before is "
    "taken away once the new pairing is used.",
)
@click.option("--instead-of", metavar="NAME", help="Whose key ends then, if several are let in.")
@click.option("--at-once", is_flag=True, help="The token before opens nothing from now on: it may be in wrong hands.")
def pair_anew(data: Path, pairing: Path, courier_key: Path | None, instead_of: str | None, *, at_once: bool) -> None:
    """Change the door's token: make a new pairing file. The one before opens the door until the new one is used.

    Was the reviewer host lost or stolen? Then: candour-drop revoke-desk.
    """
    if instead_of is not None and courier_key is None:
        raise click.UsageError(_("--instead-of goes with --courier-key."))
    with sentences():
        wanted = Rotation(at_once, courier_key, instead_of)
        unknown = names_if_unknown(DropFolder(data.resolve()))
        token, overlaps = make_pairing(data.resolve(), pairing.resolve(), wanted)
    if not overlaps:
        click.echo(_("Carry {path} to the reviewer host: the pairing before is over.").format(path=pairing))
    else:
        click.echo(
            _(
                "Carry {path} to the reviewer host, and pair it there by {day}. The pairing before holds until the "
                "courier has come with the new one. If it does not come by then, the new one is over."
            ).format(path=pairing, day=last_day(token.since or ""))
        )
    if token.ends:
        click.echo(_("The key before is taken away at the door after the first collection with the new one."))
    if unknown:
        click.echo(
            _(
                "The file of a new token that nobody had used was damaged: which key was let in for it nobody can "
                "tell, so it was not taken away. Let in were: {names}. Take away each that is not your reviewer "
                "host's: candour-drop onion revoke NAME."
            ).format(names=", ".join(unknown)),
            err=True,
        )
    click.echo(_("Mark of the new token, which check shows on both hosts: {mark}").format(mark=mark_of(token.hashed)))
