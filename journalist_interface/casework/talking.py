"""What the page of a case says of talking with its source: drafts, who else writes, templates, the next collection."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase
from journalist_interface.casework.drafts import Draft, Writer, read_drafts, writers_of_replies
from journalist_interface.casework.presence import Presence, Seen
from journalist_interface.clock import now
from journalist_interface.desk_folder import Desk
from journalist_interface.sessions import SignedIn
from store.desk.cases import cleared_for
from store.desk.courier_state import read_courier
from store.desk.roles import Role, at_work
from store.desk.templates import Template, Writing, list_templates


@dataclass(frozen=True)
class NextCollection:
    """When the courier goes next (Unix seconds); None: nobody knows. `last_at`: when it came back last, if ever."""

    is_under_way: bool
    is_alive: bool
    next_at: int | None
    last_at: int | None


@dataclass(frozen=True)
class PartsDraft:
    """A draft that whoever looks kept in a case before it was made a part of this one."""

    name: str
    reference: str
    draft: Draft = field(repr=False)


@dataclass(frozen=True)
class Talk:
    """What stands beside the forms, by what is written: `drafts` of whoever looks, `templates` for everybody.

    `writers` keep a draft of a reply here; `present` had the page lately, and keep none. `of_parts` are further drafts
    of whoever looks, in the other parts of the case: words that the forms are not filled with.
    """

    drafts: Mapping[str, Draft] = field(repr=False)
    writers: tuple[Writer, ...]
    present: tuple[Seen, ...]
    templates: Mapping[str, tuple[Template, ...]]
    collection: NextCollection
    of_parts: Mapping[str, tuple[PartsDraft, ...]] = field(default_factory=dict, repr=False)


def look_at_talk(
    desk: Desk, presence: Presence, signed_in: SignedIn, case: OpenCase, parts: Sequence[OpenCase] = ()
) -> Talk:
    """Return it for a case that this reviewer has open, and its parts besides, if it has any."""
    others = [part for part in parts if part.row.id != case.row.id]
    with desk.database.reading() as connection:
        # Who was kept out, suspended or does other work now writes nothing here, whatever they left.
        reviewers = set(at_work(connection, Role.REVIEWER)) - {signed_in.username}
        colleagues = reviewers & set(cleared_for(connection, case.row.id))
        writers = tuple(
            writer
            for each in (case, *others)
            for writer in writers_of_replies(
                connection, each.row.id, reviewers & set(cleared_for(connection, each.row.id))
            )
        )
        of_parts = {each.row.id: read_drafts(connection, each, signed_in.username) for each in others}
        drafts = {writing.value: each for writing, each in read_drafts(connection, case, signed_in.username).items()}
        templates = list_templates(connection)
        collection = read_next_collection(connection)
    return Talk(
        drafts,
        writers,
        _present(presence, case.row.reference, signed_in.username, colleagues - {each.username for each in writers}),
        {each.value: tuple(one for one in templates if one.used_for is each) for each in Writing},
        collection,
        {
            writing.value: tuple(
                PartsDraft(each.card.name, each.row.reference, of_parts[each.row.id][writing])
                for each in others
                if writing in of_parts[each.row.id]
            )
            for writing in Writing
        },
    )


def read_next_collection(connection: Connection) -> NextCollection:
    """Return when what was sent is expected to leave."""
    courier, moment = read_courier(connection), now()
    is_alive = courier.is_alive(moment)
    next_at = courier.next_at if is_alive and courier.next_at is not None and courier.next_at >= moment else None
    return NextCollection(courier.is_running(moment), is_alive, next_at, courier.finished_at)


def _present(presence: Presence, reference: str, username: str, among: Collection[str]) -> tuple[Seen, ...]:
    return tuple(presence.others(reference, username, among, now()))
