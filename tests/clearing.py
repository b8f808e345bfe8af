"""Who is cleared for a letter: what a page proposes and what came of it, for tests."""

import re

from journalist_interface.about_me import Written, read_own_page, save_own_page
from keys.letter import TOPICS, Letter
from store.desk.case_tables import cases
from store.desk.cases import cleared_for
from store.desk.parcels import list_parcels
from store.desk.roles import Role
from tests.desk_office import Office
from tests.desk_person import letter, source

REASON = "second pair of eyes"
# Besides amina, who is officer and reviewer.
COLLEAGUES = {
    "bartek": (),
    "ben": (Role.REVIEWER,),
    "cora": (Role.REVIEWER,),
    "olu": (Role.INTAKE_OFFICER,),
}


def say(office: Office, username: str, recusals: str = "", topics: tuple[str, ...] = (), back_on: str = "") -> None:
    """Have a reviewer say something of themselves."""
    signed_in = office.signed_in(username)
    version = read_own_page(office.desk, signed_in).version
    save_own_page(office.desk, signed_in, Written(topics or list(TOPICS), back_on, recusals, version))


def ticked(page: str) -> set[str]:
    """Whom a page would clear."""
    return set(re.findall(r'name="cleared" value="([^"]*)"[^>]* checked', page))


def readers(office: Office) -> list[tuple[str, ...]]:
    """Who can read each case."""
    with office.desk.database.reading() as connection:
        return sorted(cleared_for(connection, row.id) for row in connection.execute(cases.select()))


def waiting(office: Office) -> set[str]:
    """What is in the post."""
    with office.desk.database.reading() as connection:
        return {parcel.submission for parcel in list_parcels(connection)}


def alike(page: str) -> str:
    """A page without what is drawn for each, and without the minute at which the key locks by itself."""
    return re.sub(r'locks by itself at [^<]*|name="form_id" value="[0-9a-f]*"', "", page)


def hidden_letter(office: Office, *cleared: str, **more: object) -> tuple[str, Letter]:
    """A case that these can read, and a further letter of its source in the post."""
    key = source()
    reference = office.open(letter(office, key), cleared=cleared)
    return reference, letter(office, key, **more)
