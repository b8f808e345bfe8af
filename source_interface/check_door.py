"""Who can open the door, and since when: the token, the keys, and what holds since a desk was lost. For `check`."""

from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime

from keys.door_token import mark_of
from onion import clients
from onion.client_key import check_name
from onion.errors import ClientRefused
from serving.language import gettext as _
from source_interface.door_keys import door_of
from source_interface.door_tokens import last_day, read_in_force, read_pending
from source_interface.drop_folder import MIGRATIONS, DropFolder
from source_interface.lost_desk import read_lost_desk
from source_interface.taken_host import read_taken_host
from store.ages import judge_age
from store.ballast import Ballast
from store.database import open_database
from store.drop.held_answers import count_held
from store.errors import FolderExposed, StoreError
from store.findings import Finding


def check_door_token(folder: DropFolder, today: str) -> Iterator[Finding]:
    """Yield what is found of the token in force, and of a new one. `today`: YYYY-MM-DD."""
    try:
        token, pending = read_in_force(folder.tokens), read_pending(folder.tokens, today)
    except FolderExposed as reason:
        yield Finding(_("{why} Until then the courier cannot collect.").format(why=reason), sound=False)
        return
    if token.is_void:
        said = _(
            "The door's token was made void: no desk can collect, and what comes in waits here. Pair a new desk: "
            "candour-drop pairing."
        )
        yield Finding(said, sound=False)
        return
    yield Finding(_("The door's token is there; its mark is {mark}.").format(mark=mark_of(token.hashed)), sound=True)
    how = _("candour-drop pairing makes a new one; the one before holds until it is used.")
    yield judge_age("door-token", _("The door's token"), token.since, today, how)
    if pending is not None and pending.since is not None:
        said = _(
            "A new token ({mark}) was made and not used yet: pair the desk with it by {day}, or it is over."
        ).format(mark=mark_of(pending.hashed), day=last_day(pending.since))
        yield Finding(said, sound=True, warns=True)
    elif folder.tokens.pending.exists():
        said = _("A new token was made and not used in time: it is over. Make another: candour-drop pairing.")
        yield Finding(said, sound=True, warns=True)


def check_courier_keys(folder: DropFolder, today: str) -> Iterator[Finding]:
    """Yield the age of each key that opens the door's onion service, as the day says on which its file was written."""
    service = door_of(folder)
    for name in clients.names(service):
        # Whatever else somebody put there, `tor` tells.
        with suppress(OSError, ClientRefused):
            check_name(name)
            changed = clients.path_of(service, name).stat().st_mtime
            since = datetime.fromtimestamp(changed, UTC).date().isoformat()
            how = _("On the desk: candour-desk onion new-key; here: candour-drop pairing with --courier-key.")
            yield judge_age("courier-key", _("The key to the door of “{name}”").format(name=name), since, today, how)


def check_taken_host(folder: DropFolder) -> Iterator[Finding]:
    """Yield whether sources are told that an earlier machine was taken; nothing if none was."""
    try:
        taken = read_taken_host(folder.root)
    except FolderExposed as reason:
        yield Finding(str(reason), sound=False)
        return
    if taken is not None and taken.is_told(datetime.now(UTC).date().isoformat()):
        said = _("Sources are told that an earlier machine was taken (since {day}). To end that: host-taken --end.")
        yield Finding(said.format(day=taken.since), sound=True, warns=True)


def check_lost_desk(folder: DropFolder) -> Iterator[Finding]:
    """Yield what holds since a reviewer host was lost; nothing if none was."""
    try:
        lost = read_lost_desk(folder.desk_lost)
    except FolderExposed as reason:
        yield Finding(str(reason), sound=False)
        return
    if lost is None:
        return
    if lost.is_told(datetime.now(UTC).date().isoformat()):
        said = _(
            "Sources are told that a desk was lost (since {day}). To end that: candour-drop after-revoking end-notice."
        )
        yield Finding(said.format(day=lost.since), sound=True, warns=True)
    if lost.closed_for:
        said = _("The site is closed for as long as it has the intake key {key}.").format(key=lost.closed_for[-16:])
        yield Finding(said, sound=True, warns=True)
    with suppress(StoreError):
        yield from _held(folder)


def _held(folder: DropFolder) -> Iterator[Finding]:
    if not folder.database.is_file():
        return
    with closing(open_database(folder.database, MIGRATIONS, Ballast(folder.ballast))) as database:
        count = count_held(database)
    if count:
        # Whether one or many: how much this host holds is nobody's business who reads a report of it.
        said = _("Answers are held back from their sources: candour-drop after-revoking answers.")
        yield Finding(said, sound=True, warns=True)
