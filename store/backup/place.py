"""Where backups are written: is another file system there, or the data's own?

A disk that is not there leaves an empty folder behind. What is written into that lies on the data's own disk, and dies
with it; so whoever relies on a disk says so, and gets a sentence where it is missing.
"""

import os
from gettext import gettext as _
from pathlib import Path

from store.errors import BackupRefused


def check_mounted(out: Path) -> None:
    """Raise BackupRefused unless a file system is mounted at `out` itself that this user may write to."""
    try:
        is_mounted = out.stat().st_dev != out.resolve().parent.stat().st_dev
    except OSError as reason:
        raise BackupRefused(_("No backup was made: {path} cannot be looked at.").format(path=out)) from reason
    if not is_mounted:
        raise BackupRefused(
            _(
                "No disk is mounted at {path}. No backup was made, and nothing was written there. Mount the disk for "
                "backups; then this is done again the next night, or now: systemctl start candour-backup."
            ).format(path=out)
        )
    if not os.access(out, os.W_OK | os.X_OK):
        raise BackupRefused(
            _(
                "The disk at {path} is there, but this user may not write to it. No backup was made. "
                "Run deploy/install again."
            ).format(path=out)
        )


def shared_disk_warning(root: Path, out: Path) -> str:
    """Return a sentence if backups of `root` in `out` lie on its own file system, else an empty text."""
    try:
        is_shared = root.stat().st_dev == out.stat().st_dev
    except OSError:
        return ""
    if not is_shared:
        return ""
    return _(
        "{path} lies on the same file system as the data: what destroys one destroys both. Carry the backup away."
    ).format(path=out)
