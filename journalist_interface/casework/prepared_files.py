"""Files that wait for a reply to go with: attached to a case by one reviewer, in the vault under its key.

What they are stands on a sheet of the case, one for each reviewer who prepares something; so a wall gives them a new
key with the rest, and they end with the case. What was attached and not sent is erased after some days.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase, open_case
from journalist_interface.case_documents import StoredAttachment
from journalist_interface.case_places import LONGEST_DOCUMENT, attachment_place, broken_if_malformed, sheet_place
from journalist_interface.case_turns import CASE_TURNS
from journalist_interface.clock import now
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.sessions import SignedIn
from keys.case_key import CaseKey
from keys.ciphertext import Ciphertext
from keys.reply_file import MOST_FILE_BYTES, MOST_FILES
from keys.strict_json import read_object, write_object
from keys.vault import VaultWriter, vault_file_size
from serving.file_names import safe_name
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.case_tables import vault_erasing
from store.desk.items import blobs_named
from store.desk.prepared import (
    add_prepared,
    forget_prepared,
    prepared_before,
    prepared_of,
    prepared_sheet,
    take_away,
)
from store.desk.sheets import NEVER_WRITTEN, erase_sheet, put_sheet, read_sheet
from store.drafts import Blob, no_room_or
from store.erasing import finish_erasing
from store.errors import Missing, NoRoom
from store.leftovers import take_back_unnamed

KEPT_DAYS = 7
_MOST_ON_A_SHEET = 200  # a sheet of before some were erased may name more than can be sent
_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class ReceivedFile:
    """A file as a form brought it."""

    name: str = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class PreparedFiles:
    """What waits for the next reply of one reviewer in one case, in the order in which it was attached."""

    files: tuple[StoredAttachment, ...] = ()

    @property
    def size(self) -> int:
        """Bytes together."""
        return sum(file.size for file in self.files)

    @property
    def takes_more(self) -> bool:
        """Whether another file could be attached."""
        return len(self.files) < MOST_FILES and self.size < MOST_FILE_BYTES


def look_at_prepared(desk: Desk, signed_in: SignedIn, reference: str) -> tuple[OpenCase, PreparedFiles]:
    """Return a case, and what waits in it for this reviewer's next reply. Raises Missing, SealBroken."""
    with desk.database.reading() as connection:
        case = open_case(connection, signed_in, reference)
        return case, read_prepared(connection, case, signed_in.username)


def read_prepared(connection: Connection, case: OpenCase, username: str) -> PreparedFiles:
    """Return what waits for a reviewer's next reply. Raises SealBroken if the sheet was altered."""
    sheet = read_sheet(connection, case.row.id, prepared_sheet(username))
    if sheet.version == NEVER_WRITTEN:
        return PreparedFiles()
    waiting = prepared_of(connection, case.row.id, username)
    files = open_prepared(case.key, case.row.id, sheet.kind, sheet.sealed)
    return PreparedFiles(tuple(file for file in files if file.id in waiting))


def attach_files(desk: Desk, signed_in: SignedIn, reference: str, received: Sequence[ReceivedFile]) -> None:
    """Keep files for this reviewer's next reply. What is attached already is not attached twice.

    Raises WritingRefused, NoRoom, or Missing as `read_case` does; then nothing was kept.
    """
    if not received:
        raise WritingRefused(_("Choose a file first."))
    with ExitStack() as turns:
        case, _kept = look_at_prepared(desk, signed_in, reference)
        # A wall meanwhile would leave what is sealed here under a key that is no longer the case's.
        turns.enter_context(CASE_TURNS.take(case.row.id))
        case, kept = look_at_prepared(desk, signed_in, reference)
        new = _not_kept(received, kept)
        _check(case, kept, new)
        made: list[tuple[StoredAttachment, Blob]] = []
        try:
            for file in new:
                made.append(_seal(desk, case, file))
            _keep(desk, signed_in, reference, made)
        except OSError as reason:
            raise no_room_or(reason) from reason
        finally:
            # What no row names by now came to nothing.
            ids = [blob.id for _file, blob in made]
            take_back_unnamed(desk.vault, ids, partial(blobs_named, desk.database))
            desk.vault.settle(list(desk.vault.present(ids)))


def take_file_away(desk: Desk, signed_in: SignedIn, reference: str, attachment_id: str) -> None:
    """Have a file go that this reviewer attached and did not send. One that is gone already is no error."""
    with desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        try:
            take_away(connection, case.row.id, signed_in.username, attachment_id)
        except Missing:
            return
        write_prepared(connection, case, signed_in.username, read_prepared(connection, case, signed_in.username).files)
        record_act(connection, signed_in.username, Act.DETACH, reference, attachment_id)
    finish_erasing(desk.database, vault_erasing, desk.vault)


