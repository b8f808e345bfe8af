"""Cases with nothing in them that deserves a look, for tests of what is done to many at once."""

from dataclasses import dataclass

from journalist_interface.case_access import open_case
from journalist_interface.case_page import read_case
from journalist_interface.casework.bulk import Report, do_bulk
from journalist_interface.casework.bulk_plan import Picked, Plan, plan_bulk
from journalist_interface.casework.bulk_wish import Wish
from journalist_interface.casework.work import Work
from journalist_interface.writing import write_reply
from store.blobs import new_blob_id
from tests.desk_office import Office
from tests.desk_person import letter, source


@dataclass
class World:
    """A desk with cases that ben may read, all of them read and quiet, and one of cora's alone."""

    office: Office
    quiet: list[str]
    one_way: str
    foreign: str
    keys: dict[str, bytes]

    def plan(self, wish: Wish, *references: str, who: str = "ben") -> Plan:
        """What would be done."""
        return plan_bulk(self.office.desk, self.office.signed_in(who), wish, map(Picked, references))

    def do(self, plan: Plan, batch: str = "ab" * 16, *, seconds: float = 60, who: str = "ben") -> Report:
        """Do it, with every alarming one ticked."""
        picked = [each.picked for each in (*plan.ready, *plan.alarming)]
        return do_bulk(self.office.desk, self.office.signed_in(who), plan.wish, batch, picked, seconds)

    def work(self, reference: str) -> Work:
        """How far the work is, as the card has it."""
        with self.office.desk.database.reading() as connection:
            return open_case(connection, self.office.signed_in("cora"), reference).work

    def timeline(self, reference: str) -> list[object]:
        """What stands in a case."""
        return [entry.document for entry in read_case(self.office.desk, self.office.signed_in(), reference).entries]

    def rows(self) -> list[object]:
        """Everything that is written in cases and in the outbox."""
        with self.office.desk.database.reading() as connection:
            tables = ("cases", "items", "outbox")
            return [connection.exec_driver_sql(f"SELECT * FROM {each}").all() for each in tables]  # noqa: S608


def quiet_world(office: Office) -> World:
    """Three quiet cases, a one-way one, and one that ben cannot read."""
    keys = [source() for _ in range(3)]
    quiet = [office.open(letter(office, key), cleared=("amina", "ben", "cora")) for key in keys]
    one_way = office.open(letter(office), cleared=("amina", "ben", "cora"))
    foreign = office.open(letter(office), cleared=("amina", "cora"))
    for reference in (*quiet, one_way):
        read_case(office.desk, office.signed_in("ben"), reference)
    for reference in quiet:
        write_reply(office.desk, office.signed_in("ben"), reference, new_blob_id(), "Thank you.", [])
    return World(office, quiet, one_way, foreign, dict(zip(quiet, keys, strict=True)))


def closed(world: World, reference: str) -> bool:
    """Whether a case is closed."""
    with world.office.desk.database.reading() as connection:
        return open_case(connection, world.office.signed_in(), reference).row.status == "closed"
