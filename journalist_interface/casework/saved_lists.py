"""Lists that a reviewer saves under a name of their own, to find them again on the list and on Today for good.

- A saved list holds tags and names of cases, and its own name may: all of one person's are one document, sealed to
  their own key, in one size, so that not even their number shows. The trail has that somebody changed theirs, and no
  more.
- Each act reads what is kept in the very transaction that writes it: two windows do not overwrite each other.
- Who came back with a new key cannot open them any more: they are gone, and are said to be.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace

from sqlalchemy import Connection

from journalist_interface.casework.filtering import Filter, count_listed
from journalist_interface.casework.listing import Listing
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.sessions import SignedIn
from keys.errors import Malformed, SealBroken
from keys.hpke import Purpose, SecretKey, seal
from keys.strict_json import Fields, read_object, write_object
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.saved_lists import put_saved, read_saved

MOST_LISTS = 20
LONGEST_NAME = 60  # characters
_FORMAT = 1
_SIZE = 64 * 1024  # bytes: twenty lists of 450 characters, four bytes each, and what JSON adds
_LABEL = "candour v1 saved lists"
_NUMBER_BYTES = 8


@dataclass(frozen=True)
class SavedList:
    """One list. `id` is drawn, and means nothing to anybody else."""

    id: str
    name: str = field(repr=False)
    chosen: Filter = field(repr=False)


@dataclass(frozen=True)
class SavedLists:
    """What somebody saved, in the order they saved it. `are_lost`: what was saved does not open any more."""

    lists: tuple[SavedList, ...] = ()
    are_lost: bool = False


def read_saved_lists(desk: Desk, signed_in: SignedIn) -> SavedLists:
    """Return what this reviewer saved."""
    with desk.database.reading() as connection:
        return _read(connection, signed_in)


def count_each(saved: SavedLists, listing: Listing, username: str) -> dict[str, int]:
    """Return how many cases each saved list holds now, by its id."""
    return {each.id: count_listed(listing, each.chosen, username) for each in saved.lists}


def save_list(desk: Desk, signed_in: SignedIn, untrusted_name: str, chosen: Filter) -> None:
    """Save a list under a name. Raises WritingRefused."""
    name = _checked_name(untrusted_name)

    def change(lists: tuple[SavedList, ...]) -> tuple[SavedList, ...]:
        if len(lists) >= MOST_LISTS:
            said = _("You have {most} saved lists, which is the most. Nothing was saved. Remove one first.")
            raise WritingRefused(said.format(most=MOST_LISTS))
        _refuse_taken(lists, name)
        return (*lists, SavedList(secrets.token_hex(_NUMBER_BYTES), name, chosen))

    _change(desk, signed_in, change)


def rename_list(desk: Desk, signed_in: SignedIn, untrusted_id: str, untrusted_name: str) -> None:
    """Give a saved list another name. Raises WritingRefused. One that is not there (any more) changes nothing."""
    name = _checked_name(untrusted_name)

    def change(lists: tuple[SavedList, ...]) -> tuple[SavedList, ...]:
        _refuse_taken([each for each in lists if each.id != untrusted_id], name)
        return tuple(replace(each, name=name) if each.id == untrusted_id else each for each in lists)

    _change(desk, signed_in, change)


def remove_list(desk: Desk, signed_in: SignedIn, untrusted_id: str) -> None:
    """Have a saved list no more. The cases in it are as they were."""
    _change(desk, signed_in, lambda lists: tuple(each for each in lists if each.id != untrusted_id))


def _change(desk: Desk, signed_in: SignedIn, change: Callable[[tuple[SavedList, ...]], tuple[SavedList, ...]]) -> None:
    with desk.database.writing() as connection:
        before = _read(connection, signed_in)
        after = change(before.lists)
        if after == before.lists and not before.are_lost:
            return
        put_saved(connection, signed_in.username, seal(signed_in.key.public, _document(after), _own(signed_in)))
        record_act(connection, signed_in.username, Act.SAVED_LISTS)


def _read(connection: Connection, signed_in: SignedIn) -> SavedLists:
    sealed = read_saved(connection, signed_in.username)
    if sealed is None:
        return SavedLists()
    try:
        return SavedLists(_opened(signed_in.key, signed_in, sealed))
    except SealBroken:
        return SavedLists(are_lost=True)


def _opened(key: SecretKey, signed_in: SignedIn, sealed: bytes) -> tuple[SavedList, ...]:
    padded = key.open(sealed, _own(signed_in))
    try:
        fields = read_object(padded.rstrip(b" "), _SIZE)
        fields.exactly("candour_saved_lists", _FORMAT)
        lists = fields.list_of("lists", MOST_LISTS, _saved)
        fields.end()
    except Malformed as reason:
        raise SealBroken("these are no saved lists") from reason
    return lists


def _saved(value: object) -> SavedList:
    fields = Fields(value, "saved list")
    number, name = fields.text("id", 2 * _NUMBER_BYTES), fields.text("name", LONGEST_NAME)
    chosen = fields.value("chosen")
    fields.end()
    if not isinstance(chosen, dict):
        raise Malformed("chosen is not an object")
    # Read as a form is: what a later desk chose and this one does not know narrows nothing.
    return SavedList(number, name, Filter.read({str(key): str(text) for key, text in chosen.items()}))


def _document(lists: Iterable[SavedList]) -> bytes:
    said = [{"id": each.id, "name": each.name, "chosen": _said(each.chosen)} for each in lists]
    document = write_object({"candour_saved_lists": _FORMAT, "lists": said})
    if len(document) > _SIZE:
        raise WritingRefused(_("All your saved lists together are too long. Nothing was saved. Remove one first."))
    return document.ljust(_SIZE, b" ")


def _said(chosen: Filter) -> dict[str, str]:
    return {name: "1" if value is True else str(value) for name, value in asdict(chosen).items() if value}


def _own(signed_in: SignedIn) -> Purpose:
    return Purpose(_LABEL, signed_in.username.encode("utf-8"))


def _checked_name(untrusted: str) -> str:
    name = " ".join(untrusted.replace("\x00", "").split())
    if not name:
        raise WritingRefused(_("Give the list a name. Nothing was saved."))
    if len(name) > LONGEST_NAME:
        raise WritingRefused(_("A name has at most {most} characters. Nothing was saved.").format(most=LONGEST_NAME))
    return name


def _refuse_taken(lists: Iterable[SavedList], name: str) -> None:
    if any(each.name == name for each in lists):
        raise WritingRefused(_("You have a list of that name. Nothing was saved. Choose another name."))
