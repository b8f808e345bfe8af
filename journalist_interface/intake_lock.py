"""The intake key's passphrase, in memory and for a while only, and what was read with it.

Each officer unlocks for themselves, and for one session: who signs in anew unlocks anew. Where two are needed, the
first one's half waits (intake_offer.py) until a second officer adds theirs, knowing whose; then both sessions are
unlocked.
After `minutes` the passphrase is forgotten by a timer, whether anybody looks or not; the process's end forgets it too.
It is never written anywhere. That it was locked is recorded, whatever did it; only the process's end, and a full disk,
leave no record.
Locking is for one session, also where two unlocked: each gave their half for the minutes that the page named, and a
colleague's letters are not to vanish because somebody goes to lunch.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from journalist_interface.desk_folder import Desk
from journalist_interface.errors import CustodyRefused, IntakeLocked
from journalist_interface.intake_custody import (
    keep_recovery_copy,
    leave_no_trace,
    need_one,
    open_own,
    put_together,
)
from journalist_interface.intake_offer import BY_ITSELF, OFFERED_MINUTES, Aim, Offer, OfferPlace
from journalist_interface.key_names import exchanges_recorded
from journalist_interface.sessions import SignedIn, is_alive
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.reviewers import find_reviewer
from store.desk.roles import Role, roles_of
from store.errors import NoRoom

UNLOCKED_MINUTES = 15.0
_ANOTHER_RULE = "two officers are needed now"
_SESSION_ENDED = "its session ended"


@dataclass
class _Unlocked:
    desk: Desk
    username: str
    passphrase: str = field(repr=False)
    ends_at: float
    timer: threading.Timer
    # What the queue shows of letters read so far, by submission; forgotten with the passphrase.
    previews: dict[str, Any] = field(default_factory=dict, repr=False)


class IntakeLock:
    """Who has the intake key unlocked, and who offers half of it. `clock` gives Unix seconds."""

    def __init__(
        self,
        minutes: float = UNLOCKED_MINUTES,
        clock: Callable[[], float] = time.time,
        offered_minutes: float = OFFERED_MINUTES,
    ) -> None:
        self._seconds = minutes * 60
        self._clock = clock
        self._unlocked: dict[bytes, _Unlocked] = {}  # by the session's lookup hash
        self._guard = threading.Lock()
        self._offers = {aim: OfferPlace(offered_minutes, clock) for aim in Aim}
        # Who unlocks, offers or has shares made anew is alone at it. Taken before the database's turn, never after.
        self._turn = threading.Lock()

    def unlock(self, desk: Desk, signed_in: SignedIn, together_with: str = "") -> None:
        """Unlock for this session; or, where two are needed, add this officer's half to that of `together_with`, or
        offer it.

        Raises NotAnOfficer, SealBroken if the row was altered, and CustodyRefused if the other one offers nothing (any
        more), or somebody does whom the page did not show: nobody unlocks for a person they have not seen named.
        """
        with self._turn:
            with desk.database.writing() as connection:
                held = open_own(connection, find_reviewer(connection, signed_in.username), signed_in.key)
                if isinstance(held, str):
                    keep_recovery_copy(connection, signed_in.username, held)
                    record_act(connection, signed_in.username, Act.UNLOCK)
            if isinstance(held, str):
                self._keep(desk, signed_in.username, signed_in.token.lookup_hash(), held)
                return
            offer = self._meet(desk, signed_in, held, Aim.UNLOCK, together_with)
            if offer is not None:
                self._unlock_together(desk, signed_in, held, offer)

    def let_one_be_enough(self, desk: Desk, signed_in: SignedIn, together_with: str = "") -> None:
        """Add this officer's half to that of `together_with`, so that from now on one is enough; or offer it for that.

        It takes two, as unlocking does, and both must mean it: within the minutes for which two have unlocked the key,
        neither of them can do away with the other. Raises as `unlock` does.
        """
        with self._turn:
            with desk.database.reading() as connection:
                held = open_own(connection, find_reviewer(connection, signed_in.username), signed_in.key)
            if isinstance(held, str):
                raise CustodyRefused(_("One officer is enough already. Nothing was changed."))
            offer = self._meet(desk, signed_in, held, Aim.ONE_IS_ENOUGH, together_with)
            if offer is not None:
                with exchanges_recorded(desk, signed_in.username), desk.database.writing() as connection:
                    passphrase = _combine(connection, self._offers[Aim.ONE_IS_ENOUGH], offer, held)
                    need_one(connection, (offer.username, signed_in.username), passphrase)
                leave_no_trace(desk)

    def offer(self, aim: Aim = Aim.UNLOCK) -> Offer | None:
        """Return the half that is offered now for this aim, if there is one."""
        return self._offers[aim].standing()

    def take_back(self, desk: Desk, signed_in: SignedIn) -> None:
        """End what this officer offers, in whatever session, and record it if there was anything."""
        for place in self._offers.values():
            if place.take_from(signed_in.username):
                _record_taken_back(desk, signed_in)

    def lock(self, desk: Desk, signed_in: SignedIn) -> None:
        """Forget the passphrase, and the half that is offered, of this session, and record it if it was there."""
        with self._turn:
            with self._guard:
                held = self._drop(signed_in.token.lookup_hash())
            offered = [place.take_session(signed_in.token.lookup_hash()) for place in self._offers.values()]
        if held is not None:
            with desk.database.writing() as connection:
                record_act(connection, signed_in.username, Act.LOCK)
        if any(offered):
            _record_taken_back(desk, signed_in)

    def forget_session(self, session: bytes) -> None:
        """Forget what was unlocked or offered in a session, by its lookup hash: the session is over.

        Record that the key locked, and what was offered ended: the trail must tell until when it was open.
        """
        for place in self._offers.values():
            _record_offer_end(place.take_session(session))
        with self._guard:
            ended = self._drop(session)
        _record_end(ended, _SESSION_ENDED)

    def forget_officer(self, username: str) -> None:
        """Forget what somebody unlocked or offered, in whatever session: they were shut out, or lost their key.

        Recorded as the end of a session is.
        """
        for place in self._offers.values():
            _record_offer_end(place.take_from(username))
        with self._guard:
            theirs = [session for session, held in self._unlocked.items() if held.username == username]
            ended = [self._drop(session) for session in theirs]
        for each in ended:
            _record_end(each, _SESSION_ENDED)

    @contextmanager
    def shares_made_anew(self) -> Iterator[None]:
        """Let nobody unlock meanwhile, and end what is offered: half of a former splitting fits no new one."""
        with self._turn:
            yield
            for place in self._offers.values():
                place.clear()

    def lock_everybody(self) -> None:
        """Forget the passphrase of every session, and record it: it was unlocked by rules that hold no more."""
        with self._guard:
            ended = [self._drop(session) for session in tuple(self._unlocked)]
        for each in ended:
            _record_end(each, _ANOTHER_RULE)

    def passphrase(self, signed_in: SignedIn) -> str:
        """Return the passphrase. Raises IntakeLocked."""
        return self._held(signed_in.token.lookup_hash()).passphrase

    def previews(self, signed_in: SignedIn) -> dict[str, Any]:
        """Return what was read of the queue so far, to be filled in place. Raises IntakeLocked."""
        return self._held(signed_in.token.lookup_hash()).previews

    def locks_at(self, signed_in: SignedIn) -> float | None:
        """Return when the key locks by itself, in Unix seconds, or None while it is locked."""
        try:
            return self._held(signed_in.token.lookup_hash()).ends_at
        except IntakeLocked:
            return None

    def _meet(self, desk: Desk, signed_in: SignedIn, share: bytes, aim: Aim, together_with: str) -> Offer | None:
        """Return another officer's offer, if this one means it; else have this one's half stand as one."""
        offer = self._offers[aim].standing()
        if offer is not None and offer.username != signed_in.username:
            return _meant(offer, together_with)
        if together_with:
            raise _offer_gone(together_with)
        if aim is not Aim.UNLOCK or self.locks_at(signed_in) is None:
            with desk.database.writing() as connection:
                record_act(connection, signed_in.username, Act.UNLOCK_OFFER, note=aim)
            self._offers[aim].put(desk, signed_in, share)
        return None

    def _unlock_together(self, desk: Desk, signed_in: SignedIn, share: bytes, offer: Offer) -> None:
        with desk.database.writing() as connection:
            passphrase = _combine(connection, self._offers[Aim.UNLOCK], offer, share)
            keep_recovery_copy(connection, signed_in.username, passphrase)
            record_act(connection, offer.username, Act.UNLOCK, note=f"with {signed_in.username}")
            record_act(connection, signed_in.username, Act.UNLOCK, note=f"with {offer.username}")
        self._keep(desk, offer.username, offer.session, passphrase)
        self._keep(desk, signed_in.username, signed_in.token.lookup_hash(), passphrase)
        with desk.database.reading() as connection:
            is_there = _is_there(connection, offer)
        if not is_there:
            # It ended while the two were put together, and whoever ended it found nothing to forget yet.
            self.forget_session(offer.session)

    def _keep(self, desk: Desk, username: str, session: bytes, passphrase: str) -> None:
        timer = threading.Timer(self._seconds, self._forget, [session])
        timer.daemon = True
        with self._guard:
            self._drop(session)
            self._unlocked[session] = _Unlocked(desk, username, passphrase, self._clock() + self._seconds, timer)
        timer.start()

    def _held(self, session: bytes) -> _Unlocked:
        with self._guard:
            held = self._unlocked.get(session)
            if held is not None and held.ends_at > self._clock():
                return held
            ended = self._drop(session)
        _record_end(ended)
        raise IntakeLocked(_("The intake key is locked. Unlock it first."))

    def _forget(self, session: bytes) -> None:
        with self._guard:
            held = self._unlocked.get(session)
            # A timer that was overtaken by a second unlocking must not end that one.
            ended = self._drop(session) if held is not None and held.timer is threading.current_thread() else None
        _record_end(ended)

    def _drop(self, session: bytes) -> _Unlocked | None:
        held = self._unlocked.pop(session, None)
        if held is not None:
            held.timer.cancel()
            held.previews.clear()
        return held


def _meant(offer: Offer, together_with: str) -> Offer:
    """Return the offer if it is the one that the page showed. Raises CustodyRefused."""
    if together_with != offer.username:
        raise CustodyRefused(
            _("{name} offers half of the key by now. Nothing was done with it. Look below, and choose.").format(
                name=offer.username
            )
        )
    return offer


def _combine(connection: Connection, place: OfferPlace, offer: Offer, share: bytes) -> str:
    """Return the passphrase of an offer and the second half. In whatever way this fails, the offer has ended."""
    # Taken back at this very moment; or whoever offered was signed out, or lost their office, since.
    if not place.take(offer) or not _is_there(connection, offer):
        raise _offer_gone(offer.username)
    return put_together(offer.share, share)


def _offer_gone(username: str) -> CustodyRefused:
    return CustodyRefused(
        _("{name} does not offer half of the key any more. Nothing was changed. You can offer yours.").format(
            name=username
        )
    )


def _is_there(connection: Connection, offer: Offer) -> bool:
    return is_alive(connection, offer.session) and Role.INTAKE_OFFICER in roles_of(connection, offer.username)


def _record_taken_back(desk: Desk, signed_in: SignedIn) -> None:
    with desk.database.writing() as connection:
        record_act(connection, signed_in.username, Act.UNLOCK_OFFER_END)


def _record_offer_end(offer: Offer | None) -> None:
    if offer is not None:
        # It has ended already, and must have, whether that can be recorded or not.
        with suppress(NoRoom, SQLAlchemyError), offer.desk.database.writing() as connection:
            record_act(connection, offer.username, Act.UNLOCK_OFFER_END, note=_SESSION_ENDED)


def _record_end(ended: _Unlocked | None, note: str = BY_ITSELF) -> None:
    """Record that the key locked without a button. Whoever took it out of `_unlocked` does so, hence once."""
    if ended is not None:
        # It is locked already, and must be, whether that can be recorded or not.
        with suppress(NoRoom, SQLAlchemyError), ended.desk.database.writing() as connection:
            record_act(connection, ended.username, Act.LOCK, note=note)
