"""What would be done with many cases, before it is done: to which, to which not and why, and what deserves a look.

- Each case is named as it is at this moment, by a `seal` of its state. What comes in later, a letter above all, gives
  it another one, and then nothing is done to it (bulk.py).
- What is dangerous to close with the rest is not closed with the rest: danger, letters that nobody read, questions
  that are open, letters that wait in the post. Each such case needs a tick of its own.
- Whoever is not cleared for a case learns of it what there is to learn of a case that never was: nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase, open_case
from journalist_interface.casework.board import Board
from journalist_interface.casework.bulk_wish import NOBODY, Deed, Wish
from journalist_interface.casework.work import MOST_TAGS
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.further_letters import Further, read_further
from journalist_interface.sessions import SignedIn
from keys.errors import SealBroken
from keys.statuses import Status
from serving.language import gettext as _
from serving.language import ngettext
from store.desk.further import readers_at_work
from store.desk.items import next_position
from store.errors import Missing

MOST_AT_ONCE = 200  # cases
_SEAL_DIGITS = 16
_BETWEEN = "."


@dataclass(frozen=True)
class Planned:
    """A case to which it would be done. `picked` is how a form names it: reference, items seen, seal of its state."""

    reference: str
    name: str
    picked: str
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Skipped:
    """A case to which it would not be done, and why. Without a name it is not there for whoever asks."""

    reference: str
    name: str
    why: str


@dataclass(frozen=True)
class Plan:
    """What would be done. `alarming` need a tick each. `told` sources would get the reason, of those `ready`; what
    `one_way` sources said can be answered by nobody."""

    wish: Wish = field(repr=False)
    ready: tuple[Planned, ...]
    alarming: tuple[Planned, ...]
    skipped: tuple[Skipped, ...]
    told: int
    told_alarming: int
    one_way: int


@dataclass(frozen=True)
class Picked:
    """A case as a form names it; `items` and `seal` are empty where nobody looked yet."""

    reference: str
    items: str = ""
    seal: str = ""

    @classmethod
    def read(cls, untrusted: str) -> "Picked":
        """Return what a form names."""
        reference, items, seal = [*untrusted[:64].split(_BETWEEN), "", ""][:3]
        return cls(reference, items, seal)


def read_picked(untrusted: Iterable[str]) -> tuple[Picked, ...]:
    """Return the cases that were picked, each once. Raises WritingRefused if they are none, or too many."""
    picked = tuple({each.reference: each for each in map(Picked.read, untrusted)}.values())
    if not picked:
        raise WritingRefused(_("Tick a case first. Nothing was changed."))
    if len(picked) > MOST_AT_ONCE:
        said = _("{count} cases are too many: {most} is the most at once. Nothing was changed.")
        raise WritingRefused(said.format(count=len(picked), most=MOST_AT_ONCE))
    return picked


@dataclass(frozen=True)
class Choice:
    """The cases that were picked, by reference and name, and who of the staff can read how many of them."""

    cases: tuple[tuple[str, str], ...]
    readers: tuple[tuple[str, int], ...]
    tags: tuple[str, ...]


def look_at_picked(desk: Desk, board: Board, signed_in: SignedIn, picked: Iterable[Picked]) -> Choice:
    """Return what can be chosen for the cases that were picked; those that are not there are left out."""
    wanted = [each.reference for each in picked]
    there = {case.reference: case for case in board.look(desk, signed_in).values()}
    cases = [there[reference] for reference in wanted if reference in there]
    with desk.database.reading() as connection:
        readers = Counter(name for case in cases for name in readers_at_work(connection, case.id))
    names = tuple((case.reference, "" if case.card is None else case.card.name) for case in cases)
    return Choice(
        names, tuple(sorted(readers.items())), tuple(sorted({tag for case in cases for tag in case.work.tags}))
    )


def plan_bulk(desk: Desk, signed_in: SignedIn, wish: Wish, picked: Iterable[Picked]) -> Plan:
    """Return what would be done. Nothing is."""
    further = read_further(desk, signed_in)
    ready: list[Planned] = []
    alarming: list[Planned] = []
    skipped: list[Skipped] = []
    told = told_alarming = one_way = 0
    with desk.database.reading() as connection:
        for each in picked:
            try:
                case = open_case(connection, signed_in, each.reference)
            except Missing:
                skipped.append(Skipped(each.reference, "", not_there()))
                continue
            except SealBroken:
                skipped.append(Skipped(each.reference, "", does_not_open()))
                continue
            why = why_not(connection, wish, case)
            if why:
                skipped.append(Skipped(each.reference, case.card.name, why))
                continue
            waits = further.get(case.row.id)
            name = picked_as(case, next_position(connection, case.row.id) - 1, waits)
            planned = Planned(each.reference, case.card.name, name, alarms_of(wish, case, waits))
            (alarming if planned.alarms else ready).append(planned)
            one_way += case.is_one_way
            told += not case.is_one_way and not planned.alarms
            told_alarming += not case.is_one_way and bool(planned.alarms)
    return Plan(wish, tuple(ready), tuple(alarming), tuple(skipped), told, told_alarming, one_way)


def picked_as(case: OpenCase, items: int, waits: Further | None) -> str:
    """Return how a form names a case as it is now."""
    return _BETWEEN.join((case.row.reference, str(items), seal_of(case, waits)))


def seal_of(case: OpenCase, waits: Further | None) -> str:
    """Return what stands for the state of a case: another one if anything came into it, or somebody changed it."""
    work, card = case.work, case.card
    state = (case.row.status, card.timeline, card.danger, work.assignee, work.priority, work.tags)
    return sha256(repr((*state, waits.letters if waits else 0)).encode("utf-8", "surrogatepass")).hexdigest()[
        :_SEAL_DIGITS
    ]


def why_not(connection: Connection, wish: Wish, case: OpenCase) -> str:
    """Return why a wish cannot be done to a case, in a sentence; empty if it can."""
    if wish.deed is Deed.CLOSE:
        return _why_not_closed(case)
    after = wish.work_after(case.work)
    if after == case.work:
        return _("It is so already.")
    if wish.assignee not in ("", NOBODY, case.work.assignee, *readers_at_work(connection, case.row.id)):
        return _("{name} cannot read it, and so cannot work on it.").format(name=wish.assignee)
    if len(after.tags) > MOST_TAGS:
        return _("It would have more than {most} tags.").format(most=MOST_TAGS)
    return ""


def _why_not_closed(case: OpenCase) -> str:
    if case.row.status == Status.CLOSED.value:
        return _("It is closed already.")
    if case.card.danger is not False:
        return _("Somebody may be in danger. On its page, stand the danger down first.")
    if any(link.is_merged for link in case.work.links):
        return _("It may have parts: close it on its page.")
    if case.work.is_withdrawn:
        return _("Its source took the report back. Close it on its own page, and say what is kept.")
    return ""


def alarms_of(wish: Wish, case: OpenCase, waits: Further | None) -> tuple[str, ...]:
    """Return what somebody should look at before this case is closed with others."""
    if wish.deed is not Deed.CLOSE:
        return ()
    found: Mapping[str, bool] = {
        ngettext("{n} letter is unread.", "{n} letters are unread.", case.card.unread).format(n=case.card.unread): (
            case.card.unread > 0
        ),
        _("More waits in the post."): waits is not None,
        _("A question to the source is open."): case.row.status == Status.QUESTION.value or bool(case.work.waiting),
        _("A letter is not answered."): bool(case.work.unanswered) and not case.is_one_way,
    }
    return tuple(sentence for sentence, holds in found.items() if holds)


def not_there() -> str:
    """Return why nothing is done to a case that is not there for whoever asks."""
    return _("You have no such case (any more).")


def does_not_open() -> str:
    """Return why nothing is done to a case that was altered."""
    return _("It does not open: something in it was altered.")
