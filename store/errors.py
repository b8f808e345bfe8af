"""What can go wrong in `store`."""


class StoreError(Exception):
    """Base of every error of this package."""


class FolderExposed(StoreError):
    """The data folder is missing or others can read it: do not start. `reason` is a sentence for the administrator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StoreOutdated(StoreError):
    """The database was made by a newer version: do not touch it; install that version."""


class StoreBehind(StoreError):
    """The database is of an earlier version, and whoever asks may only read: start the host, which brings it along."""


class StoreUnsettled(StoreError):
    """The database is neither at rest nor at work, and whoever asks may only read: nothing was made, or changed."""


class UpgradeGoesOn(StoreError):
    """An upgrade could undo what is wanted: nothing was done; wait for its end."""


class StoreDamaged(StoreError):
    """The database is not one, or is broken: do not start; restore it from the backup."""


class NoRoom(StoreError):
    """The disk has no room for this: nothing was kept. Say so and keep what the person typed."""


class Missing(StoreError):
    """What was asked for is not there, or is not the asker's: the same page outside, whichever it is."""


class AlreadyThere(StoreError):
    """This id was stored before: answer as if for the first time, and throw the second copy away."""


class BackupRefused(StoreError):
    """A backup was not made, or not restored: the text is a sentence that says why. Nothing of it was left behind."""
