"""`candour-desk`: the reviewer host's commands. Exit codes: 0 done, 1 could not (a sentence says why), 2 usage."""

import json
import os
import sys
from pathlib import Path

import click

from journalist_interface.checking import check_desk
from journalist_interface.commands_accounts import export_intake_secret, reviewer, show_enrolment
from journalist_interface.commands_audit import audit, signer_to_write_down
from journalist_interface.commands_destroyed import destroy_again_command
from journalist_interface.commands_onion import onion
from journalist_interface.commands_recover_intake import recover_intake
from journalist_interface.commands_recovery import recover, recovery_shares, share_options
from journalist_interface.commands_shared import data_option, password_from, sentences
from journalist_interface.courier_commands import collect, pair
from journalist_interface.desk_app import create_desk
from journalist_interface.desk_folder import DeskPaths, only_desk, opened_desk
from journalist_interface.errors import SetUpRefused
from journalist_interface.handing_out import chosen_hand_out
from journalist_interface.hosts import check_name
from journalist_interface.private_screen import keep_out_of_dumps, stoppable
from journalist_interface.recovery_cards import NewShares, Scheme
from journalist_interface.setting_up import OFFICER, Beginner, Enrolment, NewDesk, set_up_desk
from keys.intake_secret import agent_running
from keys.totp import spoken_secret
from serving.language import gettext as _
from serving.server import serve as serve_app
from store.desk.roles import Role
from store.findings import tell_findings

THREADS = 8


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def main() -> None:
    """The reviewers' desk of Candour: keys, reviewers, post and cases, on a host that nothing connects in to.

    Begin with init. Then pair the desk with its source host, collect the post, and serve the pages.
    """
    os.umask(0o077)  # whatever is written here is for this user alone, by gpg and SQLite too


@main.command()
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
        made = set_up_desk(folder, people, new, hand_out)
    if as_json:
        click.echo(json.dumps(_as_json(made, new, with_shares=shares_to is None)))
        if shares_to is None:
            click.echo(_("WARNING: all shares were printed in one place. Together they open every case."), err=True)
        return
    for each in made.people:
        show_enrolment(each.account, each.codes)
        click.echo()
    click.echo(_("Intake key, for the source host: {path}").format(path=made.paths.intake_key))
    click.echo(_("Its fingerprint: {fingerprint}").format(fingerprint=made.fingerprint))
    click.echo(_("Recovery key of this desk, in the hands of its custodians: {groups}").format(groups=new.fingerprint))
    click.echo(signer_to_write_down(made.trail))


@main.command()
@data_option
@click.option(
    "--bind",
    "binds",
    required=True,
    multiple=True,
    metavar="BIND",
    help=_("Where to listen: 127.0.0.1:PORT, unix:/path or fd://N; may be given several times."),
)
@click.option(
    "--host",
    "names",
    multiple=True,
    metavar="NAME",
    help=_("Answer under this host name too; may be given several times. Localhost and onion services need none."),
)
def serve(data: Path, binds: tuple[str, ...], names: tuple[str, ...]) -> None:
    """Serve the desk's pages until SIGTERM.

    A request under another host name than the desk's own is refused: else a page elsewhere could pose as the desk.
    """
    folder = data.resolve()
    with sentences():
        checked = [check_name(name) for name in names]
        with opened_desk(folder):
            pass  # what is wrong is said here, before a server is started
        with only_desk(folder), agent_running(DeskPaths(folder).gnupg):
            serve_app(lambda: create_desk(folder, checked), *binds, threads=THREADS)


@main.command()
@data_option
@click.option("--repair", is_flag=True, help=_("Mend what can be mended without loss."))
def check(data: Path, repair: bool) -> None:
    """Look whether folders, database, sealed files and keys are as they should be; say what is not.

    Exit code 1 if anything still is wrong. Mending needs the desk and the courier to be stopped.
    """
    faults = 0
    with sentences():
        for told in tell_findings(check_desk(data.resolve(), repair=repair), repair=repair):
            faults += told.wrong
            click.echo(told.line)
    if faults:
        sys.exit(1)


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


main.add_command(audit)
main.add_command(collect)
main.add_command(destroy_again_command)
main.add_command(onion)
main.add_command(pair)
main.add_command(reviewer)
main.add_command(export_intake_secret)
main.add_command(recover)
main.add_command(recover_intake)
main.add_command(recovery_shares)
