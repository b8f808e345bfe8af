"""What a backup, and who made it, is called to people: the sentences that the commands of both hosts share."""

from collections.abc import Callable
from gettext import gettext as _
from gettext import ngettext

from keys.backup_head import BackupHead
from keys.spoken import spoken_fingerprint
from store.backup.writing import Keys, Written
from store.errors import BackupRefused


def told_of(written: Written, keys: Keys, size: str) -> list[str]:
    """Return what is said of a backup that was written; `size` in words."""
    said = [_("Written and read back: {path} ({size}).").format(path=written.path, size=size)]
    erased, later = written.pruned.erased, written.pruned.later
    if erased:
        said.append(ngettext("{n} old backup was erased.", "{n} old backups were erased.", erased).format(n=erased))
    if later:
        said.append(
            _(
                "No old backup was erased: there is one of {day}, which is still to come. Look whether the clock is "
                "right, then erase that one yourself."
            ).format(day=later)
        )
    said.append(_("Sealed for the recovery key {groups}.").format(groups=spoken_fingerprint(keys.recovery_public)))
    said.append(_("Signed with the key {groups}. Keep these groups on paper.").format(groups=keys.signer.spoken))
    return said


def check_sealed_for(keys: Keys, told: str | None) -> None:
    """Raise BackupRefused unless the host seals for the recovery key in the six groups `told`, if any were."""
    groups = spoken_fingerprint(keys.recovery_public)
    if told is not None and not _are_same(told, groups):
        raise BackupRefused(
            _(
                "This host would seal its backups for the recovery key {groups}, which is not the one you named: "
                "none of you could open them. No backup was made. Compare with a custodian's card; if the card is "
                "right, somebody exchanged the key on this host: treat it as taken."
            ).format(groups=groups)
        )


def agree_on_signer(
    head: BackupHead, told: str | None, *, say: Callable[[str], None], ask: Callable[[str], bool]
) -> None:
    """Say who made a backup. Raise BackupRefused unless it is whom the paper says: in six groups, or asked about."""
    about = head.about
    say(
        _("Backup of {day}, by version {program}, signed with the key {groups}.").format(
            day=about.day, program=about.program, groups=about.signed_by
        )
    )
    if told is None:
        if not ask(_("Are these the groups on your paper?")):
            raise BackupRefused(_("Nothing was restored. Somebody else may have made this backup."))
    elif not _are_same(told, about.signed_by):
        raise BackupRefused(
            _(
                "This backup was signed with the key {groups}, which is not the one you named: it is of another host, "
                "or somebody made it up. Nothing was restored."
            ).format(groups=about.signed_by)
        )


def _are_same(told: str, groups: str) -> bool:
    return "".join(told.split()).upper() == "".join(groups.split())
