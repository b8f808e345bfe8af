"""What tests of talking with a source share: a letter that names, a template, drafts, what a preview shows."""

import re
from html import unescape

from journalist_interface.case_access import open_case
from journalist_interface.casework.drafts import Draft, keep_draft, read_drafts
from journalist_interface.casework.team_templates import keep_new, look_at_templates
from store.desk.templates import Template, Writing
from tests.desk_office import Office

CANARY = "canary-in-a-draft"
MESSAGE = "Dave Harris sells what the computer knows, at the car wash in Northtown."
REPLY = Draft(CANARY, ("canary-question?",))


def keep_template(
    office: Office,
    words: str = "Thank you for telling us.",
    questions: tuple[str, ...] = (),
    used_for: Writing = Writing.REPLY,
    who: str = "amina",
) -> str:
    """Keep a template; return its id."""
    before = {each.id for each in look_at_templates(office.desk)}
    keep_new(office.desk, office.signed_in(who), [Template("", "Thanks", used_for, words, questions, 0, "", 0)])
    [made] = {each.id for each in look_at_templates(office.desk)} - before
    return made


def keep(office: Office, reference: str, who: str, draft: Draft = REPLY, writing: Writing = Writing.REPLY) -> None:
    """Keep a draft where there was none."""
    keep_draft(office.desk, office.signed_in(who), reference, writing, draft, "")


def kept(office: Office, reference: str, who: str) -> dict[Writing, Draft]:
    """What somebody keeps in a case."""
    with office.desk.database.reading() as connection:
        return read_drafts(connection, open_case(connection, office.signed_in(who), reference), who)


def sheet_kinds(office: Office) -> list[str]:
    """The kinds of all sheets there are."""
    with office.desk.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT kind FROM sheets WHERE kind LIKE 'draft-%' ORDER BY kind")
        return list(rows.scalars())


def frame_of(page: str) -> str:
    """What stands in the frames of a page: in each the same."""
    shown = {unescape(found) for found in re.findall(r'<iframe[^>]* srcdoc="([^"]*)"', page)}
    [only] = shown
    return only


def article(page: str) -> str:
    """The newest reply of a page, but for the ids that are drawn when it is sent."""
    found = re.search(r'<article class="part reply".*?</article>', page, re.DOTALL)
    assert found
    return re.sub(r"[0-9a-f]{32}", "(id)", found[0])
