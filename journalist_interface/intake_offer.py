"""The half of the intake key that one officer offers, in memory and for some minutes, until a second one adds theirs.

There is one at most for each aim: what another officer adds is put together with it instead of standing beside it, and
an officer who offers again, in whatever session, moves the offer there. A timer ends it, whether anybody looks or not;
so do its officer's button, the end of its session, and the end of the process. That it ended is recorded, but for the
last two.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy.exc import SQLAlchemyError

from journalist_interface.desk_folder import Desk
from journalist_interface.sessions import SignedIn
from store.desk.audit import Act, record_act
from store.errors import NoRoom

OFFERED_MINUTES = 10.0
BY_ITSELF = "by itself"  # the note of a record that no button made


class Aim(StrEnum):
    """What half of the key is offered for, as the record has it. What is offered for one serves no other."""

    UNLOCK = ""
    ONE_IS_ENOUGH = "so that one officer is enough"


@dataclass(frozen=True)
class Offer:
    """Who offers, in which session (by its lookup hash), and until when, in Unix seconds."""

    desk: Desk = field(repr=False)
    username: str
    session: bytes = field(repr=False)
    ends_at: float
    share: bytes = field(repr=False)
    timer: threading.Timer = field(repr=False, compare=False)


class OfferPlace:
    """Where the one offer for an aim stands. `clock` gives Unix seconds."""

    def __init__(self, minutes: float, clock: Callable[[], float]) -> None:
        self._seconds = minutes * 60
        self._clock = clock
        self._offer: Offer | None = None
        self._guard = threading.Lock()

    def put(self, desk: Desk, signed_in: SignedIn, share: bytes) -> None:
        """Have an officer's offer stand, in the place of any other."""
        timer = threading.Timer(self._seconds, lambda: self._end(offer))
        timer.daemon = True
        ends_at = self._clock() + self._seconds
        offer = Offer(desk, signed_in.username, signed_in.token.lookup_hash(), ends_at, share, timer)
        with self._guard:
            self._drop()
            self._offer = offer
        timer.start()

    def standing(self) -> Offer | None:
        """Return the offer, if there is one that has not ended."""
        with self._guard:
            offer = self._offer
        if offer is not None and offer.ends_at <= self._clock():
            self._end(offer)
            return None
        return offer

    def take(self, offer: Offer) -> bool:
        """Take this offer away; tell whether it stood still."""
        with self._guard:
            return self._offer is offer and self._drop()

    def take_from(self, username: str) -> Offer | None:
        """Take away what this officer offers, and return it, if there was anything."""
        return self._take_if(lambda offer: offer.username == username)

    def take_session(self, session: bytes) -> Offer | None:
        """Take away what is offered in this session, and return it, if there was anything."""
        return self._take_if(lambda offer: offer.session == session)

    def clear(self) -> None:
        """Take away whatever is offered: the shares were made anew."""
        with self._guard:
            self._drop()

    def _end(self, offer: Offer) -> None:
        if self.take(offer):
            # It has ended already, and must have, whether that can be recorded or not.
            with suppress(NoRoom, SQLAlchemyError), offer.desk.database.writing() as connection:
                record_act(connection, offer.username, Act.UNLOCK_OFFER_END, note=BY_ITSELF)

    def _take_if(self, is_meant: Callable[[Offer], bool]) -> Offer | None:
        with self._guard:
            offer = self._offer
            if offer is None or not is_meant(offer):
                return None
            self._drop()
            return offer

    def _drop(self) -> bool:
        if self._offer is None:
            return False
        self._offer.timer.cancel()
        self._offer = None
        return True
