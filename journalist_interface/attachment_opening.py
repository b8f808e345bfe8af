"""Moving attachments from the post to the vault: opened by gpg, checked, sealed under the case key, in one stream.

- No plaintext touches a disk: gpg's output goes piece by piece into the vault's cipher.
- What lies in the vault is padded to a size class, as it was in the post: a file is not recognised by its length.
- What does not check out is kept as it came: the sealed original, sealed once more under the case key.
- A file the letter names and the parcel lacks, or the other way round, is shown and never hides the letter.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from journalist_interface.attachment_check import AttachmentCheck, Damaged, check_sealed_size
from journalist_interface.case_documents import StoredAttachment
from journalist_interface.case_places import attachment_place
from journalist_interface.desk_folder import Desk
from journalist_interface.gpg_words import is_disk_to_blame, why_unopened
from journalist_interface.letter_opening import LETTER_PART
from keys.case_key import CaseKey
from keys.errors import OpenPGPFailed
from keys.intake_secret import LETTER_SECONDS, OpeningProcess
from keys.letter import AttachmentRecord, Letter
from keys.padding import attachment_size_class
from keys.vault import VaultWriter, vault_file_size
from serving.language import gettext as _
from store.desk.items import blobs_named
from store.desk.parcels import Parcel
from store.drafts import Blob, no_room_or
from store.errors import Missing, NoRoom
from store.leftovers import take_back_unnamed

_PIECE = 256 * 1024  # bytes
# gpg opens several hundred MB a second; a hundredth of that is a fault, not a slow machine.
_SLOWEST_BYTES_A_SECOND = 4_000_000


@dataclass(frozen=True)
class Move:
    """Where to: one case of one desk, and the passphrase that opens what is moved."""

    desk: Desk
    passphrase: str
    key: CaseKey
    case_id: str


@dataclass(frozen=True)
class Moved:
    """An attachment as the case shows it, and its file in the vault; None if nothing arrived."""

    attachment: StoredAttachment
    blob: Blob | None


def move_attachments(move: Move, letter: Letter, parcel: Parcel) -> tuple[Moved, ...]:
    """Return the attachments, each published in the vault. Raises NoRoom; then `forget` what was published.

    Every part of the parcel but the letter ends up in the vault, named by the letter or not.
    """
    parts = {part.blob: part.size for part in parcel.parts if part.kind != LETTER_PART}
    moved: list[Moved] = []
    try:
        for record in letter.attachments:
            moved.append(_move_named(move, record, parts.get(record.blob)))
        for blob in sorted(parts.keys() - {record.blob for record in letter.attachments}):
            unnamed = AttachmentRecord(blob, "", "", 0, "")
            moved.append(_keep_sealed(move, unnamed, _("The letter does not name this file.")))
    except OSError as reason:
        forget(move.desk, moved)
        raise no_room_or(reason) from reason
    except BaseException:
        forget(move.desk, moved)
        raise
    return tuple(moved)


def settle(desk: Desk, moved: Sequence[Moved]) -> None:
    """Finish an opening whose case is committed: its vault files are named now."""
    desk.vault.settle(_vault_ids(moved))


def forget(desk: Desk, moved: Sequence[Moved]) -> None:
    """Take back the vault files of an opening that did not come to its end; a crash leaves this to the next start."""
    take_back_unnamed(desk.vault, _vault_ids(moved), partial(blobs_named, desk.database))


def _vault_ids(moved: Sequence[Moved]) -> list[str]:
    return [each.blob.id for each in moved if each.blob]


def _move_named(move: Move, record: AttachmentRecord, sealed_size: int | None) -> Moved:
    if sealed_size is None:
        return _problem(record, None, _("The letter names this file, but it did not arrive."))
    try:
        check_sealed_size(record, sealed_size)
        return _reseal(move, record)
    except Damaged as reason:
        return _keep_sealed(move, record, reason.sentence)
    except OpenPGPFailed as reason:
        if is_disk_to_blame(reason, move.desk.vault.free_bytes()):
            raise NoRoom("gpg has no room to work in") from reason
        return _keep_sealed(move, record, _("It does not open: {why}").format(why=why_unopened(reason.diagnosis)))
    except Missing:
        return _problem(record, None, _("Its sealed file is not in the post folder."))


def _reseal(move: Move, record: AttachmentRecord) -> Moved:
    check = AttachmentCheck(record)
    padded = attachment_size_class(record.size)
    if move.desk.vault.free_bytes() <= vault_file_size(record.size):
        raise NoRoom("the vault has no room for this attachment")
    with (
        move.desk.post.path(record.blob).open("rb") as sealed,
        move.desk.vault.draft() as draft,
        OpeningProcess(
            move.desk.paths.gnupg,
            move.passphrase,
            sealed,
            longest=padded + _PIECE,  # so that it is the check that notices, and says so
            seconds=LETTER_SECONDS + padded / _SLOWEST_BYTES_A_SECOND,
        ) as opening,
    ):
        writer = VaultWriter(move.key, attachment_place(move.case_id, draft.id), draft.file, record.size)
        for piece in opening.pieces(_PIECE):
            writer.write(check.take(piece))
        check.finish()
        writer.finish()
        blob = draft.seal_finished()
        move.desk.vault.publish([blob.id])
        return Moved(_stored(record, blob.id, ""), blob)


def _keep_sealed(move: Move, record: AttachmentRecord, why: str) -> Moved:
    with suppress(Missing), move.desk.post.path(record.blob).open("rb") as sealed, move.desk.vault.draft() as draft:
        size = os.fstat(sealed.fileno()).st_size
        writer = VaultWriter(move.key, attachment_place(move.case_id, draft.id), draft.file, size)
        while piece := sealed.read(_PIECE):
            writer.write(piece)
        writer.finish()
        blob = draft.seal_finished()
        move.desk.vault.publish([blob.id])
        return _problem(record, blob, why)
    return _problem(record, None, why)


def _problem(record: AttachmentRecord, blob: Blob | None, why: str) -> Moved:
    return Moved(_stored(record, blob.id if blob else "", why), blob)


def _stored(record: AttachmentRecord, vault_id: str, problem: str) -> StoredAttachment:
    return StoredAttachment(vault_id, record.name, record.declared_type, record.size, record.sha256, problem)
