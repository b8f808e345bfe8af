"""`candour-desk audit …`: verifying the trail, checkpoints to keep elsewhere, reading and exporting it."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from journalist_interface.commands_shared import data_option, sentences
from journalist_interface.desk_folder import opened_desk
from journalist_interface.trail_check import check_trail
from journalist_interface.trail_file import FORMATS, iso_time
from journalist_interface.trail_keeping import change_signer, export_trail, make_checkpoint
from journalist_interface.trail_key import TrailName
from keys.checkpoint import check_name, read_public_key
from keys.errors import Malformed
from serving.language import gettext as _
from serving.language import ngettext
from store.desk.audit import Act
from store.desk.audit_reading import Wanted, read_trail_in_batches
from store.findings import Finding, tell_findings
from store.plain_text import plain_name

# Seconds; added to seconds, because no date comes after the last that Python knows.
_A_DAY = 86_400


class PublicKey(click.ParamType[bytes]):
    """A signer's public key, 64 hexadecimal digits."""

    name = "public key"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        """Return its bytes. Fails with a sentence."""
        try:
            # As it is copied from paper: in groups, or in capitals.
            return read_public_key("".join(str(value).split()).lower())
        except Malformed as reason:
            self.fail(_("{why}.").format(why=reason.reason), param, ctx)


