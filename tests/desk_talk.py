"""What tests of talking with a source share: a template of the team's, a reviewer's drafts."""

from journalist_interface.case_access import open_case
from journalist_interface.casework.drafts import Draft, keep_draft, read_drafts
from journalist_interface.casework.team_templates import keep_new, look_at_templates
from store.desk.templates import Template, Writing
from tests.desk_office import Office

CANARY = "canary-in-a-draft"
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
