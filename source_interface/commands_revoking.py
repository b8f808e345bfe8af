"""`candour-drop revoke-desk` and `after-revoking`: a reviewer host is in somebody else's hands."""

import stat
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import click

from onion.in_force import Force, tell_shut_out, wait
from serving.language import gettext as _
from source_interface.after_revoking import what_to_do_next
from source_interface.commands_shared import data_option, first_day, refuse_if_no_host, sentences
from source_interface.drop_folder import DropFolder
from source_interface.intake_key_history import key_in_force
from source_interface.lost_desk import is_closed
from source_interface.revoking import (
    Answers,
    Revocation,
    hold_answers,
    open_again,
    release_answers,
    remove_answers,
    revoke_desk,
    tell_no_longer,
)
from source_interface.tor_plan import plan_of
from store.drop.days import days_before
from store.folder import check_private_folder


@click.command("revoke-desk")
@data_option
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DAY",
    help="The first day on which somebody else may have had the desk, as 2026-11-25. Without it: yesterday.",
)
@click.option(
    "--answers",
    type=click.Choice([each.value for each in Answers]),
    default=Answers.HOLD.value,
    show_default=True,
    help="What becomes of answers that came since then: held back, which can be undone, or erased.",
)
@click.option(
    "--close",
    is_flag=True,
    help="The intake key may be lost too: the site takes no letter until it has another one.",
)
def revoke(data: Path, since: datetime | None, answers: str, *, close: bool) -> None:
    """Shut out a reviewer host that was stolen or taken: everything it could do here, at once. Safe to run again.

    Needs neither the desk nor Tor. Exit code 1 if something could not be done: type the same line again.
    """
    root, day = data.resolve(), first_day(since)
    with sentences():
        refuse_if_no_host(root)
        folder = DropFolder(_shut(root))
    whole = True
    for step in revoke_desk(folder, Revocation(day, Answers(answers), close)):
        whole &= step.done
        click.echo(step.sentence, err=not step.done)
    with sentences():
        whole &= _is_out(folder, day)
    click.echo()
    for line in what_to_do_next(data, closed=is_closed(folder.desk_lost, key_in_force(folder))):
        click.echo(line)
    if not whole:
        raise click.ClickException(_("Not everything could be done. What was done holds. Type the same line again."))


def _shut(root: Path) -> Path:
    """Return the data folder, closed to everybody else: a thief does not wait while somebody types that. Raises
    FolderExposed.
    """
    with suppress(OSError):
        if root.is_dir() and stat.S_IMODE(root.stat().st_mode) & 0o077:
            root.chmod(0o700)
            click.echo(_("Others could read the data folder. It is closed to them now."))
    return check_private_folder(root)


def _is_out(folder: DropFolder, day: str | None) -> bool:
    """Wait until no connection of before is left; then hold back what came over one meanwhile. Tell whether all is."""
    if not folder.tor.is_dir():
        return True
    plan = plan_of(folder.root)
    force = wait(plan.folder, plan.mark, Force.TAKEN)
    click.echo(tell_shut_out(force), err=force is Force.NOT_TAKEN)
    today = datetime.now(UTC).date().isoformat()
    return hold_answers(folder, day or days_before(today, 1), today).done and force is not Force.NOT_TAKEN


@click.group("after-revoking")
def after_revoking() -> None:
    """What follows `revoke-desk`: the answers that are held back, the closed site, what sources are told."""


@after_revoking.command("answers", short_help=_("Show sources the answers that are held back, or ERASE them all"))
@data_option
@click.option("--release", is_flag=True, help="The charity wrote them: show them to their sources.")
@click.option("--remove", is_flag=True, help="Erase them. They do not come back.")
def answers(data: Path, *, release: bool, remove: bool) -> None:
    """Show the answers that are held back to their sources, all of them, or erase them all."""
    if release is remove:
        raise click.UsageError(_("Say what becomes of them: --release or --remove, one of the two."))
    with sentences():
        folder = DropFolder(check_private_folder(data.resolve()))
        click.echo(release_answers(folder) if release else remove_answers(folder))


@after_revoking.command("reopen", short_help=_("Open the closed site with the key it has: only if that is safe"))
@data_option
def reopen(data: Path) -> None:
    """Have the closed site take letters again with the intake key that it has.

    With another intake key it does so by itself; but for one that was lost before, which only this lets in again.
    """
    with sentences():
        was_closed = open_again(DropFolder(check_private_folder(data.resolve())))
    click.echo(_("The site takes letters again.") if was_closed else _("The site was not closed. Nothing was changed."))


@after_revoking.command("end-notice", short_help=_("Tell sources no longer that a desk was lost"))
@data_option
def end_notice(data: Path) -> None:
    """Tell sources no longer that a desk was lost. After half a year that ends by itself."""
    with sentences():
        told = tell_no_longer(DropFolder(check_private_folder(data.resolve())))
    click.echo(_("Sources are told no longer.") if told else _("Sources were not told. Nothing was changed."))
