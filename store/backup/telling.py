"""What a backup, and who made it, is called to people: the sentences that the commands of both hosts share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path

from keys.backup_head import BackupHead
from keys.spoken import spoken_fingerprint
from store.backup.own_keys import told_of_change, untold_signer
from store.backup.record import judge_backup_days, read_backup_days, today
from store.backup.writing import Keys, Written
from store.errors import BackupRefused, StoreError
from store.findings import Finding

_ATTEMPTS = 3


def tell_written(
    root: Path, written: Written, keys: Keys, *, size: str, sign_anew: bool, say: Callable[[str], None]
) -> None:
    """Say what there is to say of a backup of the host in `root`; `size` in words. `sign_anew`: a new key signed it."""
    for sentence in _told_of(written, keys, size):
        say(sentence)
    if sign_anew:
        # Only now: groups of a key that signed nothing yet would be written down, and those of before crossed out.
        say(_told_of_signer(keys.signer.spoken))
        told_of_change(root)


def _told_of(written: Written, keys: Keys, size: str) -> list[str]:
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


def _told_of_signer(groups: str) -> str:
    return _(
        "From now on backups of this host are signed with the key {groups}. Write these groups on the custodians' "
        "paper, and cross the old ones out: whoever has the key of before can make up a backup under those."
    ).format(groups=groups)


@contextmanager
def telling_of_change(root: Path, *, sign_anew: bool) -> Iterator[None]:
    """Say it with a refusal if the key for signing was changed before that: the paper does not have it yet."""
    try:
        yield
    except BackupRefused as reason:
        if not sign_anew or not (groups := untold_signer(root)):
            raise
        said = _(
            "The key that signs was changed before that: the next backup, also that of the night, has the groups "
            "{groups}. Add them to the custodians' paper now, and do not cross the old ones out yet. Once the cause is "
            "mended, type the same line again."
        )
        raise BackupRefused(f"{reason} {said.format(groups=groups)}") from reason


def check_backups(root: Path) -> Iterator[Finding]:
    """Yield, for both `check`s, how old the newest backup is, and whether the paper may lack the key that signs."""
    yield judge_backup_days(read_backup_days(root), today())
    try:
        groups = untold_signer(root)
    except StoreError as reason:
        # Of one file of many: what is looked at after it must be seen, too.
        yield Finding(str(reason), sound=False)
        return
    if groups:
        yield Finding(
            _("Backups are signed with a new key, {groups}, and the backup that was to tell it failed.").format(
                groups=groups
            ),
            sound=True,
            warns=True,
            why=_("Groups that are not on the custodians' paper look like those of a backup that somebody made up."),
            how=_("Type it again: backup, with --out FOLDER and --new-signing-key. It draws no other key."),
        )


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
    head: BackupHead, told: str | None, *, say: Callable[[str], None], ask: Callable[[str], str]
) -> None:
    """Say who made a backup. Raise BackupRefused unless it is whom the paper says, in six groups: `told`, or typed.

    `ask` is given a question, and returns the line that was typed. Nobody sees the backup's own groups before: they
    would be read from the screen, and found the same.
    """
    about = head.about
    say(_("Backup of {day}, by version {program}.").format(day=about.day, program=about.program))
    if told is None:
        _ask_paper(about.signed_by, say, ask)
    elif not _are_same(told, about.signed_by):
        raise BackupRefused(
            _(
                "This backup was signed with the key {groups}, which is not the one you named: it is of another host, "
                "or somebody made it up. Nothing was restored."
            ).format(groups=about.signed_by)
        )
    say(_("It was signed with the key {groups}, as your paper says.").format(groups=about.signed_by))


def _ask_paper(signed_by: str, say: Callable[[str], None], ask: Callable[[str], str]) -> None:
    say(
        _(
            "Take the custodians' paper. It has six groups for each host: “backups of the desk” and “backups of the "
            "source host”. They are not shown here, so that nobody copies them from the screen."
        )
    )
    for left in reversed(range(_ATTEMPTS)):
        if _are_same(ask(_("Six groups of this host's backups, from the paper")), signed_by):
            return
        if left:
            say(_("That is not the same. Nothing was done. Is it the line of this host? Type it again."))
    raise BackupRefused(
        _(
            "The groups on your paper are not those of this backup, which was signed with the key {groups}. Nothing "
            "was restored, and nothing is lost: it may be a backup of the other host, or of an earlier time. If the "
            "paper is right, somebody else made this backup. If the paper is lost, and you know from whose hands this "
            "backup comes, name its groups yourself, with --signed-by."
        ).format(groups=signed_by)
    )


def _are_same(told: str, groups: str) -> bool:
    return "".join(told.split()).upper() == "".join(groups.split())
