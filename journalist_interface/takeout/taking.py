"""Taking a case out: the bundle, composed in memory, its attachments streamed from the vault, sealed by gpg as it goes.

Order:
1. The attachments are read through: what cannot be given is known before anything is said.
2. One transaction looks again at case and request, writes the line into the timeline and the record into the trail.
   The end of the trail, that record, stands in the bundle.
3. The bundle leaves. Plaintext is on no disk and in no temporary file; what is torn off is no whole message.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase, open_case
from journalist_interface.case_documents import StoredAttachment, attachments_in, open_document
from journalist_interface.case_page import Entry
from journalist_interface.case_places import NO_ITEMS, timeline_after
from journalist_interface.clock import now
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.sessions import SignedIn
from journalist_interface.takeout.asking import is_ready, mark, own
from journalist_interface.takeout.contents import Contents, compose
from journalist_interface.takeout.documents import BundleHead, write_html, write_json, write_readme
from journalist_interface.takeout.enclosing import find_faults, read_whole
from journalist_interface.takeout.people_named import PeopleNamed
from journalist_interface.takeout.tar_stream import Member, write_tar
from journalist_interface.takeout.wish import Wish, read_key
from keys.errors import SealBroken
from keys.openpgp import SealedStream
from keys.recipient_key import RecipientKey
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.audit_reading import Wanted, read_trail
from store.desk.items import attachments_of, list_items
from store.desk.sheets import read_sheet
from store.desk.take_outs import TakeOut

SUMS = "SHA256SUMS"


@dataclass(frozen=True)
class Bundle:
    """A case about to leave in `pieces()`, under `file_name`."""

    reference: str
    made_at: int
    _desk: Desk = field(repr=False)
    _case: OpenCase = field(repr=False)
    _key: RecipientKey = field(repr=False)
    _texts: dict[str, bytes] = field(repr=False)
    _contents: Contents = field(repr=False)

    @property
    def file_name(self) -> str:
        """The name under which a browser saves it."""
        return f"{self._folder}.tar.gpg"

    def pieces(self) -> Iterator[bytes]:
        """Yield the sealed archive. Raises what went wrong, and has then yielded no whole message."""
        with SealedStream(self._key.packets, self._feed) as stream:
            yield from stream.pieces()

    @property
    def _folder(self) -> str:
        return f"case-{self.reference}"

    def _feed(self, out: IO[bytes]) -> None:
        write_tar(out, self.made_at, self._members())

    def _members(self) -> Iterator[Member]:
        for name, text in self._texts.items():
            yield Member(f"{self._folder}/{name}", len(text), (text,))
        for enclosed in self._contents.enclosed:
            attachment = enclosed.attachment
            pieces = read_whole(self._desk, self._case, attachment)
            yield Member(str(PurePosixPath(self._folder, enclosed.name)), attachment.size, pieces)


@dataclass(frozen=True)
class _Look:
    """A case and a request as they were when the attachments were read through."""

    case: OpenCase
    asked: TakeOut
    wish: Wish
    entries: tuple[Entry, ...]
    lacks_a_part: bool
    files: dict[str, str]


def take_out(desk: Desk, signed_in: SignedIn, reference: str, untrusted_id: str) -> Bundle:
    """Return the bundle, and record that the case is taken out. Raises Missing if there is no such request or the case
    is not this reviewer's, WritingRefused with what is in the way, SealBroken if the case was altered."""
    with desk.database.reading() as connection:
        look = _look(connection, signed_in, reference, untrusted_id)
    key = read_key(look.wish.armoured)
    if key.fingerprint != look.asked.fingerprint:
        raise SealBroken("the key on the sheet is not the one that was asked and consented for")
    faults = find_faults(desk, look.case, _attachments(look.entries), whole=look.wish.choices.attachments)
    people = PeopleNamed(by_name=look.wish.choices.names)
    contents = compose(look.entries, look.wish.choices, people, faults, lacks_a_part=look.lacks_a_part)
    with desk.database.writing() as connection:
        again = _look(connection, signed_in, reference, untrusted_id)
        if again.files != look.files:
            raise WritingRefused(_("The case changed meanwhile, so nothing was taken out. Try again."))
        mark(connection, again.case, signed_in, _told(look.asked))
        record_act(connection, signed_in.username, Act.CASE_OUT, reference, look.asked.fingerprint)
        [end] = read_trail(connection, Wanted(last=1))
    head = BundleHead(
        case=again.case,
        choices=look.wish.choices,
        made_at=now(),
        made_by=people(signed_in.username),
        consented_by=_consent(look),
        asked_at=look.asked.asked_at,
        recipient=look.asked.fingerprint,
        record=end.record.number,
        chain=end.chain.hex(),
    )
    return Bundle(reference, head.made_at, desk, again.case, key, _texts(head, contents), contents)


def _consent(look: _Look) -> str:
    if not look.asked.consented_by:
        return ""
    return look.asked.consented_by if look.wish.choices.names else _("a second person")


def _texts(head: BundleHead, contents: Contents) -> dict[str, bytes]:
    texts = {
        "README.txt": write_readme(head, contents),
        "case.html": write_html(head, contents),
        "case.json": write_json(head, contents),
    }
    sums = [(hashlib.sha256(text).hexdigest(), name) for name, text in texts.items()]
    sums += [(each.attachment.sha256, each.name) for each in contents.enclosed]
    return {**texts, SUMS: "".join(f"{digest}  {name}\n" for digest, name in sums).encode("ascii")}


def _look(connection: Connection, signed_in: SignedIn, reference: str, untrusted_id: str) -> _Look:
    case = open_case(connection, signed_in, reference)
    asked = own(connection, case, signed_in, untrusted_id)
    if not is_ready(connection, asked):
        raise WritingRefused(_("This waits for the consent of a second person. Nothing was taken out."))
    sheet = read_sheet(connection, case.row.id, asked.sheet)
    wish = Wish.open(case.key, case.row.id, asked.sheet, sheet.sealed)
    items = list_items(connection, case.row.id)
    whole = timeline_after(NO_ITEMS, (item.id for item in items)) == case.card.timeline
    entries = []
    for item in items[: wish.seen]:
        try:
            document = open_document(case.key, case.row.id, item.id, item.kind, item.sealed)
        except SealBroken:
            document = None
        entries.append(Entry(item.id, item.kind, item.made_at, item.state, document))
    # What waits for a reply that was not sent is of no item, and stays.
    named = attachments_of(connection, case.row.id)
    files = {attachment: item for attachment, item in named.items() if item is not None}
    return _Look(case, asked, wish, tuple(entries), not whole, files)


def _attachments(entries: tuple[Entry, ...]) -> list[StoredAttachment]:
    return [attachment for entry in entries for attachment in attachments_in(entry.document)]


def _told(asked: TakeOut) -> str:
    if not asked.consented_by:
        return _("This case was taken out, sealed to the key {to}.").format(to=asked.fingerprint)
    return _("This case was taken out, sealed to the key {to}. {name} consented.").format(
        to=asked.fingerprint, name=asked.consented_by
    )
