"""Two cases of which one person can read both, linked or made one: and what each reader finds there, for tests."""

from journalist_interface.case_documents import LetterDocument, MarkDocument
from journalist_interface.case_page import CasePage
from journalist_interface.casework.board import Board
from journalist_interface.casework.linking import LinkForm, link, merge
from journalist_interface.casework.one_case import Panel, read_whole_case
from keys.reply import reply_address
from store.desk.account_tables import audit
from store.desk.outbox import Kind, waiting_deliveries
from tests.desk_office import Office
from tests.desk_person import letter, source


class Two:
    """Two cases: the first one that amina and ben can read, the second one that amina and cora can."""

    def __init__(self, office: Office) -> None:
        self.keys = [source(), source()]
        readers = (("amina", "ben"), ("amina", "cora"))
        self.first, self.second = (
            office.open(letter(office, key, message=f"Words of letter {number}."), cleared=cleared)
            for number, (key, cleared) in enumerate(zip(self.keys, readers, strict=True), 1)
        )


def page(office: Office, who: str, reference: str) -> tuple[CasePage, Panel]:
    """What somebody finds at a case."""
    return read_whole_case(office.desk, Board(), office.signed_in(who), reference)


def linked(office: Office, two: Two, kind: str = "same-person", why: str = "") -> None:
    """Link the two."""
    link(office.desk, office.signed_in(), two.first, LinkForm(two.second, kind, why))


def merged(office: Office, two: Two, kind: str = "same-matter") -> None:
    """Make one case of the two."""
    linked(office, two, kind)
    merge(office.desk, office.signed_in(), two.first, two.second)


def seen(two: Two) -> dict[str, str]:
    """What a form says of a page that showed both."""
    return {two.first: "", two.second: ""}


def beside(office: Office, who: str, reference: str) -> list[str]:
    """The references of the cases that somebody sees linked with a case."""
    return [each.case.reference for each in page(office, who, reference)[1].beside]


def told(office: Office, who: str, reference: str) -> list[str]:
    """The lines that somebody reads in a timeline."""
    entries = page(office, who, reference)[0].timeline
    return [entry.document.text for entry in entries if isinstance(entry.document, MarkDocument)]


def letters(office: Office, who: str, reference: str) -> list[str]:
    """The letters that somebody reads at a case."""
    entries = page(office, who, reference)[0].timeline
    return [entry.document.message for entry in entries if isinstance(entry.document, LetterDocument)]


def acts(office: Office, act: str) -> list[tuple[str, str, str]]:
    """Actor, case and note of the records of an act."""
    with office.desk.database.reading() as connection:
        rows = connection.execute(audit.select().where(audit.c.act == act).order_by(audit.c.number)).all()
    return [(row.actor, row.case_reference, row.note) for row in rows]


def sent_to(office: Office, key: bytes, kind: Kind = Kind.REPLY) -> list[str]:
    """What waits for the source of a reply key: ids of replies, or statuses."""
    with office.desk.database.reading() as connection:
        waiting = waiting_deliveries(connection, 1000)
    mine = [each for each in waiting if each.kind is kind and each.address == reply_address(key)]
    return [each.reply or (each.status.value if each.status else "") for each in mine]
