"""Is anything left of the cases that were destroyed? And bringing such a case to its end once more.

- The trail and the list beside the database say which were destroyed. A case of such a reference that is here came out
  of a backup, with every copy of its key.
- `check` finds it and changes nothing, with --repair neither: nothing is destroyed by the way. Whoever runs the host
  has it destroyed again by a command that names it (candour-desk destroy-again).
- That nothing else is left, the other checks show: no row of a case that is not there, no vault file without a row.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from journalist_interface.after_destruction import finish_destruction
from journalist_interface.clock import today
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import SetUpRefused
from serving.language import gettext as _
from serving.language import ngettext
from store.desk.audit import Act, record_act
from store.desk.destroyed import destroyed_cases, is_held, references_there
from store.desk.destroyed_list import read_list
from store.desk.destroying import destroy_case, find_doomed
from store.findings import Finding


def check_destroyed(desk: Desk) -> Iterator[Finding]:
    """Yield a finding for each case that was destroyed and is here, or that there is none."""
    try:
        destroyed = _destroyed_days(desk)
    except SetUpRefused as reason:
        yield Finding(str(reason), sound=False)
        return
    with desk.database.reading() as connection:
        back = sorted(destroyed.keys() & references_there(connection).keys())
    for reference in back:
        yield Finding(
            _(
                "Case {reference} was destroyed on {day}, and is here again with its keys: a backup from before was "
                "restored. Stop the desk and destroy it once more: candour-desk destroy-again {reference}. Look for "
                "other copies of that backup."
            ).format(reference=reference, day=destroyed[reference]),
            sound=False,
        )
    if destroyed and not back:
        said = ngettext(
            "{n} case was destroyed; nothing of it is left.",
            "{n} cases were destroyed; nothing of them is left.",
            len(destroyed),
        )
        yield Finding(said.format(n=len(destroyed)), sound=True)


def destroy_again(desk: Desk, reference: str) -> None:
    """Destroy a case that was destroyed before and came back. Raises SetUpRefused for any other."""
    if reference not in _destroyed_days(desk):
        raise SetUpRefused(
            _(
                "Neither the audit trail nor {path} says that case {reference} was destroyed. Nothing was changed. A "
                "case is destroyed at the desk, by those who can read it."
            ).format(path=desk.paths.destroyed, reference=reference)
        )
    with desk.database.erasing() as connection:
        case_id = references_there(connection).get(reference)
        if case_id is None:
            raise SetUpRefused(_("Case {reference} is not here. Nothing was changed.").format(reference=reference))
        if is_held(connection, reference):
            raise SetUpRefused(
                _(
                    "Case {reference} is held in this copy: nobody can destroy it. Nothing was changed. Have a reader "
                    "of it lift the hold at the desk first."
                ).format(reference=reference)
            )
        destroy_case(connection, find_doomed(connection, case_id), today())
        record_act(connection, "", Act.DESTROY, reference, note="again: a backup had brought it back")
    finish_destruction(desk)


def _destroyed_days(desk: Desk) -> dict[str, str]:
    """Return the day of each destruction that is known of, by reference. Raises SetUpRefused."""
    with desk.database.reading() as connection:
        recorded = destroyed_cases(connection)
    try:
        listed = read_list(desk.paths.destroyed)
    except OSError as reason:
        # Laid there by root, after a restore, as the list of what to do says.
        raise SetUpRefused(
            _(
                "{path} cannot be read ({why}): which cases were destroyed is not known. Nothing was changed. It must "
                "be a file of the user whose the data folder is. As root: chown candour:candour {path}; chmod 600 "
                "{path}"
            ).format(path=desk.paths.destroyed, why=reason.strerror)
        ) from reason
    days = {reference: f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}" for reference, at in recorded.items()}
    return listed | days
