"""`candour-drop backup` and `restore`: the source host, sealed for the custodians of the recovery key, and back."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from keys.backup_code import read_backup_code
from keys.backup_head import BackupHead, HostKind
from keys.errors import Malformed
from serving.language import gettext as _
from serving.language import ngettext
from serving.memory import lock_memory, refuse_dumps
from serving.plain_sizes import size_text
from source_interface.backup import CONTENTS, address_of, back_up, look_at_restored, take_recovery_key
from source_interface.commands_shared import data_option, sentences
from source_interface.host_check import check_restored
from store.backup.own_keys import check_signer
from store.backup.reading import opened_backup, restore_backup
from store.errors import BackupRefused
from store.findings import tell_findings

_FILE = click.Path(path_type=Path, dir_okay=False)
_ATTEMPTS = 5
_LONGEST_LINE = 4096  # characters


@click.command()
@data_option
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for backups.")
@click.option("--recovery-key", type=_FILE, help="For whom to seal from now on: the desk's file. Needed once.")
def backup(data: Path, out: Path, recovery_key: Path | None) -> None:
    """Write a sealed backup of this host into the folder, read it back, and erase those that are too old.

    The host may be at work. It cannot open its own backups: that takes the custodians' shares, at the desk.
    """
    refuse_dumps()
    with sentences():
        if recovery_key is not None:
            groups = take_recovery_key(data.resolve(), recovery_key)
            click.echo(
                _("Sealed from now on for the recovery key {groups}. Compare it with a card.").format(groups=groups)
            )
        written, keys = back_up(data.resolve(), out)
    click.echo(_("Written and read back: {path} ({size}).").format(path=written.path, size=size_text(written.size)))
    if written.erased:
        click.echo(
            ngettext("{n} old backup was erased.", "{n} old backups were erased.", written.erased).format(
                n=written.erased
            )
        )
    click.echo(_("Signed with the key {groups}. Keep these groups on paper.").format(groups=keys.signer.spoken))


@click.command()
@data_option
@click.option("--backup", "backup_file", type=_FILE, required=True, help="The backup.")
@click.option(
    "--signed-by", metavar="GROUPS", help="The six groups on paper, of the key that signs this host's backups."
)
def restore(data: Path, backup_file: Path, signed_by: str | None) -> None:
    """Make a new data folder of a backup. It asks for the code that the desk gives for it (candour-desk backup-code).

    Nothing is there before all of the backup was read and found whole. Then everything is checked.
    """
    refuse_dumps()
    lock_memory()
    root = data.resolve()
    with _stoppable(), sentences():
        with opened_backup(backup_file, HostKind.DROP) as (head, content):
            _agree(head, signed_by)
            restore_backup(head, content, _ask_code(), CONTENTS, root, look_at_restored)
        click.echo(_("Restored in {path}, as it was on {day}.").format(path=data, day=head.about.day))
        click.echo(
            _(
                "The pepper is the one of that day. If it has been rotated since, the one that somebody may know is in "
                "force again: run candour-drop pepper rotate before the site is served."
            )
        )
        address = address_of(root)
        if address is not None:
            click.echo(_("The site for sources, as before: {address}").format(address=address))
        told = list(tell_findings(check_restored(root), repair=False))
    for each in told:
        click.echo(each.line)
    click.echo(
        _(
            "Next: if the old host may be in somebody's hands, pair anew (candour-drop pairing). Start serve, door and "
            "onion run. Never let two hosts run with the same keys."
        )
    )
    if any(each.wrong for each in told):
        sys.exit(1)


def _agree(head: BackupHead, signed_by: str | None) -> None:
    about = head.about
    click.echo(
        _("Backup of {day}, by version {program}, signed with the key {groups}.").format(
            day=about.day, program=about.program, groups=about.signed_by
        )
    )
    if signed_by is not None:
        check_signer(head, signed_by)
    elif not click.confirm(_("Are these the groups on your paper?")):
        raise BackupRefused(_("Nothing was restored. Somebody else may have made this backup."))


def _ask_code() -> bytes:
    for _attempt in range(_ATTEMPTS):
        try:
            return read_backup_code(_line(_("Code of this backup, from the desk")))
        except Malformed:
            click.echo(_("A sign of this code is wrong, or missing. It has 56, in groups of four."))
    raise BackupRefused(_("No code was given. Nothing was restored."))


def _line(question: str) -> str:
    """Return what was typed, unseen; where nobody sits (a script), a line as it comes."""
    if sys.stdin.isatty():
        return str(click.prompt(question, hide_input=True))
    click.echo(f"{question}:")
    return sys.stdin.readline(_LONGEST_LINE)


@contextmanager
def _stoppable() -> Iterator[None]:
    try:
        yield
    except click.Abort as reason:
        raise click.ClickException(_("Stopped. Nothing was restored.")) from reason
