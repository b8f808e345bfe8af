"""What the page of a case says of talking with its source: drafts, who else writes, templates, the next collection."""

from collections.abc import Collection, Mapping
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
class Talk:
    """What stands beside the forms, by what is written: `drafts` of whoever looks, `templates` for everybody.

    `writers` keep a draft of a reply here; `present` had the page lately, and keep none.
    """

    drafts: Mapping[str, Draft] = field(repr=False)
    writers: tuple[Writer, ...]
    present: tuple[Seen, ...]
    templates: Mapping[str, tuple[Template, ...]]
    collection: NextCollection


def look_at_talk(desk: Desk, presence: Presence, signed_in: SignedIn, case: OpenCase) -> Talk:
    """Return it for a case that this reviewer has open."""
    with desk.database.reading() as connection:
        # Who was kept out, suspended or does other work now writes nothing here, whatever they left.
        colleagues = set(cleared_for(connection, case.row.id)) & set(at_work(connection, Role.REVIEWER))
        colleagues.discard(signed_in.username)
        writers = tuple(writers_of_replies(connection, case.row.id, colleagues))
        drafts = {writing.value: each for writing, each in read_drafts(connection, case, signed_in.username).items()}
        templates = list_templates(connection)
        collection = read_next_collection(connection)
    return Talk(
        drafts,
        writers,
        _present(presence, case.row.reference, signed_in.username, colleagues - {each.username for each in writers}),
        {each.value: tuple(one for one in templates if one.used_for is each) for each in Writing},
        collection,
    )


def read_next_collection(connection: Connection) -> NextCollection:
    """Return when what was sent is expected to leave."""
    courier, moment = read_courier(connection), now()
    is_alive = courier.is_alive(moment)
    next_at = courier.next_at if is_alive and courier.next_at is not None and courier.next_at >= moment else None
    return NextCollection(courier.is_running(moment), is_alive, next_at, courier.finished_at)


def _present(presence: Presence, reference: str, username: str, among: Collection[str]) -> tuple[Seen, ...]:
    return tuple(presence.others(reference, username, among, now()))