def forget_old_files(desk: Desk) -> None:
    """Erase what was attached days ago and never sent. No key is needed, and nobody has to be there."""
    before = now() - KEPT_DAYS * _DAY_SECONDS
    with desk.database.reading() as connection:
        due = prepared_before(connection, before)
    if due:
        with desk.database.writing() as connection:
            # Read again: somebody may have attached one more.
            for case_id, username in prepared_before(connection, before):
                forget_prepared(connection, case_id, username)
    finish_erasing(desk.database, vault_erasing, desk.vault)


def write_prepared(connection: Connection, case: OpenCase, username: str, files: Sequence[StoredAttachment]) -> None:
    """Have these be what waits for a reviewer's next reply; none: no sheet is left."""
    kind = prepared_sheet(username)
    if not files:
        erase_sheet(connection, case.row.id, kind)
        return
    seen = read_sheet(connection, case.row.id, kind).version
    put_sheet(connection, case.row.id, kind, seen, _sealed(case.key, case.row.id, kind, files))


def open_prepared(key: CaseKey, case_id: str, kind: str, sealed: bytes) -> tuple[StoredAttachment, ...]:
    """Return what stands on a sheet of prepared files. Raises SealBroken."""
    with broken_if_malformed():
        fields = read_object(key.open_item(sealed, sheet_place(case_id, kind)), LONGEST_DOCUMENT)
        files = fields.list_of("files", _MOST_ON_A_SHEET, StoredAttachment.from_json)
        fields.end()
    return files


def renamed_prepared(
    old: CaseKey, new: CaseKey, case_id: str, kind: str, sealed: bytes, names: Mapping[str, str]
) -> Ciphertext:
    """Return a sheet of prepared files under a new key, with the names that its files have there. Raises SealBroken."""
    files = open_prepared(old, case_id, kind, sealed)
    return _sealed(new, case_id, kind, [replace(file, id=names.get(file.id, file.id)) for file in files])


def _sealed(key: CaseKey, case_id: str, kind: str, files: Sequence[StoredAttachment]) -> Ciphertext:
    return key.seal_item(write_object({"files": [vars(file) for file in files]}), sheet_place(case_id, kind))


def _not_kept(received: Sequence[ReceivedFile], kept: PreparedFiles) -> list[ReceivedFile]:
    known = {(file.name, file.sha256) for file in kept.files}
    new: list[ReceivedFile] = []
    for file in received:
        named = ReceivedFile(_visible_name(file.name), file.content)
        told = (named.name, sha256(named.content).hexdigest())
        if told not in known:
            known.add(told)
            new.append(named)
    return new


def _visible_name(name: str) -> str:
    # The source reads it: one line, and nothing that turns a line round.
    return safe_name(" ".join(name.split()))


def _check(case: OpenCase, kept: PreparedFiles, new: Sequence[ReceivedFile]) -> None:
    if case.is_one_way:
        raise WritingRefused(_("This source did not want to come back, so no file can reach them."))
    if len(kept.files) + len(new) > MOST_FILES:
        raise WritingRefused(
            _("At most {most} files go with one reply. Nothing was attached. Send the rest with another reply.").format(
                most=MOST_FILES
            )
        )
    if kept.size + sum(len(file.content) for file in new) > MOST_FILE_BYTES:
        raise WritingRefused(too_large())


def too_large() -> str:
    """Return the sentence for files that are too large together."""
    return _(
        "The files of one reply have at most {most} MB together: the source downloads them through Tor. Nothing was "
        "attached. Make them smaller, or send some with another reply."
    ).format(most=MOST_FILE_BYTES // 1_000_000)


def _seal(desk: Desk, case: OpenCase, file: ReceivedFile) -> tuple[StoredAttachment, Blob]:
    size = len(file.content)
    if desk.vault.free_bytes() <= vault_file_size(size):
        raise NoRoom("the vault has no room for this file")
    with desk.vault.draft() as draft:
        writer = VaultWriter(case.key, attachment_place(case.row.id, draft.id), draft.file, size)
        writer.write(file.content)
        writer.finish()
        blob = draft.seal_finished()
        desk.vault.publish([blob.id])
        return StoredAttachment(blob.id, file.name, "", size, sha256(file.content).hexdigest()), blob


def _keep(desk: Desk, signed_in: SignedIn, reference: str, made: Sequence[tuple[StoredAttachment, Blob]]) -> None:
    if not made:
        return
    with desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        kept = read_prepared(connection, case, signed_in.username)
        for file, blob in made:
            add_prepared(connection, case.row.id, signed_in.username, blob, now())
            # The vault's name of it, never its own: whoever reads the trail is not cleared for the case.
            record_act(connection, signed_in.username, Act.ATTACH, reference, file.id)
        write_prepared(connection, case, signed_in.username, [*kept.files, *(file for file, _blob in made)])
