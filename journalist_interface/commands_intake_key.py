"""`candour-desk intake-key …`: the key that letters are sealed to is shown, made anew, and put away when it is over."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from journalist_interface import new_intake_key
from journalist_interface.commands_shared import data_option, sentences
from journalist_interface.desk_folder import Desk, only_desk, opened_desk
from journalist_interface.errors import FileNotWritten, SetUpRefused
from journalist_interface.intake_homes import intake_key_alone
from journalist_interface.officers_asked import ask_key_holders
from keys.intake_key import spoken
from serving.language import gettext as _
from serving.private_screen import keep_out_of_dumps, stoppable
from store.desk.successions import Kept, list_successions, read_drop_key
from store.folder import write_new_private_file

_out_option = click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE",
    help=_("Where to write the statement for the source host, such as a file on a stick. It holds no secret."),
)


@click.group("intake-key")
def intake_key() -> None:
    """Show the intake key, make a new one, and put away those before."""


@intake_key.command(short_help=_("Show the fingerprints, and to which key the source host seals"))
@data_option
def show(data: Path) -> None:
    """Show the fingerprint of the intake key, those before it, and which of them the source host seals to."""
    with sentences(), opened_desk(data.resolve()) as desk:
        with desk.database.reading() as connection:
            changes, drop = list_successions(connection), read_drop_key(connection)
            former = new_intake_key.former_keys(connection)
        click.echo(_("Intake key of this desk: {print}").format(print=spoken(desk.intake_fingerprint)))
        for each in changes:
            click.echo(_line(each))
        if drop is None:
            click.echo(_("The source host has not said yet which key it seals to."))
        else:
            click.echo(_("The source host seals to: {print}").format(print=spoken(drop.fingerprint)))
        if former.fingerprints:
            click.echo(former.waits_for or _("Nothing waits for a former key any more: it can be put away."))


@intake_key.command(short_help=_("Make a new key, and the statement to carry to the source host"))
@data_option
@_out_option
def renew(data: Path, out: Path) -> None:
    """Make a new intake key, and write the statement for the source host to FILE. The desk must be stopped.

    The officers who hold the intake key hold the new one at once, whole or in halves as before, and so does the
    recovery key. Letters that were sealed to the old key stay readable. Two officers are asked for if the key needs
    two.
    """
    keep_out_of_dumps()
    with stoppable(_("Stopped. The intake key is as it was.")), _alone(data) as desk:
        _check_out(out)
        officers = ask_key_holders(desk)
        kept = new_intake_key.exchange_intake_key(desk, officers)
        _write(out, kept)
    click.echo(_("A new intake key holds at this desk. Letters sealed to the one before can still be read."))
    click.echo(_("Before: {print}").format(print=spoken(kept.old)))
    click.echo(_("Now:    {print}").format(print=spoken(kept.new)))
    click.echo(
        _(
            "Carry {path} to the source host and run there: candour-drop intake-key replace. Compare both fingerprints "
            "aloud. Until then sources seal to the key before, and nothing is lost."
        ).format(path=out)
    )
    click.echo(_("Start the desk again, and make a backup today: older ones hold the key before alone."))


@intake_key.command(short_help=_("Write a statement for the source host once more"))
@data_option
@_out_option
@click.option("--number", type=int, metavar="N", help=_("Which statement; the last one unless you say."))
def statement(data: Path, out: Path, number: int | None) -> None:
    """Write a statement for the source host once more to FILE: if it was lost, or the source host was restored."""
    with sentences(), opened_desk(data.resolve()) as desk:
        _check_out(out)
        with desk.database.reading() as connection:
            changes = list_successions(connection)
        found = [each for each in changes if each.number == (number or len(changes))]
        if not found:
            raise SetUpRefused(_("There is no such statement: this desk made {n}.").format(n=len(changes)))
        _write(out, found[0])
    click.echo(
        _("Statement {n}, for a source host that seals to {print}").format(
            n=found[0].number, print=spoken(found[0].old)
        )
    )


@intake_key.command("put-away", short_help=_("ERASE the keys before the present one, two days after a renewal"))
@data_option
def put_away(data: Path) -> None:
    """Erase the intake keys before the present one from this host. The desk must be stopped.

    Refused while a letter may still wait for one of them. An export or a backup from before keeps them; destroy those
    too if nobody is to read old letters again.
    """
    keep_out_of_dumps()
    with stoppable(_("Stopped. The former keys are as they were.")), _alone(data) as desk:
        new_intake_key.erase_put_away(desk)
        gone = new_intake_key.put_away(desk, ask_key_holders(desk))
    for each in gone:
        click.echo(_("Erased: {print}").format(print=spoken(each)))
    click.echo(_("A letter that turns up sealed to it cannot be read any more, but from an export or a backup."))


@contextmanager
def _alone(data: Path) -> Iterator[Desk]:
    folder = data.resolve()
    # The desk is stopped: an officer's session there has a passphrase that opens nothing afterwards.
    with sentences(), opened_desk(folder) as desk, only_desk(folder), intake_key_alone(folder):
        yield desk


def _check_out(out: Path) -> None:
    if out.exists():
        raise SetUpRefused(_("{path} exists already. Nothing was changed. Choose a new name.").format(path=out))
    if not out.resolve().parent.is_dir():
        raise SetUpRefused(_("The folder of {path} is not there. Nothing was changed.").format(path=out))


def _write(out: Path, kept: Kept) -> None:
    try:
        write_new_private_file(out, kept.statement.encode("utf-8"))
    except OSError as reason:
        raise FileNotWritten(
            _(
                "{path} could not be written: {why}. The statement is kept at this desk: candour-desk intake-key "
                "statement writes it again."
            ).format(path=out, why=reason.strerror)
        ) from reason


def _line(kept: Kept) -> str:
    said = _("{n}. Since {day}: {new}, signed by {old}")
    if kept.put_away:
        said = _("{n}. Since {day}: {new}, signed by {old}, which was put away on {gone}")
    return said.format(n=kept.number, day=kept.day, new=spoken(kept.new), old=spoken(kept.old), gone=kept.put_away)
