"""Reading the letters of the post with the intake key: in memory, for a bounded time, and recorded.

- What was read is kept with the unlocked key and forgotten with it; what it was compared with is not kept.
- A preview is old when its source has got a case, or the case other readers, or a reviewer other recusals, or when
  something came into a case that it joins: it is read anew.
- How many letters were read, and which did not open, is recorded before anything of them is shown; with it, the readers
  of a case that is not this officer's are told that a further letter waits.
"""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from journalist_interface.conflicts import Asked
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import CannotOpen, IntakeLocked
from journalist_interface.further_letters import tell_readers
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.joined_notes import joined_place_of
from journalist_interface.letter_opening import open_letter
from journalist_interface.post_preview import Preview, place_of, preview_letter, share_notes
from journalist_interface.sessions import SignedIn
from journalist_interface.who_can_read import read_recusals, state_of_recusals
from store.desk.audit import Act, record_act
from store.desk.parcels import Parcel, list_parcels, mark_problem
from store.errors import Missing, NoRoom


@dataclass(frozen=True)
class Reading:
    """The post as far as it was read. `previews` are those this officer may see, each with the notes of its source.

    `unread` counts letters not looked at yet; without `has_room` they cannot be before the disk has some.
    """

    previews: tuple[Preview, ...]
    unread: int
    problems: tuple[Parcel, ...]
    has_room: bool

    @property
    def waiting(self) -> int:
        """How many letters wait, as far as this officer may know."""
        return len(self.previews) + self.unread


def read_post(desk: Desk, lock: IntakeLock, signed_in: SignedIn, seconds: float | None) -> Reading:
    """Read what was not read yet, for up to `seconds`, or all of it. Raises IntakeLocked, also in the middle."""
    known = lock.previews(signed_in)
    with desk.database.reading() as connection:
        parcels = list_parcels(connection)
        state = state_of_recusals(connection)
        places = {each.address: place_of(connection, each.address) for each in tuple(known.values())}
        joined = {each.joins: joined_place_of(connection, each.joins) for each in tuple(known.values())}
        _forget_outdated(known, state, places, joined)
    waiting = {parcel.submission: parcel for parcel in parcels if parcel.problem is None}
    for gone in set(known) - waiting.keys():
        known.pop(gone, None)
    work = _Work(desk, lock, signed_in, state)
    work.read([waiting[submission] for submission in waiting if submission not in known], seconds)
    if work.locked is not None:
        raise work.locked
    if work.is_recorded:
        known.update(work.fresh)
    refused = {parcel.submission for parcel in work.problems}
    still = [submission for submission in waiting if submission not in refused]
    seen = [known[submission] for submission in still if submission in known]
    return Reading(
        previews=tuple(share_notes([preview for preview in seen if not preview.hidden])),
        unread=len(still) - len(seen),
        problems=tuple(parcel for parcel in parcels if parcel.problem is not None) + tuple(work.problems),
        has_room=work.has_room,
    )


class _Work:
    """One pass over letters that nobody has looked at."""

    def __init__(self, desk: Desk, lock: IntakeLock, signed_in: SignedIn, state: bytes) -> None:
        self._desk, self._lock, self._signed_in, self._state = desk, lock, signed_in, state
        self._asked: tuple[Asked, ...] | None = None
        self.fresh: dict[str, Preview] = {}
        self.problems: list[Parcel] = []
        self.locked: IntakeLocked | None = None
        self.has_room = True
        self.is_recorded = False

    def read(self, parcels: list[Parcel], seconds: float | None) -> None:
        """Read until all is read, the time is over, the key is locked or the disk is full; then record it."""
        deadline = None if seconds is None else time.monotonic() + seconds
        try:
            for parcel in parcels:
                if deadline is not None and time.monotonic() >= deadline:
                    break
                self._read_one(parcel)
        except IntakeLocked as reason:
            self.locked = reason
        except NoRoom:
            self.has_room = False
        try:
            self._record()
            self.is_recorded = True
        except NoRoom:
            # What nobody could read about is not shown.
            self.has_room = False

    def _read_one(self, parcel: Parcel) -> None:
        # Asked for anew each time: locking the key must end it.
        passphrase = self._lock.passphrase(self._signed_in)
        if self._asked is None:
            self._asked = read_recusals(self._desk, passphrase)
        try:
            letter = open_letter(self._desk, passphrase, parcel)
            with self._desk.database.reading() as connection:
                preview = preview_letter(connection, self._signed_in, parcel, letter, self._asked, self._state)
        except CannotOpen as reason:
            self.problems.append(note_problem(self._desk, self._signed_in, parcel, reason))
        else:
            self.fresh[parcel.submission] = preview

    def _record(self) -> None:
        if not self.fresh:
            return
        with self._desk.database.writing() as connection:
            record_act(connection, self._signed_in.username, Act.QUEUE, note=str(len(self.fresh)))
            for preview in self.fresh.values():
                # Its case may have got other readers while it was read: then it is old, and read with the next page.
                if preview.hidden and preview.place == place_of(connection, preview.address):
                    tell_readers(connection, self._signed_in.username, preview)


def note_problem(desk: Desk, signed_in: SignedIn, parcel: Parcel, reason: CannotOpen) -> Parcel:
    """Keep the parcel, with the reason why it did not open, record who tried, and return it so."""
    # Another officer may have opened it meanwhile, by luck or with a mended agent: then there is nothing to note.
    # And a full disk must not hide the queue: it is looked at again with the next page.
    with suppress(Missing, NoRoom), desk.database.writing() as connection:
        mark_problem(connection, parcel.submission, reason.sentence)
        record_act(connection, signed_in.username, Act.OPEN_FAILED, note=parcel.submission)
    return Parcel(parcel.submission, parcel.day, parcel.collected_day, reason.sentence, parcel.parts)


def record_refusal(desk: Desk, signed_in: SignedIn, submission: str) -> None:
    """Record that somebody wanted to open a letter of a case that is not theirs. Raises NoRoom."""
    with desk.database.writing() as connection:
        record_act(connection, signed_in.username, Act.OPEN_FAILED, note=submission)


def _forget_outdated(
    known: dict[str, Preview],
    state: bytes,
    places: Mapping[str | None, tuple[str, ...]],
    joined: Mapping[str, tuple[str, ...]],
) -> None:
    for submission, preview in tuple(known.items()):
        is_so_still = preview.place == places.get(preview.address, ()) and (
            preview.hidden or preview.joined_place == joined.get(preview.joins, ())
        )
        if preview.state != state or not is_so_still:
            known.pop(submission, None)
