"""What each act does to the work on a case. Judged without I/O; `today` is a day, YYYY-MM-DD."""

from dataclasses import replace

from journalist_interface.casework.work import Outcome, Work
from keys.statuses import Status


def came_again(work: Work, received: str) -> Work:
    """Return the work after a further letter came to this host: it is to be answered, and a closed case is open."""
    return replace(open_again(work), unanswered=work.unanswered or received, waiting="")


def open_again(work: Work) -> Work:
    """Return the work of a case that is open, whatever it was: nothing of its end is left to be destroyed by."""
    return replace(work, closed="", outcome=Outcome.NONE, keep_until="")


def letter_opened(work: Work, day: str, *, withdraws: bool) -> Work:
    """Return the work after a letter sent on `day` was opened: it takes the report back, or goes on with it."""
    if withdraws:
        return replace(work, withdrawn=max(work.withdrawn, day))
    return replace(work, wrote=max(work.wrote, day))


def replied(work: Work, today: str, *, asks: bool) -> Work:
    """Return the work after a reviewer wrote to the source; with a question, the case is open and waits for them."""
    return replace(
        open_again(work) if asks else work,
        acknowledged=work.acknowledged or today,
        unanswered="",
        replied=today,
        waiting=today if asks else work.waiting,
    )


def read_one_way(work: Work) -> Work:
    """Return the work after somebody read letters that nobody can answer: to read them was what was due."""
    return replace(work, unanswered="")


def status_set(work: Work, status: Status, today: str, outcome: Outcome = Outcome.NONE, keep_until: str = "") -> Work:
    """Return the work after a status was set. To pass on, and to close, tells the source what came of the report.

    A case that is closed has an `outcome`, and is kept until a day that follows from it.
    """
    is_closed = status is Status.CLOSED
    told = status in (Status.CLOSED, Status.PASSED_ON)
    return replace(
        work,
        unanswered="" if is_closed else work.unanswered,
        feedback=work.feedback or today if told else work.feedback,
        waiting="" if is_closed else work.waiting,
        closed=work.closed or today if is_closed else "",
        outcome=(outcome or work.outcome) if is_closed else Outcome.NONE,
        keep_until=(keep_until or work.keep_until) if is_closed else "",
        look_again="" if is_closed else work.look_again,
        look_again_by="" if is_closed else work.look_again_by,
    )
