"""Doing one thing to many cases: each in a transaction of its own, by the use case that does it to one.

- One that is refused does not stop the rest; a crash in the middle leaves each case as it was or as it was wished.
- Every line of a timeline that comes of it has an id that follows from the form's and the case's. So whoever presses
  twice, or again after a crash, does nothing twice: what has its line was done.
- A case that is not as it was when its summary was shown is left alone, and said: a letter may have come.
- A request works for some seconds. What is left then is said, and done by a further press.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from journalist_interface.case_access import OpenCase, open_case
from journalist_interface.casework.assigning import WorkForm, set_work
from journalist_interface.casework.bulk_plan import Picked, Skipped, does_not_open, not_there, seal_of, why_not
from journalist_interface.casework.bulk_wish import Deed, Wish
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.further_letters import Further, read_further
from journalist_interface.sessions import SignedIn
from journalist_interface.writing import write_status
from keys.errors import Malformed, SealBroken
from keys.statuses import Status
from keys.strict_json import hex_id
from serving.language import gettext as _
from store.desk.items import is_item_of
from store.errors import Missing, NoRoom

LONGEST_SECONDS = 8.0  # of one request; then the rest waits for another press


@dataclass(frozen=True)
class DoneCase:
    """A case to which it was done."""

    reference: str
    name: str


@dataclass
class Report:
    """What became of each. `before`: this very form had done it already. `left` were not come to yet."""

    done: list[DoneCase] = field(default_factory=list)
    before: list[DoneCase] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    left: tuple[str, ...] = ()
    had_room: bool = True


def do_bulk(
    desk: Desk,
    signed_in: SignedIn,
    wish: Wish,
    untrusted_batch: str,
    untrusted: Sequence[str],
    seconds: float = LONGEST_SECONDS,
) -> Report:
    """Do it to the cases that a form names; `untrusted_batch` is the form's id. Raises WritingRefused."""
    wish.check()
    try:
        batch = hex_id(untrusted_batch)
    except Malformed as reason:
        raise WritingRefused(_("This form was not complete. Nothing was changed; send it again.")) from reason
    report, until = Report(), time.monotonic() + seconds
    further = read_further(desk, signed_in)
    for at, each in enumerate(untrusted):
        if time.monotonic() > until:
            report.left = tuple(untrusted[at:])
            return report
        try:
            _do_one(desk, signed_in, wish, batch, Picked.read(each), further, report)
        except NoRoom:
            # What was done is done; the rest can be done once there is room.
            report.left, report.had_room = tuple(untrusted[at:]), False
            return report
    return report


def item_of(batch: str, case_id: str) -> str:
    """Return the id of the line that a form's deed gets in a case."""
    return sha256(f"bulk {batch} {case_id}".encode("ascii")).hexdigest()[:32]


def _do_one(
    desk: Desk,
    signed_in: SignedIn,
    wish: Wish,
    batch: str,
    picked: Picked,
    further: Mapping[str, Further],
    report: Report,
) -> None:
    name = ""
    try:
        with desk.database.reading() as connection:
            case = open_case(connection, signed_in, picked.reference)
            name, item = case.card.name, item_of(batch, case.row.id)
            if is_item_of(connection, case.row.id, item):
                report.before.append(DoneCase(picked.reference, name))
                return
            why = why_not(connection, wish, case)
        if why or seal_of(case, further.get(case.row.id)) != picked.seal:
            report.skipped.append(Skipped(picked.reference, name, why or _changed()))
            return
        _act(desk, signed_in, wish, case, picked, item)
        report.done.append(DoneCase(picked.reference, name))
    except Missing:
        report.skipped.append(Skipped(picked.reference, "", not_there()))
    except SealBroken:
        report.skipped.append(Skipped(picked.reference, name, does_not_open()))
    except WritingRefused as refused:
        report.skipped.append(Skipped(picked.reference, name, refused.sentence))


def _act(desk: Desk, signed_in: SignedIn, wish: Wish, case: OpenCase, picked: Picked, item: str) -> None:
    if wish.deed is Deed.CLOSE:
        closed, seen = Status.CLOSED.value, picked.items
        write_status(desk, signed_in, picked.reference, item, closed, wish.reason, seen, untrusted_outcome=wish.outcome)
    else:
        was = WorkForm.of(case.work)
        set_work(desk, signed_in, picked.reference, wish.form_after(case.work), was, item_id=item)


def _changed() -> str:
    return _("Something came into it, or somebody changed it, since you looked. Look at it, then choose anew.")