class GivenTo(click.ParamType[str]):
    """Whom a checkpoint is given to: one line of at most 64 characters. It stands in the file and in the trail."""

    name = "name"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name. Fails with a sentence."""
        given_to = str(value).strip()
        try:
            check_name(given_to)
        except Malformed as reason:
            self.fail(_("{why}.").format(why=reason.reason), param, ctx)
        return given_to


_out = click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, metavar="FILE", help=_("The new file.")
)
_FILTERS = (
    click.option("--actor", metavar="NAME", help=_("Acts of this user name; empty for commands of the host.")),
    click.option("--act", type=click.Choice([act.value for act in Act]), help=_("Acts of this kind.")),
    click.option("--case", "case_reference", metavar="REFERENCE", help=_("Acts in this case.")),
    click.option("--since-day", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help=_("From this day on (UTC).")),
    click.option("--until-day", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help=_("To this day, all of it.")),
    click.option("--last", type=click.IntRange(min=1), metavar="N", help=_("The last N of these.")),
)


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_FILTERS):
        command = option(command)
    return command


@click.group()
def audit() -> None:
    """The trail of what reviewers did: verify it, keep checkpoints of it elsewhere, read it, export it."""


@audit.command(short_help=_("Look whether the trail was altered; names the first fault"))
@data_option
@click.option(
    "--since",
    "kept",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help=_("A checkpoint that was kept elsewhere; may be given several times."),
)
@click.option(
    "--signer",
    type=PublicKey(),
    metavar="PUBLICKEY",
    help=_("The newest public key that was written down, away from this host."),
)
def verify(data: Path, kept: tuple[Path, ...], signer: bytes | None) -> None:
    """Look whether the trail was altered; names the first broken link. Exit code 1 if anything is wrong.

    By itself a trail cannot show that its end was cut off or that all of it was made anew: give it a checkpoint.
    """
    faults = 0
    with sentences(), opened_desk(data.resolve()) as desk:
        findings = list(check_trail(desk, kept, signer))
    if not kept:
        findings.append(_no_checkpoint())
    for told in tell_findings(findings, repair=False):
        faults += told.wrong
        click.echo(told.line)
    if faults:
        sys.exit(1)


@audit.command(short_help=_("Write a signed checkpoint, to be kept elsewhere: monthly"))
@data_option
@_out
@click.option("--for", "given_to", type=GivenTo(), default="", metavar="NAME", help=_("Whom it is given to."))
def checkpoint(data: Path, out: Path, given_to: str) -> None:
    """Write a signed checkpoint of the trail to FILE, to be kept away from this host.

    One on paper is compared by eye: audit export gives the chain value of every record.
    """
    with sentences(), opened_desk(data.resolve()) as desk:
        made = make_checkpoint(desk, out, given_to)
    click.echo(
        _("{path} is a checkpoint of {n} records, made at {time}.").format(
            path=out, n=made.point.number, time=made.time
        )
    )
    click.echo(
        _(
            "Take it away from this host now: on a stick, or printed; and give it to the auditor. Later, "
            "candour-desk audit verify --since FILE shows whether anything up to here was changed or cut off."
        )
    )
    click.echo(signer_to_write_down(TrailName(made.point.desk, made.signer)))


@audit.command("new-key", short_help=_("Have another key sign checkpoints from now on: yearly"))
@data_option
def new_key(data: Path) -> None:
    """Have another key sign checkpoints from now on. The one before names it in the trail, and signs nothing more.

    Checkpoints of before stay good. Write the new public key down, away from this host: the one before vouches for it
    only as long as nobody else had that.
    """
    with sentences(), opened_desk(data.resolve()) as desk:
        name = change_signer(desk)
    click.echo(_("The signing key is changed; the trail says so, in the hand of the one before."))
    click.echo(signer_to_write_down(name))
    click.echo(
        _(
            "Make a checkpoint now (candour-desk audit checkpoint) and keep it away from this host: until then nothing "
            "would show that somebody put a backup of before in its place. Then back up."
        )
    )


@audit.command(short_help=_("Print the records, the oldest first"))
@data_option
@_filters
def show(data: Path, **chosen: Any) -> None:
    """Print the records, the oldest first: number, time in UTC, user name, act, case, note."""
    wanted = _wanted(**chosen)
    with sentences(), opened_desk(data.resolve()) as desk:
        for link in read_trail_in_batches(desk.database, wanted):
            record = link.record
            texts = (record.actor or "-", record.act, record.case_reference or "-", record.note)
            # Somebody may have written control characters into the database, for whoever looks at it in a terminal.
            click.echo("\t".join([str(record.number), iso_time(record.at), *map(plain_name, texts)]).rstrip())


@audit.command(short_help=_("Write the records into a file; that is recorded too"))
@data_option
@click.option(
    "--format", "form", type=click.Choice(sorted(FORMATS)), required=True, help=_("For a table, or for programs.")
)
@_out
@_filters
def export(data: Path, form: str, out: Path, **chosen: Any) -> None:
    """Write the records to FILE, the oldest first. That somebody did is recorded in the trail."""
    wanted = _wanted(**chosen)
    with sentences(), opened_desk(data.resolve()) as desk:
        count = export_trail(desk, out, form, wanted)
    click.echo(ngettext("{n} record is in {path}.", "{n} records are in {path}.", count).format(n=count, path=out))


def signer_to_write_down(name: TrailName) -> str:
    """Return the sentence that asks to write down who signs checkpoints."""
    return _(
        "Checkpoints of the audit trail are signed by {signer}. Write this down away from this host: with "
        "candour-desk audit verify --signer it shows whether the key was exchanged."
    ).format(signer=name.signer.hex() if name.signer else "")


def _wanted(
    actor: str | None,
    act: str | None,
    case_reference: str | None,
    since_day: datetime | None,
    until_day: datetime | None,
    last: int | None,
) -> Wanted:
    since = None if since_day is None else int(since_day.replace(tzinfo=UTC).timestamp())
    until = None if until_day is None else int(until_day.replace(tzinfo=UTC).timestamp()) + _A_DAY
    return Wanted(actor, act, case_reference, since, until, last=last)


def _no_checkpoint() -> Finding:
    return Finding(
        _(
            "No checkpoint was given. By itself a trail cannot show that its end was cut off, or that all of it was "
            "written anew. Verify it with one that was kept elsewhere: --since FILE."
        ),
        sound=True,
        warns=True,
    )
