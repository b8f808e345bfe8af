"""What the page of a case says of its end: its day, who may be asked, what waits, and who did not agree."""

from dataclasses import dataclass

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase
from journalist_interface.case_consents import Fact
from journalist_interface.casework.destruction import lives_on, needs_consent
from journalist_interface.casework.periods_kept import read_periods
from journalist_interface.casework.retention import Fate, fate_of
from journalist_interface.clock import today
from journalist_interface.consenters import consenters_in_case
from store.desk.audit import Act
from store.desk.case_requests import CaseRequest, RequestKind, request_of_case
from store.desk.destroyed import last_of
from store.desk.destroying import has_further_letter


@dataclass(frozen=True)
class EndPanel:
    """How near the case is to its end. `waits`: what was asked and is not judged; `refused`: who did not agree last.

    `consenters` are those who may be asked; `needs_consent` is whether one of them must be.
    """

    fate: Fate
    needs_consent: bool
    consenters: tuple[str, ...]
    waits: CaseRequest | None
    refused: Fact | None
    has_further_letter: bool
    lives_on: bool  # letters of its source may stand in another case too

    @property
    def is_due(self) -> bool:
        """Whether its time is over."""
        return self.fate is Fate.DUE


def look_at_end(connection: Connection, case: OpenCase, username: str) -> EndPanel:
    """Return what the page of a case shows to one of its readers."""
    fate = fate_of(case.work, read_periods(connection).warn_days, today())
    last = last_of(connection, case.row.reference, Act.DESTROY_ASKED, Act.DESTROY_REFUSED, Act.KEEP, Act.HOLD)
    return EndPanel(
        fate=fate,
        needs_consent=needs_consent(connection, case, is_early=fate is not Fate.DUE),
        consenters=consenters_in_case(connection, username, case.row.reference),
        waits=request_of_case(connection, case.row.id, RequestKind.DESTROY),
        refused=Fact(*last) if last is not None and last[0] == Act.DESTROY_REFUSED.value else None,
        has_further_letter=has_further_letter(connection, case.row.id),
        lives_on=lives_on(case),
    )
