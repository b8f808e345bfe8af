"""The intake key as sources and the courier are told of it, by processes that run while it is exchanged.

Sealing reads the key's file for every letter; so must whatever names the key, or a page would name another one than
letters are sealed to. gpg is asked again only when the files are others than before.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from keys.errors import IntakeKeyUnusable
from keys.intake_key import load_intake_key, spoken
from source_interface.drop_folder import DropFolder
from source_interface.intake_key_history import read_changes
from store.errors import FolderExposed


@dataclass(frozen=True)
class ShownKey:
    """Its fingerprint, empty if it never could be used; since which day it is here, and which one was before, in
    spoken groups, if it was exchanged.

    `signed`: the key before signed it.
    """

    fingerprint: str
    since: str = ""
    before: str = ""
    signed: bool = False


class IntakeKeyShown:
    """What is to be said of the key of a source host at any moment."""

    def __init__(self, folder: DropFolder) -> None:
        self._folder = folder
        self._seen = self._look()
        self._shown = ShownKey("")
        with suppress(IntakeKeyUnusable):
            self._shown = self._read()

    def now(self) -> ShownKey:
        """Return it. While the key cannot be used, what was said before: nothing is sealed then."""
        seen = self._look()
        if seen != self._seen:
            with suppress(IntakeKeyUnusable, OSError):
                self._shown = self._read()
                self._seen = seen
        return self._shown

    def _look(self) -> tuple[object, ...]:
        # Not the times: the housekeeper makes all of them one.
        return tuple(_identity(path) for path in (self._folder.intake_key, self._folder.key_history))

    def _read(self) -> ShownKey:
        fingerprint = load_intake_key(self._folder.intake_key).fingerprint
        with suppress(FolderExposed):
            if changes := read_changes(self._folder, fingerprint):
                last = changes[-1]
                return ShownKey(fingerprint, last.day, spoken(last.old), last.is_signed)
        return ShownKey(fingerprint)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size
