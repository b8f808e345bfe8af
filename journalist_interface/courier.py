"""The courier: takes the outbox to the source host, then brings what waits there into the post. It holds no keys.

- The outbox goes first (courier_delivering): it is small, and no answer, least of all a withdrawal, should wait behind
  an hour of files.
- Each submission is checked, published, recorded, and only then confirmed: the source host erases nothing that is not
  here for good. The courier may die at any byte; the next run finds each thing done or not done, and does it once.
- One bad submission does not hold up the others: it is told of, and it stays where it is.
- The files of one submission come over several roads at once, its letter first; submissions one after the other.
- Over a line that somebody may watch, what is missing to the size class of the run is made up (courier_cover).
- What the judge (courier_rules) has not passed is not kept.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from functools import partial

from journalist_interface import courier_rules as rules
from journalist_interface.courier_cover import Exchange
from journalist_interface.courier_delivering import Delivering
from journalist_interface.courier_errors import CourierError, DoorDistrusted, DoorRefused, NoRoomForIt
from journalist_interface.courier_host_rules import read_health, read_intake_key, read_room, read_tor
from journalist_interface.courier_report import Report, Watcher
from journalist_interface.courier_roads import MOST_ROADS, Roads
from journalist_interface.courier_sight import Sight
from journalist_interface.door_client import DoorClient
from serving.language import gettext as _
from store.blobs import BlobFolder
from store.database import Database
from store.desk.outbox import move_reply
from store.desk.outgoing import finish_outgoing
from store.desk.parcels import (
    Parcel,
    ParcelPart,
    blobs_named,
    finish_openings,
    named_among,
    put_parcel,
    read_parcel,
    was_opened,
)
from store.drafts import Draft, no_room_or
from store.errors import AlreadyThere, Missing, NoRoom
from store.leftovers import clear_leftovers

# What concerns one submission, or the deliveries alone: the run goes on with the next.
_OF_ONE_THING = (DoorDistrusted, DoorRefused, NoRoomForIt)
_SMALL = (Exchange.SMALL_ANSWER, Exchange.SMALL_POST)


class Courier:
    """One run. The caller makes sure that there is only one at a time for a data folder."""

    def __init__(
        self,
        database: Database,
        post: BlobFolder,
        outgoing: BlobFolder,
        door: DoorClient,
        watcher: Watcher,
        roads: int = MOST_ROADS,
    ) -> None:
        """`post` is where parcels are put, `outgoing` where the files of replies lie; `roads` how many at most."""
        self._database = database
        self._post = post
        self._outgoing = outgoing
        self._door = door
        self._roads = Roads(door, roads)
        self._cover = door.manner.cover
        self._watcher = watcher
        self._report = Report()
        self._delivering = Delivering(database, outgoing, door, watcher, self._report)

    def run(self) -> Report:
        """Deliver, then collect, as far as that goes; what could not be done stands in the report's problems."""
        self._sweep()
        with closing(self._roads):
            try:
                self._exchange()
            except CourierError as ended:
                self._report.problems.append(str(ended))
        self._report.is_bare = self._cover.is_lacking
        return self._report

    def _exchange(self) -> None:
        try:
            self._delivering.deliver()
        except _OF_ONE_THING as refused:
            # A door that answers deliveries wrongly may still hold what sources have sent.
            self._report.problems.append(str(refused))
        for _each in range(self._cover.missing(Exchange.LARGE_POST)):
            self._door.make_up(Exchange.LARGE_POST)
        self._collect()
        self._make_up_small()
        self._make_up_pieces()
        self._ask_for_host()

    def _sweep(self) -> None:
        # Drafts, what was published and never recorded, and what the desk has opened and could not erase.
        clear_leftovers(self._post, partial(blobs_named, self._database))
        finish_openings(self._database, self._post)
        # Files of what was delivered or taken back. The drafts there are the desk's.
        finish_outgoing(self._database, self._outgoing)

    def _collect(self) -> None:
        after = ""
        for _page in range(rules.MOST_PAGES):
            page = rules.read_page(self._door.list_waiting(after), after)
            self._hear(page.notices)
            for listed in page.submissions:
                try:
                    self._take(listed)
                except _OF_ONE_THING as refused:
                    if not self._was_withdrawn(listed, refused):
                        self._report.problems.append(str(refused))
            if page.last is None:
                return
            after = page.last

    def _make_up_small(self) -> None:
        # In turn, as letters and their confirmations go; and on each road, so that each run opens as many.
        roads = self._roads.all()
        while missing := [kind for kind in _SMALL if self._cover.missing(kind)]:
            for kind in missing:
                road = self._door if kind.is_post else roads[self._cover.count(kind) % len(roads)]
                road.make_up(kind)

    def _make_up_pieces(self) -> None:
        piece = partial(DoorClient.make_up, kind=Exchange.PIECE)
        self._roads.share([piece] * self._cover.missing(Exchange.PIECE))

    def _ask_for_host(self) -> None:
        # Last: what was collected has just made room.
        self._report.source_room = read_room(self._door.room())
        self._report.source_key = read_intake_key(self._door.intake_key())
        self._report.source_health = read_health(self._door.health())
        if self._door.is_through_tor:
            self._report.source_tor = read_tor(self._door.tor())

    def _hear(self, notices: Sequence[rules.ListedNotice]) -> None:
        if notices:
            with self._database.writing() as connection:
                for notice in notices:
                    move_reply(connection, notice.reply, notice.state)
            rules.read_confirmed(self._door.confirm(rules.write_confirm((), notices)), ())
        elif self._cover.is_on:
            # Whether a source has read an answer must not show either.
            self._door.make_up(Exchange.SMALL_POST)

    def _take(self, listed: rules.Listed) -> None:
        if rules.decide(listed, self._holding(listed), self._post.free_bytes()) is rules.Step.FETCH:
            self._fetch(listed)
            self._record(listed)
            self._post.settle(list(listed.sha256s()))
            self._report.stored += 1
            self._watcher.submission_stored(len(listed.parts) - 1, listed.size)
        rules.read_confirmed(self._door.confirm(rules.write_confirm((listed,), ())), (listed,))

    def _was_withdrawn(self, listed: rules.Listed, refused: CourierError) -> bool:
        """Tell whether its source has taken it back since it was listed: then there is nothing to be told of here."""
        if not isinstance(refused, DoorRefused) or refused.status != 404:
            return False
        # Whatever else is not found is still offered, and is a fault of the door.
        before = rules.id_before(listed.submission)
        return not rules.is_offered(listed, rules.read_page(self._door.list_waiting(before), before))

    def _holding(self, listed: rules.Listed) -> rules.Holding:
        with self._database.reading() as connection:
            try:
                parcel = read_parcel(connection, listed.submission)
                in_post = {part.blob: part.sha256 for part in parcel.parts}
            except Missing:
                in_post = None
            return rules.Holding(
                opened=was_opened(connection, listed.submission),
                in_post=in_post,
                named=named_among(connection, listed.sha256s()),
            )

    def _fetch(self, listed: rules.Listed) -> None:
        try:
            with ExitStack() as stack:
                # The letter names its attachments by the ids of the source host, so they keep them here.
                drafts = [stack.enter_context(self._post.draft(part.blob)) for part in listed.parts]
                self._fill(drafts, listed)
        except NoRoom as reason:
            # A draft may be closed without room, too: what is still buffered is written then.
            raise NoRoomForIt from reason

    def _fill(self, drafts: Sequence[Draft], listed: rules.Listed) -> None:
        sight = Sight(self._watcher, listed.size)
        letter, *others = [
            partial(_fetch_part, part=part, draft=draft, say=partial(sight.came, part.blob))
            for part, draft in zip(listed.parts, drafts, strict=True)
        ]
        # Alone, and first: it is small, and a source host that does not give it up has nothing to offer.
        letter(self._door)
        self._roads.share(others)
        try:
            self._post.publish(list(listed.sha256s()))
        except AlreadyThere as reason:
            # No row names it: somebody restored it, or it was altered. It may be the only copy of something.
            raise DoorDistrusted(
                _("other bytes lie in the post under one of its names; candour-desk check says which")
            ) from reason

    def _record(self, listed: rules.Listed) -> None:
        parts = tuple(ParcelPart(part.blob, part.kind, part.size, part.sha256) for part in listed.parts)
        today = datetime.now(UTC).date().isoformat()
        put_parcel(self._database, Parcel(listed.submission, listed.day, today, None, parts))


def _fetch_part(door: DoorClient, part: rules.ListedPart, draft: Draft, say: Callable[[int], None]) -> None:
    """Bring one blob over one road, durable and checked. It runs beside others of its submission."""
    try:
        door.fetch_blob(part.blob, part.size, draft.file, say)
        blob = draft.seal_finished()
    except OSError as reason:
        # The door's troubles are CourierErrors: what comes here is our own disk's.
        raise no_room_or(reason) from reason
    rules.check_blob(part, blob.size, blob.sha256)
