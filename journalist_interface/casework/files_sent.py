"""Files that go out with a reply: each is opened from the vault and sealed for the source in one stream, then queued.

The copy for the source lies where the courier finds it, under a key that stands in the sealed reply and nowhere else;
the vault keeps its own under the key of the case. Copies are published before the transaction that names them.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase
from journalist_interface.case_documents import StoredAttachment
from journalist_interface.case_places import attachment_place
from journalist_interface.case_turns import CASE_TURNS
from journalist_interface.casework.prepared_files import look_at_prepared, read_prepared, write_prepared
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.sessions import SignedIn
from keys.errors import SealBroken
from keys.reply_file import ReplyFile
from keys.vault import VaultReader, vault_file_size
from serving.language import gettext as _
from store.desk.outgoing import blobs_named
from store.desk.prepared import give_to_item
from store.drafts import Blob, no_room_or
from store.errors import Missing, NoRoom
from store.leftovers import take_back_unnamed


@dataclass(frozen=True)
class SentFile:
    """A file that goes out: as the case keeps it, as the reply names it, and the sealed copy for the source."""

    stored: StoredAttachment
    named: ReplyFile
    blob: Blob


@dataclass(frozen=True)
class SentFiles:
    """The files that go out with one reply. With `lacking` some that its writer saw wait no more."""

    files: tuple[SentFile, ...] = ()
    lacking: bool = False

    @property
    def stored(self) -> tuple[StoredAttachment, ...]:
        """As the case keeps them."""
        return tuple(file.stored for file in self.files)

    def give_to(self, connection: Connection, case: OpenCase, username: str, reply_id: str) -> None:
        """Have them belong to the reply and wait no more, in the caller's transaction. Raises WritingRefused."""
        if not self.files and not self.lacking:
            return
        ids = [file.id for file in self.stored]
        try:
            if self.lacking:
                raise Missing("a file waits no more")
            give_to_item(connection, case.row.id, username, ids, reply_id)
        except Missing as reason:
            raise WritingRefused(
                _("The files to go with the reply changed meanwhile. Nothing was sent. Look at them, then send again.")
            ) from reason
        left = [file for file in read_prepared(connection, case, username).files if file.id not in ids]
        write_prepared(connection, case, username, left)


@contextmanager
def files_for_source(
    desk: Desk, signed_in: SignedIn, reference: str, untrusted_ids: Sequence[str]
) -> Iterator[SentFiles]:
    """Give the prepared files of these ids, sealed for the source; what no row names at the end is taken back.

    Raises WritingRefused if one is damaged or not there, NoRoom, or Missing as `read_case` does.
    """
    if not untrusted_ids:
        yield SentFiles()
        return
    made: list[SentFile] = []
    with ExitStack() as turns:
        case, _waiting = look_at_prepared(desk, signed_in, reference)
        # Until the reply is queued: a wall would give the files other names.
        turns.enter_context(CASE_TURNS.take(case.row.id))
        case, waiting = look_at_prepared(desk, signed_in, reference)
        chosen = [file for file in waiting.files if file.id in untrusted_ids]
        try:
            for file in chosen:
                made.append(_seal_for_source(desk, case, file))
            yield SentFiles(tuple(made), lacking=len(chosen) != len(set(untrusted_ids)))
        finally:
            ids = [file.blob.id for file in made]
            take_back_unnamed(desk.outgoing, ids, partial(blobs_named, desk.database))
            desk.outgoing.settle(list(desk.outgoing.present(ids)))


def _seal_for_source(desk: Desk, case: OpenCase, file: StoredAttachment) -> SentFile:
    if desk.outgoing.free_bytes() <= vault_file_size(file.size):
        raise NoRoom("there is no room for a copy of this file")
    try:
        with desk.vault.path(file.id).open("rb") as source, desk.outgoing.draft() as draft:
            named = ReplyFile.draw(draft.id, file.name, file.size, file.sha256)
            reader = VaultReader(case.key, attachment_place(case.row.id, file.id), source)
            writer = named.writer(draft.file)
            for piece in reader.checked_pieces(file.sha256):
                writer.write(piece)
            writer.finish()
            blob = draft.seal_finished()
            desk.outgoing.publish([blob.id])
            return SentFile(file, named, blob)
    except (Missing, SealBroken, ValueError) as reason:
        raise WritingRefused(
            _(
                "A file to go with the reply is damaged or missing. Nothing was sent. Take it away and attach it "
                "again, and have the administrator run candour-desk check."
            )
        ) from reason
    except OSError as reason:
        raise no_room_or(reason) from reason
