"""`candour-desk backup`, `restore`, `backup-code`, `recovery-key`: backups, and the custodians who alone open them."""

import sys
from pathlib import Path

import click

from journalist_interface.after_restoring import what_to_do_restored
from journalist_interface.backup import CONTENTS, back_up, look_at_restored, recovery_public
from journalist_interface.checking import check_restored
from journalist_interface.commands_recovery import combined
from journalist_interface.commands_shared import data_option, sentences
from keys.backup_code import spell_backup_code
from keys.backup_head import BackupHead, HostKind
from keys.errors import SealBroken
from keys.spoken import spoken_fingerprint
from serving.language import gettext as _
from serving.memory import refuse_dumps
from serving.plain_sizes import size_text
from serving.private_screen import keep_out_of_dumps, shown_once, stoppable
from store.backup.own_keys import spell_recovery_key
from store.backup.place import check_mounted, shared_disk_warning
from store.backup.placing import check_place
from store.backup.reading import opened_backup, restore_backup
from store.backup.record import record_restored, recorded
from store.backup.telling import agree_on_signer, tell_written
from store.errors import BackupRefused
from store.findings import tell_findings
from store.folder import write_new_private_file

_FILE = click.Path(path_type=Path, dir_okay=False)
backup_option = click.option(
    "--backup", "backup_file", type=_FILE, required=True, metavar="FILE", help=_("The backup.")
)
signer_option = click.option(
    "--signed-by",
    metavar="GROUPS",
    help=_("The six groups on paper, of the key that signs that host's backups; else they are asked about."),
)


@click.command()
@data_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="FOLDER",
    help=_("Folder for backups."),
)
@click.option("--mounted", is_flag=True, help=_("Refuse unless a disk of its own is mounted at the folder."))
@click.option(
    "--new-signing-key", is_flag=True, help=_("Sign with another key from now on: somebody may have this one.")
)
def backup(data: Path, out: Path, mounted: bool, new_signing_key: bool) -> None:
    """Write a sealed backup of the desk into the folder, read it back, and erase those that are too old.

    The desk may be at work. It cannot open its own backups: that takes the custodians' shares.
    """
    refuse_dumps()
    root = data.resolve()
    with sentences(), recorded(root):
        if mounted:
            check_mounted(out)
        written, keys = back_up(root, out, sign_anew=new_signing_key)
    tell_written(root, written, keys, size=size_text(written.size), sign_anew=new_signing_key, say=click.echo)
    if shared := shared_disk_warning(root, out):
        click.echo(shared)


@click.command()
@data_option
@backup_option
@signer_option
def restore(data: Path, backup_file: Path, signed_by: str | None) -> None:
    """Make a new data folder DIR of a backup, with the shares of the custodians.

    Nothing is there before all of the backup was read and found whole. Then everything is checked.
    """
    keep_out_of_dumps()
    root = data.resolve()
    with stoppable(_("Stopped. Nothing was restored.")), sentences():
        # Before anybody types a share for nothing.
        check_place(root, CONTENTS)
        with opened_backup(backup_file, HostKind.DESK) as (head, content):
            agree_on_signer(head, signed_by, say=click.echo, ask=click.prompt)
            restore_backup(head, content, _key_of(head), CONTENTS, root, look_at_restored)
        record_restored(root, head.about.day)
    with sentences():
        click.echo(_("Restored in {path}, as it was on {day}.").format(path=data, day=head.about.day))
        told = list(tell_findings(check_restored(root), repair=False))
    for each in told:
        click.echo(each.line)
    for line in what_to_do_restored(data):
        click.echo(line)
    if any(each.wrong for each in told):
        sys.exit(1)


@click.command("backup-code")
@backup_option
@signer_option
def backup_code(backup_file: Path, signed_by: str | None) -> None:
    """Show the code that opens one backup of the source host, with the shares of the custodians.

    For candour-drop restore: the shares themselves are never typed at the source host. The code opens this backup only.
    """
    keep_out_of_dumps()
    with stoppable(_("Stopped. No code was shown.")), sentences():
        with opened_backup(backup_file, HostKind.DROP) as (head, _content):
            agree_on_signer(head, signed_by, say=click.echo, ask=click.prompt)
            code = spell_backup_code(_key_of(head))
        with shown_once(_("When it is copied, press Enter.")):
            click.echo(_("Code of the backup of {day}:").format(day=head.about.day))
            click.echo(code)


@click.command("recovery-key")
@data_option
@click.option("--out", type=_FILE, required=True, metavar="FILE", help=_("Where to write it; must not be there yet."))
def recovery_key(data: Path, out: Path) -> None:
    """Write the public half of the recovery key into a file: the source host seals its backups with it.

    It opens nothing. After recovery-shares renew, write and carry it anew.
    """
    with sentences():
        public = recovery_public(data.resolve())
        try:
            write_new_private_file(out, spell_recovery_key(public).encode("ascii"))
        except OSError as reason:
            raise BackupRefused(f"{reason.strerror}: {out}") from reason
    click.echo(_("Recovery key of this desk: {groups}").format(groups=spoken_fingerprint(public)))
    click.echo(_("On the source host: candour-drop backup --recovery-key FILE. Compare the groups there."))


def _key_of(head: BackupHead) -> bytes:
    click.echo(_("Sealed for the recovery key: {groups}").format(groups=head.about.recovery))
    try:
        return head.open_key(combined())
    except SealBroken as reason:
        raise BackupRefused(
            _(
                "These shares do not open this backup: they are of another desk, or of another set than held when it "
                "was made. Compare the groups on the cards with those above. Nothing was restored."
            )
        ) from reason
