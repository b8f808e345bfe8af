"""`candour-desk reviewer …` and `candour-desk export-intake-secret`: what needs an officer's own password and code."""

from contextlib import nullcontext
from pathlib import Path

import click

from journalist_interface.accounts import added_note, make_account
from journalist_interface.commands_shared import data_option, password_from, sentences
from journalist_interface.desk_folder import opened_desk
from journalist_interface.enrolment_screens import show_enrolment
from journalist_interface.errors import FileNotWritten
from journalist_interface.intake_custody import give_key, leave_no_trace
from journalist_interface.intake_homes import intake_key_alone
from journalist_interface.key_names import exchanges_recorded, name_key
from journalist_interface.officers_asked import ask_key_holders, ask_officer
from journalist_interface.recovery_codes import draw_codes
from journalist_interface.roles import role_names
from keys.intake_secret import agent_running, export_secret
from serving.language import gettext as _
from serving.private_screen import keep_out_of_dumps, shown_once, stoppable
from store.desk.audit import Act, record_act
from store.desk.reviewers import add_reviewer, list_reviewers
from store.desk.roles import Role
from store.folder import write_new_private_file
from store.plain_text import plain_name


@click.group()
def reviewer() -> None:
    """Add and list reviewers."""


@reviewer.command(short_help=_("Add somebody, with a role; an intake officer consents"))
@data_option
@click.argument("name")
@click.option(
    "--role",
    "chosen",
    type=click.Choice([role.value for role in Role]),
    multiple=True,
    default=[Role.REVIEWER.value],
    show_default=True,
    help=_("What NAME may do; give it several times for several roles."),
)
def add(data: Path, name: str, chosen: tuple[str, ...]) -> None:
    """Add the account NAME. An intake officer must say who they are first; two of them, if NAME is to be an intake
    officer and the key needs two.

    An intake officer unlocks the intake key, opens the post and clears reviewers. A reviewer can be cleared for cases.
    A supervisor is the second person where one is not enough. An administrator looks after accounts and hosts, and an
    auditor reads the audit trail; these two can have no other role.
    """
    keep_out_of_dumps()
    gets_key = Role.INTAKE_OFFICER.value in chosen
    with sentences(), opened_desk(data.resolve()) as desk, intake_key_alone(data) if gets_key else nullcontext():
        officers = ask_key_holders(desk) if gets_key else None
        proof = officers.proofs[-1] if officers else ask_officer(desk)
        account = make_account(
            name,
            password_from(False, _("Password of {name}, typed by {name}").format(name=name)),
            [Role(role) for role in chosen],
        )
        codes = draw_codes(account.secret.seed, name)
        actor = proof.reviewer.username
        with exchanges_recorded(desk, actor), desk.database.writing() as connection:
            (officers or proof).spend(connection)
            add_reviewer(connection, account.reviewer)
            if officers:
                give_key(connection, {name: account.reviewer.public_key}, officers.passphrase)
            codes.keep(connection)
            for each in officers.names if officers else (actor,):
                record_act(connection, each, Act.REVIEWER_ADDED, note=added_note(account.reviewer))
            name_key(connection, actor, name, account.reviewer.public_key)
        leave_no_trace(desk)
    show_enrolment(account, codes)


@reviewer.command("list", short_help=_("List everybody"))
@data_option
def list_all(data: Path) -> None:
    """List the reviewers."""
    with sentences(), opened_desk(data.resolve()) as desk, desk.database.reading() as connection:
        for each in list_reviewers(connection):
            click.echo(f"{plain_name(each.username)}\t{role_names(each.roles)}")


@click.command("export-intake-secret")
@data_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE",
    help=_("Where to write the armoured secret key, such as a file on a stick that is kept in a safe."),
)
def export_intake_secret(data: Path, out: Path) -> None:
    """Write the intake secret key to FILE and print its passphrase. Both together open every sealed letter.

    Where two officers are needed to unlock the key, two are asked for.
    """
    keep_out_of_dumps()
    if out.exists():
        raise click.ClickException(_("{path} exists already. Choose a new name.").format(path=out))
    with sentences(), opened_desk(data.resolve()) as desk:
        officers = ask_key_holders(desk)
        passphrase = officers.passphrase
        with agent_running(desk.paths.gnupg):
            armoured = export_secret(desk.paths.gnupg, desk.intake_fingerprint, passphrase)
        with desk.database.writing() as connection:
            officers.spend(connection)
            for name in officers.names:
                record_act(connection, name, Act.EXPORT)
        # After the record: an export that nobody could read about must not exist.
        _write_key(out, armoured)
    click.echo(_("The intake secret key is in {path}.").format(path=out))
    with stoppable(_("Stopped. The export is done and recorded.")), shown_once(_("Written down? Press Enter.")):
        click.echo(_("Its passphrase:"))
        click.echo(passphrase)
    click.echo(
        _("WARNING: whoever has both can read every letter that was ever sealed. Keep them in two places."), err=True
    )


def _write_key(out: Path, armoured: str) -> None:
    try:
        write_new_private_file(out, armoured.encode("ascii"))
    except OSError as reason:
        raise FileNotWritten(
            _(
                "{path} could not be written: {why}. The key was not given out, but the trail has a record of an "
                "export. Tell whoever reads the trail; then try another place, with a new code."
            ).format(path=out, why=reason.strerror)
        ) from reason
