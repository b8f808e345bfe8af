"""What opens the door from here, since when, and whether the door still takes it: a part of `candour-desk check`."""

from collections.abc import Iterator

from journalist_interface.courier_errors import DoorClosed, NotPaired
from journalist_interface.desk_folder import Desk
from journalist_interface.door_entrance import has_courier_key, has_next_key, key_day
from journalist_interface.pairing import read_pairing
from keys.door_token import hash_of, mark_of
from serving.language import gettext as _
from store.ages import judge_age
from store.desk.courier_state import Doing, read_courier
from store.errors import FolderExposed
from store.findings import Finding


def check_pairing(desk: Desk, today: str) -> Iterator[Finding]:
    """Yield what is found of the token and of the courier's key. `today`: YYYY-MM-DD."""
    root = desk.paths.folder
    try:
        pairing = read_pairing(root)
    except NotPaired as reason:
        yield Finding(str(reason), sound=True, warns=True)
        return
    except FolderExposed as reason:
        yield Finding(str(reason), sound=False)
        return
    said = _("This desk has the door's token with the mark {mark}; check on the source host must show the same.")
    yield Finding(said.format(mark=mark_of(hash_of(pairing.token))), sound=True)
    with desk.database.reading() as connection:
        courier = read_courier(connection)
    if courier.doing is Doing.FAILED and str(DoorClosed()) in courier.sentence:
        yield Finding(str(DoorClosed()), sound=False)
    how = _("On the source host: candour-drop pairing; here: candour-desk pair.")
    yield judge_age("pairing", _("The door's token"), pairing.since, today, how)
    if not has_courier_key(root):
        return
    how = _("Here: candour-desk onion new-key; on the source host: candour-drop pairing with --courier-key.")
    yield judge_age("courier-key", _("The courier's key for the door"), key_day(root), today, how)
    if has_next_key(root):
        said = _("A new key for the door was drawn and is not used yet: pair anew with the file that lets it in.")
        yield Finding(said, sound=True, warns=True, name="courier-key")
