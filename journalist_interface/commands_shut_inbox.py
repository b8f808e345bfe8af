"""`candour-desk shut-inbox`: a source's codename is in somebody else's hands."""

from pathlib import Path

import click

from journalist_interface.casework.shutting_inbox import check_inbox, shut_inbox
from journalist_interface.commands_shared import data_option, sentences
from journalist_interface.desk_folder import opened_desk
from journalist_interface.proof import prove
from serving.language import gettext as _
from serving.private_screen import keep_out_of_dumps


@click.command("shut-inbox")
@data_option
@click.argument("reference", metavar="REFERENCE")
def shut_inbox_command(data: Path, reference: str) -> None:
    """Have the codename of the case REFERENCE open nothing any more, for anybody, for ever.

    For when somebody else has it, or may have. A reader of the case says who they are. Answers that lie there are
    erased; what the source sent stays in the case. It is done when the courier was at the source host.
    """
    keep_out_of_dumps()
    reference = reference.upper()
    with sentences(), opened_desk(data.resolve()) as desk:
        click.echo(_("A reader of the case says who they are."))
        proof = prove(
            desk,
            str(click.prompt(_("Your user name"))),
            str(click.prompt(_("Your password"), hide_input=True)),
            str(click.prompt(_("Six-digit code of your authenticator, or a recovery code"))),
        )
        check_inbox(desk, proof, reference)
        reason = str(click.prompt(_("Why? It stays in the case, for those who can read it")))
        click.echo(
            _(
                "The codename will open nothing, and answers that lie there are erased. Not even its source comes back "
                "with it, and nobody can undo that. A source who made a new report under other words is not touched."
            )
        )
        if not click.confirm(_("Shut the inbox of {reference}?").format(reference=reference)):
            raise click.ClickException(_("Nothing was changed."))
        shut_inbox(desk, proof, reference, reason)
    click.echo(
        _(
            "Noted. It is shut when the courier was at the source host: have it go now, with “Collect now” on the page "
            "Post, or candour-desk collect. Until then the codename works as before."
        )
    )
