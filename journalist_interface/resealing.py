"""A case under a new key: what was sealed under the old one is sealed anew, and the old key opens nothing any more.

Order, so that a crash at any step loses nothing:
1. Every vault file is opened and sealed anew in one stream, padded to its size class if it was made before files were,
   under a new name, and published.
2. One transaction seals card and items anew, names the new files, gives every holder who stays the new key, and notes
   that the old files are to go.
3. The new files are settled, the old ones erased, and the note with them.
Before 2 is committed the case is as it was, and the next start takes the new files back; after it, the next start
erases the old ones.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from journalist_interface.case_access import OpenCase, settled_card
from journalist_interface.case_card import Card
from journalist_interface.case_documents import LetterDocument, ReplyDocument, open_document, seal_document
from journalist_interface.case_places import attachment_place, sheet_place
from journalist_interface.casework.prepared_files import renamed_prepared
from journalist_interface.desk_folder import Desk, empty_log
from keys.case_key import CaseKey
from keys.errors import SealBroken
from keys.vault import VaultReader, VaultWriter, vault_file_size
from store.desk.case_tables import vault_erasing
from store.desk.cases import put_card, read_card, replace_clearances
from store.desk.items import attachments_of, blobs_named, list_items, put_item, replace_attachments
from store.desk.prepared import is_prepared_sheet
from store.desk.sheets import erase_sheet, list_sheets, reseal_sheet
from store.drafts import Blob, no_room_or
from store.erasing import finish_erasing
from store.errors import NoRoom, StoreError
from store.leftovers import take_back_unnamed


@dataclass(frozen=True)
class Resealed:
    """A case's vault files under its new key, by the names they had under the old one."""

    key: CaseKey = field(repr=False)
    files: Mapping[str, Blob]


def reseal_files(desk: Desk, case: OpenCase) -> Resealed:
    """Return every vault file of a case, sealed anew and published.

    Raises SealBroken or Missing if one is damaged or not there, NoRoom; then nothing stays published.
    """
    key = CaseKey.draw()
    with desk.database.reading() as connection:
        names = attachments_of(connection, case.row.id)
    made: dict[str, Blob] = {}
    try:
        for name in names:
            made[name] = reseal_file(desk, case, key, case.row.id, name)
    except OSError as reason:
        forget(desk, Resealed(key, made))
        raise no_room_or(reason) from reason
    except BaseException:
        forget(desk, Resealed(key, made))
        raise
    return Resealed(key, made)


def reseal_rows(connection: Connection, case: OpenCase, new: Resealed, holders: Mapping[str, bytes]) -> None:
    """Put a case under its new key. `holders` maps those who keep it to their public keys."""
    case_id = case.row.id
    names = {old: blob.id for old, blob in new.files.items()}
    for item in list_items(connection, case_id):
        document = open_document(case.key, case_id, item.id, item.kind, item.sealed)
        if isinstance(document, LetterDocument):
            files = tuple(replace(each, id=names.get(each.id, each.id)) for each in document.attachments)
            document = replace(document, attachments=files)
        elif isinstance(document, ReplyDocument) and document.files:
            sent = tuple(replace(each, id=names.get(each.id, each.id)) for each in document.files)
            document = replace(document, files=sent)
        put_item(connection, case_id, item.id, seal_document(new.key, case_id, item.id, document))
    _reseal_sheets(connection, case, new.key, names)
    # Read again: an item that was added since the case was opened is in it.
    card = settled_card(connection, case.key, case.row, Card.open(case.key, case_id, read_card(connection, case_id)))
    put_card(connection, case_id, card.seal(new.key, case_id))
    replace_attachments(connection, case_id, new.files)
    replace_clearances(
        connection, case_id, {name: new.key.seal_to(public, case_id) for name, public in holders.items()}
    )


def _reseal_sheets(connection: Connection, case: OpenCase, key: CaseKey, names: Mapping[str, str]) -> None:
    for sheet in list_sheets(connection, case.row.id):
        place = sheet_place(case.row.id, sheet.kind)
        try:
            if is_prepared_sheet(sheet.kind):
                sealed = renamed_prepared(case.key, key, case.row.id, sheet.kind, sheet.sealed, names)
                reseal_sheet(connection, case.row.id, sheet.kind, sealed)
                continue
            opened = case.key.open_item(sheet.sealed, place)
        except SealBroken:
            # It opened for nobody before. Whoever altered it must not keep a wall from going up by it.
            erase_sheet(connection, case.row.id, sheet.kind)
            continue
        reseal_sheet(connection, case.row.id, sheet.kind, key.seal_item(opened, place))


def settle(desk: Desk, new: Resealed) -> None:
    """Finish a resealing that is committed. What cannot be done now is done at the next start, or by the housekeeper.

    No step keeps the next from being done.
    """
    with suppress(OSError, StoreError, SQLAlchemyError):
        desk.vault.settle([blob.id for blob in new.files.values()])
    with suppress(OSError, StoreError, SQLAlchemyError):
        finish_erasing(desk.database, vault_erasing, desk.vault)
    # The old key, sealed to whoever was kept out, and all that it opens, stand in the log until that is emptied.
    empty_log(desk)


def forget(desk: Desk, new: Resealed) -> None:
    """Take back the files of a resealing that did not come to its end; a crash leaves this to the next start."""
    take_back_unnamed(desk.vault, [blob.id for blob in new.files.values()], partial(blobs_named, desk.database))


def reseal_file(desk: Desk, case: OpenCase, key: CaseKey, case_id: str, name: str) -> Blob:
    """Return a vault file of a case, sealed anew under the key of the case of that id, and published.

    Raises SealBroken or Missing if it is damaged or not there, NoRoom, OSError.
    """
    path = desk.vault.path(name)
    with path.open("rb") as source, desk.vault.draft() as draft:
        reader = VaultReader(case.key, attachment_place(case.row.id, name), source)
        if desk.vault.free_bytes() <= vault_file_size(reader.size):
            raise NoRoom("the vault has no room for this attachment twice")
        writer = VaultWriter(key, attachment_place(case_id, draft.id), draft.file, reader.size)
        for piece in reader.pieces():
            writer.write(piece)
        writer.finish()
        blob = draft.seal_finished()
        desk.vault.publish([blob.id])
        return blob
