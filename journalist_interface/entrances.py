"""Who may come to the desk through Tor: one client key for each person, for as long as they are somebody here.

Only when the desk has an onion service (`candour-desk onion desk-on`). Rules:
- A key is drawn here, shown once, and kept nowhere: its public half alone stays, in a file for Tor.
- Who may have one: every account that is not suspended, and whoever a waiting link to join is for. Nobody else: the
  file goes with the act that ends it, and the housekeeper looks twice a minute after what other processes did.
- A file is written and taken away within a writing transaction of the desk, so that two acts never cross, and no key
  goes that a new link has just brought.
- A key opens the way to the page where one signs in, and nothing more. Taking it away ends the sessions too.
- File and record change together, or neither does, however the act ends (entrance_turns.py).
- What could not be done is never told as done: to let in is refused; to keep out is tried again, and told.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from journalist_interface.desk_folder import Desk
from journalist_interface.entrance_overlap import end_old, keep_old, owner_of
from journalist_interface.entrance_turns import are_unsettled, forget, lay_aside, settle
from journalist_interface.errors import EntranceStays, SetUpRefused
from journalist_interface.links import is_vouched_for
from journalist_interface.sessions import SignedIn
from journalist_interface.tor_paths import desk_address, desk_service
from onion import clients
from onion.client_key import ClientKey, authorised
from onion.errors import ClientRefused
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.invitations import InvitationKind, list_invitations
from store.desk.reviewers import find_reviewer, list_reviewers
from store.desk.sessions import end_all_sessions
from store.errors import NoRoom, StoreError

_GROUP = 4  # letters of a key that are read in one breath


@dataclass(frozen=True)
class Entrance:
    """What somebody needs to come in: the desk's `….onion`, and the key that Tor Browser asks for (52 letters)."""

    address: str
    key: str = field(repr=False)

    @property
    def spoken(self) -> str:
        """The key for reading aloud or copying by hand. Tor Browser takes it without the gaps."""
        return " ".join(self.key[start : start + _GROUP] for start in range(0, len(self.key), _GROUP))


def let_in(connection: Connection, desk: Desk, actor: str, username: str, *, beside: bool = False) -> Entrance | None:
    """Give somebody a new key in the place of any other, and record it; None if the desk has no onion service.

    With `beside` the one before holds for some days too (entrance_overlap).

    In a transaction of `changing_keys`. Raises SetUpRefused if the file cannot be written: then nothing of the
    transaction may stay.
    """
    address = desk_address(desk.paths.folder)
    if not address:
        return None
    key, service = ClientKey.draw(), desk_service(desk.paths.folder)
    try:
        settle(connection, service, _may_come(connection))
        lay_aside(service, username, record_act(connection, actor, Act.ENTRANCE, note=username))
        keep_old(service, username) if beside else end_old(service, username)
        clients.exchange(service, username, authorised(key.public))
    except (OSError, ClientRefused) as reason:
        raise SetUpRefused(
            _("The key to the desk could not be written on this host ({why}). Nothing was changed.").format(
                why=_why(reason)
            )
        ) from reason
    return Entrance(address, key.secret)


@contextmanager
def changing_keys(desk: Desk) -> Iterator[Connection]:
    """Give a writing transaction in which somebody is let in or a key is taken away: file and record, or neither.

    What cannot be settled at its end is by the next who comes, and by the housekeeper.
    """
    try:
        with desk.database.writing() as connection:
            yield connection
    finally:
        with suppress(SQLAlchemyError, StoreError, OSError):
            settle_keys(desk)


def settle_keys(desk: Desk) -> None:
    """Finish or undo what a full disk, a failed commit or a kill left half done. Raises StoreError, OSError."""
    service = desk_service(desk.paths.folder)
    if are_unsettled(service):
        with desk.database.writing() as connection:
            settle(connection, service, _may_come(connection))


def renew_entrance(desk: Desk, signed_in: SignedIn, username: str) -> Entrance:
    """Give somebody at work a new key. The old one opens nothing, and their sessions are over.

    Raises SetUpRefused, Missing.
    """
    _check_not_oneself(signed_in, username)
    with changing_keys(desk) as connection:
        entrance = exchange_entrance(connection, desk, signed_in.username, username)
    desk.database.leave_no_trace()
    return entrance


def exchange_entrance(
    connection: Connection, desk: Desk, actor: str, username: str, *, beside: bool = False
) -> Entrance:
    """Do what `renew_entrance` does, in a transaction of the caller's (`changing_keys`). `beside` as in `let_in`."""
    if find_reviewer(connection, username).suspended:
        raise SetUpRefused(_("The account is suspended, so it gets no key. Let them in again first."))
    if not beside:
        end_all_sessions(connection, username)
    entrance = let_in(connection, desk, actor, username, beside=beside)
    if entrance is None:
        raise SetUpRefused(
            _("This desk has no onion service, so there are no keys to it. See candour-desk onion desk-on.")
        )
    return entrance


