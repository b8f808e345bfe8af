"""Holding a case: while it is held nobody can destroy it, whatever its day and whoever agrees.

- Any reader of a case can hold it, with a reason: whoever hears of a court case must not have to find somebody first.
- Any reader can lift the hold, with a reason. But a case that was ever held needs a second person for its end, whatever
  the settings say, and that person is told who lifted the hold.
- The reason is sealed in the timeline, that it is held in the card and, without a word of why, in the trail.
"""

from dataclasses import replace

from journalist_interface.case_access import open_case
from journalist_interface.casework.keeping import change_work
from journalist_interface.casework.reasons import checked_reason, tell
from journalist_interface.desk_folder import Desk
from journalist_interface.sessions import SignedIn
from serving.language import gettext as _
from store.desk.audit import Act, record_act


def hold(desk: Desk, signed_in: SignedIn, reference: str, reason: str) -> None:
    """Hold a case. Raises WritingRefused without a reason, or Missing if it is not this reviewer's own."""
    _set(desk, signed_in, reference, checked_reason(reason), held=True)


def lift(desk: Desk, signed_in: SignedIn, reference: str, reason: str) -> None:
    """Lift the hold. Raises as `hold` does."""
    _set(desk, signed_in, reference, checked_reason(reason), held=False)


def _set(desk: Desk, signed_in: SignedIn, reference: str, reason: str, *, held: bool) -> None:
    with desk.database.writing() as connection:
        case = open_case(connection, signed_in, reference)
        if case.work.held is held:
            return  # a form that was sent twice, or a colleague was faster
        change_work(connection, case, lambda work: replace(work, held=held))
        # The line in the timeline takes any request for its destruction away (store.desk.case_requests).
        what = _("It is held: nobody can destroy it.") if held else _("It is not held any more.")
        tell(connection, case, signed_in.username, what, reason)
        record_act(connection, signed_in.username, Act.HOLD if held else Act.HOLD_LIFTED, reference)
