"""The queue of the post: what waits, the most urgent first, and who is proposed to read each new case.

Locked: how many wait, and since which day; that is all anybody can know. Unlocked: what this officer may see, and no
row and no count of a further letter for a case that is not theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from journalist_interface.clock import day_or_today, now, today
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import IntakeLocked
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.post_preview import Preview, place_in_queue
from journalist_interface.post_reading import read_post
from journalist_interface.proposing import Proposal, propose
from journalist_interface.sessions import SignedIn
from journalist_interface.who_can_read import candidates, load_of_reviewers
from store.desk.parcels import Parcel, list_parcels
from store.desk.waiting_post import count_waiting

READING_SECONDS = 2.0


@dataclass(frozen=True)
class Queue:
    """The post. `previews` is empty while the key is locked; `unread` counts letters not looked at yet.

    Without `has_room` they cannot be looked at before the disk has some. `proposals` has one for each letter of
    `previews` that would make a new case, by submission.
    """

    waiting: int
    since: str
    previews: tuple[Preview, ...]
    unread: int
    problems: tuple[Parcel, ...]
    has_room: bool = True
    proposals: Mapping[str, Proposal] = field(default_factory=dict)

    @property
    def noted(self) -> int:
        """How many letters carry a note."""
        return sum(bool(preview.must_not_reach) for preview in self.previews)

    @property
    def open_together(self) -> int:
        """How many letters can be opened without a person looking at each."""
        return sum(not needs_a_person(preview, self.proposals.get(preview.submission)) for preview in self.previews)


def look_at_post(desk: Desk, lock: IntakeLock, signed_in: SignedIn, seconds: float = READING_SECONDS) -> Queue:
    """Return the queue; if this officer's key is unlocked, read letters for up to `seconds`."""
    try:
        reading = read_post(desk, lock, signed_in, seconds)
    except IntakeLocked:
        with desk.database.reading() as connection:
            parcels = list_parcels(connection)
        sound = [parcel for parcel in parcels if parcel.problem is None]
        problems = tuple(parcel for parcel in parcels if parcel.problem is not None)
        return Queue(len(sound), sound[0].collected_day if sound else "", (), 0, problems)
    previews = sorted(reading.previews, key=place_in_queue)
    return Queue(
        waiting=reading.waiting,
        since=min((preview.collected_day for preview in previews), default=""),
        previews=tuple(previews),
        unread=reading.unread,
        problems=reading.problems,
        has_room=reading.has_room,
        proposals=_proposals(desk, signed_in, previews),
    )


def count_post(desk: Desk, lock: IntakeLock, signed_in: SignedIn) -> int:
    """Return how many parcels wait, as far as this officer may know; without reading any."""
    hidden = _hidden(lock, signed_in)
    with desk.database.reading() as connection:
        if not hidden:
            return count_waiting(connection)
        return sum(parcel.submission not in hidden for parcel in list_parcels(connection))


def oldest_in_post(desk: Desk, lock: IntakeLock, signed_in: SignedIn) -> str:
    """Return since which day the oldest parcel waits, as far as this officer may know, YYYY-MM-DD; empty for none."""
    hidden = _hidden(lock, signed_in)
    with desk.database.reading() as connection:
        seen = (day_or_today(each.collected_day) for each in list_parcels(connection) if each.submission not in hidden)
        return min(seen, default="")


def _hidden(lock: IntakeLock, signed_in: SignedIn) -> frozenset[str]:
    try:
        known = tuple(lock.previews(signed_in).values())
    except IntakeLocked:
        return frozenset()
    return frozenset(preview.submission for preview in known if preview.hidden)


def needs_a_person(preview: Preview, proposal: Proposal | None) -> bool:
    """Tell whether somebody must look before this is opened: a note, a conflict, or no good proposal for a new case.

    Also a new case whose source wrote before: whom it must not reach may stand in a case that this officer cannot read.
    """
    if preview.must_not_reach or (preview.joins and proposal is not None):
        return True
    if proposal is None:
        return any(conflict.username in preview.cleared for conflict in preview.conflicts)
    return proposal.doubtful


def _proposals(desk: Desk, signed_in: SignedIn, previews: list[Preview]) -> dict[str, Proposal]:
    with desk.database.reading() as connection:
        reviewers = candidates(connection, load_of_reviewers(connection, signed_in.username, now()))
    day = today()
    return {
        preview.submission: propose(preview.topics, reviewers, preview.conflicts, day)
        for preview in previews
        if not preview.case
    }
