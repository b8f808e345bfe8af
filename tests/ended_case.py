"""A case at its end, for tests: closed with an outcome, its day over or not, and asked to be destroyed."""

from dataclasses import replace

from journalist_interface.case_access import open_case
from journalist_interface.casework.destruction import end_case
from journalist_interface.casework.keeping import change_work
from journalist_interface.casework.retention import Periods
from journalist_interface.casework.work import Work
from journalist_interface.writing import write_status
from store.blobs import new_blob_id
from store.desk.account_tables import audit
from store.desk.audit import Act
from store.desk.case_requests import requests_to
from tests.desk_office import Office

OVER = "2020-01-01"
SHORT = Periods(passed_on=60, no_evidence=24, not_ours=1, withdrawn=2, misuse=3, warn_days=10, consent=False)


def close(office: Office, reference: str, outcome: str = "no-evidence", who: str = "amina") -> None:
    """Close a case as a reviewer does."""
    write_status(
        office.desk,
        office.signed_in(who),
        reference,
        new_blob_id(),
        "closed",
        "We can do no more.",
        untrusted_outcome=outcome,
    )


def close_and_wait(office: Office, reference: str, kept_until: str = OVER) -> None:
    """Close a case, and let its time go by."""
    close(office, reference)
    with office.desk.database.writing() as connection:
        case = open_case(connection, office.signed_in(), reference)
        change_work(connection, case, lambda work: replace(work, keep_until=kept_until))


def work_of(office: Office, reference: str, who: str = "amina") -> Work:
    """How far the work is, as the card has it."""
    with office.desk.database.reading() as connection:
        return open_case(connection, office.signed_in(who), reference).work


def requests(office: Office, who: str) -> list[str]:
    """The ids of what somebody was asked."""
    with office.desk.database.reading() as connection:
        return [each.id for each in requests_to(connection, who)]


def acts(office: Office, *wanted: Act) -> list[tuple[str, str | None, str]]:
    """Act, case and note of records."""
    names = [act.value for act in wanted]
    with office.desk.database.reading() as connection:
        rows = connection.execute(audit.select().where(audit.c.act.in_(names)).order_by(audit.c.number)).all()
    return [(row.act, row.case_reference, row.note) for row in rows]


def is_there(office: Office, reference: str) -> bool:
    """Whether there is such a case."""
    with office.desk.database.reading() as connection:
        asked = "SELECT count(*) FROM cases WHERE reference = ?"
        return bool(connection.exec_driver_sql(asked, (reference,)).scalar_one())


def asked(office: Office, reference: str, whom: str = "sue", reason: str = "") -> str:
    """Ben asks; the request's id."""
    assert not end_case(office.desk, office.signed_in("ben"), reference, whom, reason)
    [request] = requests(office, whom)
    return request
