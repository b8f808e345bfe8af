"""What tests of talking with a source share: a template of the team's."""

from journalist_interface.casework.team_templates import keep_new, look_at_templates
from store.desk.templates import Template, Writing
from tests.desk_office import Office


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