def take_entrance(desk: Desk, signed_in: SignedIn, username: str) -> None:
    """Take somebody's key away, and end their sessions. Raises SetUpRefused, Missing."""
    _check_not_oneself(signed_in, username)
    service = desk_service(desk.paths.folder)
    with changing_keys(desk) as connection:
        find_reviewer(connection, username)
        if not has_entrance(desk, username):
            return  # a form that was sent twice
        end_all_sessions(connection, username)
        number = record_act(connection, signed_in.username, Act.ENTRANCE_BACK, note=username)
        _revoke(connection, service, username, number)
    desk.database.leave_no_trace()


def has_entrance(desk: Desk, username: str) -> bool | None:
    """Tell whether somebody has a key; None if the desk has no onion service."""
    if desk_address(desk.paths.folder) is None:
        return None
    return username in clients.names(desk_service(desk.paths.folder))


def strangers(connection: Connection, desk: Desk) -> tuple[str, ...]:
    """Return the names under which somebody is let in who should not be, by name."""
    let_in_now = clients.names(desk_service(desk.paths.folder))
    if not let_in_now:
        return ()
    may_come = _may_come(connection)
    return tuple(name for name in let_in_now if owner_of(name) not in may_come)


def end_old_key(desk: Desk, username: str) -> None:
    """Let somebody in no more with the key of before: they have come with the new one. Raises SetUpRefused."""
    service = desk_service(desk.paths.folder)
    with desk.database.writing() as connection:
        try:
            ended = end_old(service, username)
        except (OSError, ClientRefused) as reason:
            raise SetUpRefused(
                _("The key of before could not be taken away ({why}). Try again.").format(why=_why(reason))
            ) from reason
        if not ended:
            raise SetUpRefused(_("“{name}” has no key of before beside the new one.").format(name=username))
        record_act(connection, "", Act.ENTRANCE_BACK, note=username)


def close_entrances(desk: Desk, actor: str = "") -> None:
    """Take the keys of all away who are nobody here any more; record each. `actor`: whose act that follows, or nobody.

    Raises EntranceStays if a file could not be taken away. A file goes even if there is no room for its record: what
    ended its owner's time here stands in the trail already.
    """
    service = desk_service(desk.paths.folder)
    if not service.is_dir():
        return
    found: tuple[str, ...] = ()
    stay: dict[str, str] = {}
    try:
        with desk.database.reading() as connection:
            found = strangers(connection, desk)
        if found:
            with desk.database.writing() as connection:
                gone = [name for name in strangers(connection, desk) if _goes(service, name, stay)]
                for name in gone:
                    record_act(connection, actor, Act.ENTRANCE_BACK, note=spelt(name))
    except NoRoom:
        # What it follows is done and recorded: to say now that there was no room would tell the opposite.
        stay |= dict.fromkeys(
            [name for name in clients.names(service) if name in found or not found], _("the disk is full")
        )
    if stay:
        raise _stays(stay)


def _goes(service: Path, name: str, stay: dict[str, str]) -> bool:
    """Take a key away; note in `stay` why it is still there, if it is."""
    try:
        clients.revoke(service, name)
        forget(service, name)
    except (OSError, ClientRefused) as reason:
        stay[name] = _why(reason)
    return name not in stay


def spelt(name: str) -> str:
    """Return a file's name as text that the database takes: somebody may have put any file there."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _revoke(connection: Connection, service: Path, username: str, number: int) -> None:
    try:
        settle(connection, service, _may_come(connection))
        lay_aside(service, username, number)
        end_old(service, username)
        clients.revoke(service, username)
    except (OSError, ClientRefused) as reason:
        raise SetUpRefused(
            _(
                "The key could not be taken away ({why}): it may still open the way to the desk. Nothing was changed. "
                "Whoever looks after this host can shut the way for everybody: candour-desk onion desk-off."
            ).format(why=_why(reason))
        ) from reason


def _may_come(connection: Connection) -> frozenset[str]:
    accounts = list_reviewers(connection)
    links = list_invitations(connection, int(time.time()))
    joining = {link.username for link in links if link.kind is InvitationKind.JOIN and is_vouched_for(connection, link)}
    # Whoever has an account comes by that alone: a suspended person is not let in by a link.
    joining -= {each.username for each in accounts}
    return frozenset(joining | {each.username for each in accounts if not each.suspended})


def _stays(stay: dict[str, str]) -> EntranceStays:
    return EntranceStays(
        _(
            "This was done. But the key to the desk could NOT be taken away from {names} ({why}): it still opens the "
            "way to the page where one signs in. The desk tries again twice a minute. Whoever looks after this host "
            "can shut the way for everybody at once: candour-desk onion desk-off."
        ).format(names=_listed(map(spelt, stay)), why=_listed(sorted(set(stay.values()))))
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _why(reason: Exception) -> str:
    return (reason.strerror if isinstance(reason, OSError) else str(reason)) or type(reason).__name__


def _check_not_oneself(signed_in: SignedIn, username: str) -> None:
    if username == signed_in.username:
        raise SetUpRefused(_("That is your own account: another administrator must do this. Nothing was changed."))
