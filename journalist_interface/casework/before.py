"""The work on a case whose card is of before cards said anything of it: as far as its timeline tells, in clear."""

from collections.abc import Sequence
from datetime import UTC, datetime

from journalist_interface.casework.work import Work
from journalist_interface.clock import today
from keys.statuses import Status
from store.desk.cases import CaseRow
from store.desk.items import Item, ItemKind


def work_of_before(row: CaseRow, items: Sequence[Item]) -> Work:
    """Return what follows from the kinds and times of a timeline. Whose work it is, nobody can know: nobody's yet."""
    letters = [item.made_at for item in items if item.kind == ItemKind.LETTER.value]
    replies = [item.made_at for item in items if item.kind == ItemKind.REPLY.value]
    last_reply = max(replies, default=0)
    open_letters = [made_at for made_at in letters if made_at > last_reply]
    # The first reply to somebody who comes back is the acknowledgement that the desk sent by itself.
    by_hand = replies[1:]
    ended = day_of(row.changed_at)
    is_closed = row.status == Status.CLOSED.value
    return Work(
        received=day_of(min(letters, default=row.changed_at)),
        acknowledged=day_of(replies[0]) if replies else "",
        unanswered=day_of(open_letters[0]) if open_letters else "",
        replied=day_of(by_hand[-1]) if by_hand else "",
        feedback=ended if is_closed or row.status == Status.PASSED_ON.value else "",
        waiting=ended if row.status == Status.QUESTION.value else "",
        closed=ended if is_closed else "",
    )


def day_of(at: int) -> str:
    """Return the day in UTC of a time in Unix seconds, YYYY-MM-DD."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
    except (OverflowError, ValueError, OSError):
        # Somebody wrote it into the database: one such number must not close the list to everybody.
        return today()
