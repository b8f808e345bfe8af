"""What an officer is shown of one letter before it is opened, and in which order.

Danger, whom it must not reach, topics, number of files, and which reviewers have a conflict; never the message. The
order: danger now, perhaps danger, abuse of a partner or for a sexual purpose (those who live with the person rarely
tick "danger"), any other topic, no topic; then the day.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from journalist_interface.case_access import with_key
from journalist_interface.conflicts import Asked, Conflict, find_conflicts
from journalist_interface.joined_notes import joined_place_of, look_at_joined
from journalist_interface.letter_opening import Danger, case_altered, danger_in
from journalist_interface.sessions import SignedIn
from keys.errors import SealBroken
from keys.letter import Letter
from keys.reply import reply_address
from store.desk.cases import find_case_of_source
from store.desk.further import case_of_source
from store.desk.parcels import Parcel

_NEAR_TOPICS = frozenset({"partner", "sexual"})


@dataclass(frozen=True)
class Preview:
    """What is kept of one letter while the key is unlocked. `case` is the case's name if it continues one, `cleared`
    those who can read that case already.

    `withdraws`: its source takes the report back; `is_withdrawn`: another letter of its source that waits here does.

    `hidden`: it continues a case that is not this officer's; nothing of it is shown. `conflicts` is who should not read
    it. `place` and `state` say of what this holds: the source's case and its readers, and the recusals compared.

    `joins` is the address of another codename that the source says to have written under; `joined` the name of its case
    if this officer can read that: then its notes and conflicts count here too. `joined_place` is as `place`, of it.
    """

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
    withdraws: bool = False
    is_withdrawn: bool = False
    address: str | None = field(default=None, repr=False)
    conflicts: frozenset[Conflict] = field(default=frozenset(), repr=False)
    place: tuple[str, ...] = field(default=(), repr=False)
    state: bytes = field(default=b"", repr=False)
    joins: str = field(default="", repr=False)
    joined: str = ""
    joined_place: tuple[str, ...] = field(default=(), repr=False)


def preview_letter(
    connection: Connection,
    signed_in: SignedIn,
    parcel: Parcel,
    letter: Letter,
    asked: Collection[Asked],
    state: bytes,
) -> Preview:
    """Return what this officer is shown of an opened letter. `asked` is compared with it, and kept nowhere.

    Raises CannotOpen if it continues a case that was altered.
    """
    address = None if letter.reply_key is None else reply_address(letter.reply_key)
    place = place_of(connection, address)
    if is_hidden(signed_in, place):
        return _hidden_preview(parcel, letter, address, place, state)
    joins = "" if letter.joins == address else letter.joins
    before = look_at_joined(connection, signed_in, joins)
    note = "\n".join(filter(None, dict.fromkeys((letter.must_not_reach, *before.notes))))
    return Preview(
        submission=parcel.submission,
        collected_day=parcel.collected_day,
        danger=danger_in(letter),
        topics=letter.topics,
        must_not_reach=note,
        files=len(letter.attachments),
        case=_name_of_case(connection, signed_in, address) if place else "",
        cleared=place[1:],
        is_one_way=address is None,
        withdraws=letter.withdraws,
        address=address,
        conflicts=find_conflicts(asked, note, _texts(letter)),
        place=place,
        state=state,
        joins=joins,
        joined=before.name,
        joined_place=joined_place_of(connection, joins),
    )


def _hidden_preview(
    parcel: Parcel, letter: Letter, address: str | None, place: tuple[str, ...], state: bytes
) -> Preview:
    """Return what an officer is shown who cannot read the case: that there is a letter, since when, and its danger."""
    # Danger is kept for those who can read the case (further_letters.py).
    came = (parcel.submission, parcel.collected_day)
    return Preview(*came, danger_in(letter), hidden=True, address=address, place=place, state=state)


def _name_of_case(connection: Connection, signed_in: SignedIn, address: str | None) -> str:
    if address is None:
        return ""
    row = find_case_of_source(connection, signed_in.username, address)
    try:
        return with_key(connection, signed_in, row).card.name
    except SealBroken as reason:
        raise case_altered() from reason


def place_of(connection: Connection, address: str | None) -> tuple[str, ...]:
    """Return the id of a source's case and those at work who can read it; nothing if there is no case yet."""
    found = None if address is None else case_of_source(connection, address)
    return () if found is None else (found[0], *found[1])


def is_hidden(signed_in: SignedIn, place: tuple[str, ...]) -> bool:
    """Tell whether a letter continues a case that is not this officer's."""
    return bool(place) and signed_in.username not in place[1:]


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
    """Give every letter the notes and the conflicts of all waiting letters of its source: they concern the whole case;
    and tell whether one of them takes the report back: that should be known before any of them is opened.

    A source who writes twice may say it once; the letter that comes first makes the case, and clears its readers. What
    was written under a codename that a letter joins counts as well: at worst, one note too many is looked at.
    """
    sources = _one_source(previews)
    notes: dict[str, dict[str, None]] = {}
    conflicts: dict[str, set[Conflict]] = {}
    withdrawn = {preview.address for preview in previews if preview.withdraws}
    for preview in previews:
        if preview.address:
            source = sources[preview.address]
            notes.setdefault(source, {}).update(dict.fromkeys(preview.must_not_reach.split("\n")))
            conflicts.setdefault(source, set()).update(preview.conflicts)
    return [
        replace(
            preview,
            must_not_reach="\n".join(filter(None, notes[sources[preview.address]])),
            conflicts=frozenset(conflicts[sources[preview.address]]),
            is_withdrawn=preview.address in withdrawn,
        )
        if preview.address
        else preview
        for preview in previews
    ]


def _one_source(previews: Collection[Preview]) -> dict[str, str]:
    """Return for each address one that stands for all that letters say are one source's."""
    sources = {address: address for each in previews for address in (each.address, each.joins) if address}
    for preview in previews:
        if preview.address and preview.joins:
            here, there = sources[preview.address], sources[preview.joins]
            sources = {address: here if source == there else source for address, source in sources.items()}
    return sources


def _texts(letter: Letter) -> list[str]:
    return [letter.message, *(answer.text for answer in letter.answers), *(each.name for each in letter.attachments)]
