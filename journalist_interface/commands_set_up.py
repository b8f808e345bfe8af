"""`candour-desk init`: a desk is made, with its keys and its first people."""

import json
from collections.abc import Sequence
from pathlib import Path

import click

from journalist_interface.commands_audit import signer_to_write_down
from journalist_interface.commands_recovery import share_options
from journalist_interface.commands_shared import data_option, password_from, sentences
from journalist_interface.enrolment_screens import show_enrolment
from journalist_interface.errors import SetUpRefused
from journalist_interface.handing_out import chosen_hand_out
from journalist_interface.recovery_cards import NewShares, Scheme
from journalist_interface.setting_up import OFFICER, Beginner, Enrolment, NewDesk, set_up_desk
from keys.totp import spoken_secret
from serving.language import gettext as _
from serving.private_screen import keep_out_of_dumps, stoppable
from store.desk.roles import Role


@click.command()
@data_option
@click.option("--username", required=True, metavar="NAME", help=_("User name of the first intake officer."))
@click.option("--password-stdin", is_flag=True, help=_("Read each password from standard input, one a line."))
@click.option(
    "--colleague",
    "colleagues",
    multiple=True,
    metavar="NAME=ROLE[,ROLE]",
    help=_("Somebody else to begin with, such as cora=supervisor,reviewer or dora=administrator; one for each."),
)
@share_options
@click.option("--demonstration", is_flag=True, help=_("Never for real cases: allow one share of one, and cards here."))
@click.option("--json", "as_json", is_flag=True, help=_("For scripts: print all that was made, shares too, as JSON."))
def init(
    data: Path,
    username: str,
    password_stdin: bool,
    colleagues: tuple[str, ...],
    shares: int,
    needed: int,
    shares_to: Path | None,
    demonstration: bool,
    as_json: bool,
) -> None:
    """Make a desk in DIR: the intake key, its first people, and the recovery key, handed out in shares.

    Have the custodians of the recovery key here: each share is shown once, to one of them, and typed back. Have the
    colleagues here too: each types a password, and takes down what their authenticator needs.
    """
    keep_out_of_dumps()
    folder = data.resolve()
    with stoppable(_("Stopped. No desk was made.")), sentences():
        scheme = Scheme(shares, needed)
        scheme.check(demonstration=demonstration)
        hand_out = chosen_hand_out(shares_to, beside=None if demonstration else folder, to_a_script=as_json)
        new = NewShares.draw(scheme)
        beginners = [(username, OFFICER), *map(_name_and_roles, colleagues)]
        people = [
            Beginner(name, password_from(password_stdin, _("Password of {name}").format(name=name)), roles)
            for name, roles in beginners
        ]
        made = set_up_desk(folder, people, new, hand_out, _leave_to_script if as_json else _have_taken_down)
    if as_json:
        click.echo(json.dumps(_as_json(made, new, with_shares=shares_to is None)))
        if shares_to is None:
            click.echo(_("WARNING: all shares were printed in one place. Together they open every case."), err=True)
        return
    click.echo(_("Intake key, for the source host: {path}").format(path=made.paths.intake_key))
    click.echo(_("Its fingerprint: {fingerprint}").format(fingerprint=made.fingerprint))
    click.echo(_("Recovery key of this desk, in the hands of its custodians: {groups}").format(groups=new.fingerprint))
    click.echo(signer_to_write_down(made.trail))


def _have_taken_down(people: Sequence[Enrolment]) -> None:
    """Show each what they must take down, before anything is made: nobody is left with a desk that opens to nobody."""
    for each in people:
        show_enrolment(each.account, each.codes, stopped=_("Stopped. No account was made, and no desk."))
        click.echo()


def _leave_to_script(_people: Sequence[Enrolment]) -> None:
    """Show nothing: it is printed as JSON when all is done."""


def _name_and_roles(text: str) -> tuple[str, frozenset[Role]]:
    name, _equals, listed = text.partition("=")
    known = {role.value: role for role in Role}
    unknown = [word for word in listed.split(",") if word not in known]
    if unknown:
        raise SetUpRefused(
            _("“{text}” does not say what somebody may do. Write NAME=ROLE, such as cora=supervisor. Roles: {roles}.")
            .format(text=text, roles=", ".join(known))
        )  # fmt: skip
    return name, frozenset(known[word] for word in listed.split(","))


def _as_json(made: NewDesk, new: NewShares, *, with_shares: bool) -> dict[str, object]:
    return {
        **_enrolment_as_json(made.people[0]),
        "colleagues": [_enrolment_as_json(each) for each in made.people[1:]],
        "intake_key": str(made.paths.intake_key),
        "fingerprint": made.fingerprint,
        "recovery_fingerprint": new.fingerprint,
        "recovery_needed": new.needed,
        "recovery_shares": list(new.shares) if with_shares else [],
    }


def _enrolment_as_json(enrolment: Enrolment) -> dict[str, object]:
    return {
        "username": enrolment.account.reviewer.username,
        "totp_secret": spoken_secret(enrolment.account.secret.totp_secret),
        "recovery_codes": list(enrolment.codes.codes),
    }
