"""`candour-drop backup` and `restore`: the source host, sealed for the custodians of the recovery key, and back."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from keys.backup_code import read_backup_code
from keys.backup_head import HostKind
from keys.errors import Malformed
from onion.errors import OnionError
from serving.language import gettext as _
from serving.memory import lock_memory, refuse_dumps
from serving.plain_sizes import size_text
from source_interface.after_restoring import what_to_do_restored
from source_interface.backup import CONTENTS, address_of, back_up, look_at_restored, take_recovery_key
from source_interface.commands_shared import data_option, sentences
from source_interface.host_check import check_restored
from store.backup.place import check_mounted, shared_disk_warning
from store.backup.placing import check_place
from store.backup.reading import opened_backup, restore_backup
from store.backup.record import record_restored, recorded
from store.backup.telling import agree_on_signer, tell_written
from store.errors import BackupRefused, StoreError
from store.findings import tell_findings

_FILE = click.Path(path_type=Path, dir_okay=False)
_ATTEMPTS = 5
_LONGEST_LINE = 4096  # characters


@click.command()
@data_option
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for backups.")
@click.option("--mounted", is_flag=True, help="Refuse unless a disk of its own is mounted at the folder.")
@click.option("--recovery-key", type=_FILE, help="For whom to seal from now on: the desk's file. Needed once.")
@click.option(
    "--sealed-for", metavar="GROUPS", help="Make none unless it is sealed for this key: six groups of a card."
)
@click.option(
    "--new-signing-key", is_flag=True, help=_("Sign with another key from now on: somebody may have this one.")
)
def backup(data: Path, out: Path, recovery_key: Path | None, sealed_for: str | None, **chosen: bool) -> None:
    """Write a sealed backup of this host into the folder, read it back, and erase those that are too old.

    The host may be at work. It cannot open its own backups: that takes the custodians' shares, at the desk.
    """
    refuse_dumps()
    root = data.resolve()
    with sentences():
        if recovery_key is not None:
            groups = take_recovery_key(root, recovery_key)
            click.echo(
                _("Sealed from now on for the recovery key {groups}. Compare it with a card.").format(groups=groups)
            )
        with recorded(root):
            if chosen["mounted"]:
                check_mounted(out)
            written, keys = back_up(root, out, sealed_for, sign_anew=chosen["new_signing_key"])
    tell_written(root, written, keys, size=size_text(written.size), sign_anew=chosen["new_signing_key"], say=click.echo)
    if shared := shared_disk_warning(root, out):
        click.echo(shared)


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
        # Before anybody types a code for nothing.
        check_place(root, CONTENTS)
        with opened_backup(backup_file, HostKind.DROP) as (head, content):
            agree_on_signer(head, signed_by, say=click.echo, ask=click.prompt)
            restore_backup(head, content, _ask_code(), CONTENTS, root, look_at_restored)
        record_restored(root, head.about.day)
        click.echo(_("Restored in {path}, as it was on {day}.").format(path=data, day=head.about.day))
        is_ready = _tell_address(root)
        told = list(tell_findings(check_restored(root), repair=False))
    for each in told:
        click.echo(each.line)
    for line in what_to_do_restored(data):
        click.echo(line)
    if not is_ready or any(each.wrong for each in told):
        sys.exit(1)


def _tell_address(root: Path) -> bool:
    """Say under which address the restored site answers; tell whether its onion services are ready.

    All is restored already: what fails here (no tor on this machine yet) must not keep anybody from reading the rest.
    """
    try:
        address = address_of(root)
    except (OnionError, StoreError, OSError) as reason:
        click.echo(
            _("All is restored, but the onion services are not as they were: {why}").format(why=reason), err=True
        )
        return False
    if address is not None:
        click.echo(_("The site for sources, as before: {address}").format(address=address))
    return True


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
