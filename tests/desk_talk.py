"""What tests of talking with a source share: a template of the team's, and what lies in the outbox."""

from journalist_interface.casework.team_templates import keep_new, look_at_templates
from keys.hpke import SecretKey
from keys.reply import Reply
from store.desk.outbox import waiting_deliveries
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


def sent_to(office: Office, key: SecretKey) -> list[Reply]:
    """What waits for the courier, opened as the source host opens it."""
    with office.desk.database.reading() as connection:
        waiting = waiting_deliveries(connection, 100)
    return [Reply.open(each.sealed, each.reply, key) for each in waiting if each.sealed and each.reply]
