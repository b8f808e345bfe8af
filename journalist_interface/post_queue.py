"""The queue of the post: what an officer sees of a letter before opening it.

Locked: how many wait, and since which day. Unlocked: danger, whom it must not reach, topics, number of files; never
the message. The order: danger now, perhaps danger, abuse of a partner or for a sexual purpose (those who live with the
person rarely tick "danger"), any other topic, no topic; then the day. A further letter for a case this officer is not
cleared for shows nothing at all, and stands last.
Letters are read for a bounded time per page; the rest are read when the page is shown again. How many were read, and
which did not open, is recorded before anything of them is shown.
"""

import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace

from journalist_interface.case_documents import Card
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import CannotOpen, IntakeLocked
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.letter_opening import Danger, case_altered, danger_in, open_letter
from journalist_interface.sessions import SignedIn
from keys.case_key import CaseKey
from keys.errors import SealBroken
from keys.reply import reply_address
from store.desk.audit import Act, record_act
from store.desk.cases import cleared_for, find_case_of_source, is_known_address
from store.desk.parcels import Parcel, list_parcels, mark_problem
from store.errors import Missing, NoRoom

READING_SECONDS = 2.0
_NEAR_TOPICS = frozenset({"partner", "sexual"})


@dataclass(frozen=True)
class Preview:
    """What is shown of one letter. `hidden`: it is a colleague's. `case` is the case's name if it continues one, and
    `cleared` are those who can read that case already."""

    submission: str
    collected_day: str
    danger: Danger = Danger.NONE
    topics: tuple[str, ...] = ()
    must_not_reach: str = field(default="", repr=False)
    files: int = 0
    case: str = ""
    cleared: tuple[str, ...] = ()
    is_one_way: bool = False
    hidden: bool = False
    address: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Queue:
    """The post. `previews` is empty while the key is locked; `unread` counts letters not looked at yet.

    Without `has_room` they cannot be looked at before the disk has some.
    """

    waiting: int
    since: str
    previews: tuple[Preview, ...]
    unread: int
    problems: tuple[Parcel, ...]
    has_room: bool = True


def look_at_post(desk: Desk, lock: IntakeLock, signed_in: SignedIn, seconds: float = READING_SECONDS) -> Queue:
    """Return the queue; if this officer's key is unlocked, read letters for up to `seconds`."""
    with desk.database.reading() as connection:
        parcels = list_parcels(connection)
    sound = [parcel for parcel in parcels if parcel.problem is None]
    problems = tuple(parcel for parcel in parcels if parcel.problem is not None)
    since = sound[0].collected_day if sound else ""
    try:
        passphrase = lock.passphrase(signed_in)
        known = lock.previews(signed_in)
    except IntakeLocked:
        return Queue(len(sound), since, (), 0, problems)
    _forget_outdated(desk, known)
    has_room = True
    fresh: dict[str, Preview] = {}
    deadline = time.monotonic() + seconds
    for parcel in sound:
        if parcel.submission not in known and time.monotonic() < deadline:
            try:
                fresh[parcel.submission] = _preview(desk, signed_in, passphrase, parcel)
            except CannotOpen as reason:
                problems += (note_problem(desk, signed_in, parcel, reason),)
            except NoRoom:
                has_room = False
                break
    try:
        _record_reading(desk, signed_in, fresh)
        known.update(fresh)
    except NoRoom:
        # What nobody could read about is not shown.
        has_room = False
    still = [parcel for parcel in sound if parcel.submission not in {bad.submission for bad in problems}]
    previews = share_notes([known[parcel.submission] for parcel in still if parcel.submission in known])
    previews.sort(key=place_in_queue)
    return Queue(len(still), since, tuple(previews), len(still) - len(previews), problems, has_room)


def place_in_queue(preview: Preview) -> tuple[int, int, str, str]:
    """Return what the queue is sorted by, the most urgent first."""
    if _NEAR_TOPICS.intersection(preview.topics):
        topics = 0
    elif preview.topics:
        topics = 1
    else:
        topics = 2
    return (-preview.danger, topics, preview.collected_day, preview.submission)


def share_notes(previews: Collection[Preview]) -> list[Preview]:
    """Give every letter the notes of all waiting letters of its source: what must not reach somebody is the whole case.

    A source who writes twice may say it once; the letter that comes first makes the case, and clears its readers.
    """
    notes: dict[str, dict[str, None]] = {}
    for preview in previews:
        if preview.address and preview.must_not_reach:
            notes.setdefault(preview.address, {})[preview.must_not_reach] = None
    return [
        replace(preview, must_not_reach="\n".join(notes[preview.address])) if preview.address in notes else preview
        for preview in previews
    ]


def held_back(desk: Desk, lock: IntakeLock, signed_in: SignedIn, waiting: Collection[Parcel]) -> set[str]:
    """Return the submissions that only a person may open: a note concerns them, or they do not open at all.

    Every waiting letter is read first: one that is read last may be about all of them. Raises IntakeLocked, NoRoom.
    """
    previews: list[Preview] = []
    fresh: dict[str, Preview] = {}
    found: set[str] = set()
    for parcel in waiting:
        passphrase = lock.passphrase(signed_in)
        known = lock.previews(signed_in)
        try:
            # Locking empties `known` at any moment, so it is asked once.
            preview: Preview | None = known.get(parcel.submission)
            if preview is None:
                preview = fresh[parcel.submission] = _preview(desk, signed_in, passphrase, parcel)
            previews.append(preview)
        except CannotOpen as reason:
            note_problem(desk, signed_in, parcel, reason)
            found.add(parcel.submission)
    _record_reading(desk, signed_in, fresh)
    return found | {preview.submission for preview in share_notes(previews) if preview.must_not_reach}


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


def _record_reading(desk: Desk, signed_in: SignedIn, fresh: Collection[str]) -> None:
    """Record how many letters an officer looked into just now. Raises NoRoom."""
    if fresh:
        with desk.database.writing() as connection:
            record_act(connection, signed_in.username, Act.QUEUE, note=str(len(fresh)))


def _forget_outdated(desk: Desk, known: dict[str, Preview]) -> None:
    # A source may have got a case since: the letter then belongs there, or is a colleague's.
    with desk.database.reading() as connection:
        for submission, preview in tuple(known.items()):
            if preview.address and not preview.case and is_known_address(connection, preview.address):
                del known[submission]


def _preview(desk: Desk, signed_in: SignedIn, passphrase: str, parcel: Parcel) -> Preview:
    letter = open_letter(desk, passphrase, parcel)
    case = ""
    cleared: tuple[str, ...] = ()
    address = None if letter.reply_key is None else reply_address(letter.reply_key)
    if address is not None:
        with desk.database.reading() as connection:
            if is_known_address(connection, address):
                try:
                    row = find_case_of_source(connection, signed_in.username, address)
                except Missing:
                    return Preview(parcel.submission, parcel.collected_day, hidden=True)
                try:
                    key = CaseKey.open(row.sealed_key, signed_in.key, row.id)
                    case = Card.open(key, row.id, row.sealed_card).name
                except SealBroken as reason:
                    raise case_altered() from reason
                cleared = cleared_for(connection, row.id)
    return Preview(
        submission=parcel.submission,
        collected_day=parcel.collected_day,
        danger=danger_in(letter),
        topics=letter.topics,
        must_not_reach=letter.must_not_reach,
        files=len(letter.attachments),
        case=case,
        cleared=cleared,
        is_one_way=address is None,
        address=address,
    )
