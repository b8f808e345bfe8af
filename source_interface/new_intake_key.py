"""Taking another intake key in the place of the one that is here. Knows no terminal.

Rules:
- What is judged is what is kept: the very bytes, read once.
- First the list of keys, then the key, each whole or not at all: a kill at any moment leaves a host that seals, to the
  old key or to the new one, and says which.
- A key that a thief may have signs nothing here: while the site is closed for it, only paper speaks for its successor.
- Nothing else is touched: what is sealed to the old key lies where it lay, is collected and is opened.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from keys.errors import IntakeKeyUnusable, SuccessionRefused
from keys.intake_key import LARGEST_KEY_FILE, fingerprint_of, read_intake_key, spoken
from keys.intake_succession import LARGEST_STATEMENT, check_statement, read_statement
from serving.language import gettext as _
from source_interface.drop_folder import DropFolder
from source_interface.intake_key_history import Change, last_number, read_changes, write_changes
from source_interface.lost_desk import is_closed
from store.folder import check_private_folder, write_private_file

_LOCK = ".intake-key.lock"


@dataclass(frozen=True)
class Exchange:
    """A change that may be made, and the key, armoured or not, that it brings."""

    change: Change
    key: bytes


def exchange_key(
    root: Path, file: Path, paper: str | None, today: str, agreed: Callable[[Change], bool]
) -> Change | None:
    """Take the key that a statement in `file` names as the successor; None if whoever was asked did not agree.

    With `paper`, a fingerprint that somebody typed, the key before need not have signed: `file` is a statement or the
    key itself. Raises SuccessionRefused, FolderExposed: nothing was changed.
    """
    folder = DropFolder(check_private_folder(root))
    with _alone(root):
        own = folder.intake_key.read_bytes()
        changes = read_changes(folder, fingerprint_of(own))
        document = _read(file)
        if paper is None:
            _refuse_stolen(folder, fingerprint_of(own))
            found = _signed(document, own, changes, today)
        else:
            found = _on_paper(document, fingerprint_of(own), paper, today)
        if not agreed(found.change):
            return None
        write_changes(folder, (*changes, found.change))
        write_private_file(folder.intake_key, found.key)
    return found.change


def _refuse_stolen(folder: DropFolder, own: str) -> None:
    if is_closed(folder.desk_lost, own):
        raise SuccessionRefused(
            _(
                "The site is closed because somebody else may have the intake key of this host. They could have signed "
                "this as well as you. Have the statement made, after the theft, on the new desk; have its fingerprint "
                "read to you from there by a voice that you know, or bring it on paper, and add --old-key-is-gone "
                "FINGERPRINT."
            )
        )


def _signed(document: bytes, own: bytes, changes: tuple[Change, ...], today: str) -> Exchange:
    if not document.lstrip().startswith(b"{") and fingerprint_of(document):
        raise SuccessionRefused(
            _(
                "This is a key without a statement that the key before signed. Bring the file that candour-desk "
                "intake-key renew wrote. If the old key is lost or stolen, docs/guide-intake-key.md says what to do."
            )
        )
    statement = read_statement(document)
    check_statement(statement, own, last_number(changes))
    said = statement.succession
    return Exchange(Change(said.number, today, said.old, said.new), statement.new_key.encode("utf-8"))


def _on_paper(document: bytes, own: str, paper: str, today: str) -> Exchange:
    is_statement = document.lstrip().startswith(b"{")
    key = read_statement(document).new_key.encode("utf-8") if is_statement else document
    try:
        fingerprint = read_intake_key(key)
    except IntakeKeyUnusable as reason:
        raise SuccessionRefused(_("The new key cannot be used. {why}").format(why=reason.reason)) from reason
    if "".join(paper.split()).upper() != fingerprint:
        raise SuccessionRefused(
            _("The key in this file has the fingerprint {print}, which is not the one you typed.").format(
                print=spoken(fingerprint)
            )
        )
    if fingerprint == own:
        raise SuccessionRefused(_("This host has this key already."))
    return Exchange(Change(0, today, own, fingerprint), key)


def _read(file: Path) -> bytes:
    with file.open("rb") as opened:
        document = opened.read(LARGEST_KEY_FILE + 1)
    if len(document) > LARGEST_STATEMENT:
        raise SuccessionRefused(_("This file is far too large to be a statement or a key."))
    return document


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(root / _LOCK, flags, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as reason:
            raise SuccessionRefused(_("Somebody exchanges the intake key of this host at this moment.")) from reason
        yield
    finally:
        os.close(descriptor)
