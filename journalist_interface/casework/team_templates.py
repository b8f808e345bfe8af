"""Templates: texts in the team's own words, put into a reply, a reason of closing or a note, and changed there.

Every reviewer and every supervisor may write, change and delete them: whoever puts one in reads it before it is sent,
and the page says who changed it last. They stand in clear, for nothing of a case belongs in them. The trail names a
template by its id: a title could be made to read like something else that stands there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from journalist_interface.casework.drafts import Draft
from journalist_interface.clock import now
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.sessions import SignedIn
from keys.reply import LONGEST_QUESTION, LONGEST_REPLY, MOST_QUESTIONS
from serving.language import gettext as _
from store.blobs import new_blob_id
from store.desk.audit import Act, record_act
from store.desk.sheets import read_version
from store.desk.templates import (
    Template,
    Writing,
    add_template,
    change_template,
    count_templates,
    delete_template,
    find_template,
    list_templates,
)
from store.errors import AlreadyThere, Missing

LONGEST_TITLE = 80  # characters
MOST_TEMPLATES = 200


def look_at_templates(desk: Desk) -> list[Template]:
    """Return every template."""
    with desk.database.reading() as connection:
        return list_templates(connection)


def look_at_template(desk: Desk, template_id: str) -> Template:
    """Return a template. Raises Missing."""
    with desk.database.reading() as connection:
        return find_template(connection, template_id)


def read_template(untrusted: Mapping[str, str], untrusted_questions: Sequence[str]) -> Template:
    """Return what was typed, as a template that nobody kept yet. Raises WritingRefused with what is wrong."""
    title, words = " ".join(_cleaned(untrusted.get("title", "")).split()), _cleaned(untrusted.get("text", ""))
    questions = tuple(asked for each in untrusted_questions if (asked := _cleaned(each)))
    used_for = untrusted.get("used_for", "")
    if used_for not in set(Writing):
        raise WritingRefused(_("Choose what it is for. Nothing was changed."))
    if not title or not (words or questions):
        raise WritingRefused(_("Give it a name and write the text. Nothing was changed."))
    if used_for != Writing.REPLY and questions:
        raise WritingRefused(_("Only a reply has questions. Nothing was changed."))
    _check_length(_("The name"), title, LONGEST_TITLE)
    _check_length(_("The text"), words, LONGEST_REPLY)
    if len(questions) > MOST_QUESTIONS:
        raise WritingRefused(_("At most {most} questions. Nothing was changed.").format(most=MOST_QUESTIONS))
    for number, question in enumerate(questions, 1):
        _check_length(_("Question {n}").format(n=number), question, LONGEST_QUESTION)
    return Template("", title, Writing(used_for), words, questions, 0, "", 0)


def keep_new(desk: Desk, signed_in: SignedIn, typed: Sequence[Template]) -> None:
    """Keep new templates. Raises WritingRefused if there are too many."""
    with desk.database.writing() as connection:
        if count_templates(connection) + len(typed) > MOST_TEMPLATES:
            raise WritingRefused(
                _("There are {most} templates, and nobody finds more. Nothing was kept. Delete one first.").format(
                    most=MOST_TEMPLATES
                )
            )
        for each in typed:
            made = replace(each, id=new_blob_id(), version=1, changed_by=signed_in.username, changed_at=now())
            add_template(connection, made)
            record_act(connection, signed_in.username, Act.TEMPLATE, note=f"kept {made.id}")


def change(desk: Desk, signed_in: SignedIn, template_id: str, typed: Template, untrusted_version: str) -> None:
    """Keep a template as it was typed. Raises WritingRefused if a colleague changed it meanwhile, or Missing."""
    seen = read_version(untrusted_version)
    with desk.database.writing() as connection:
        before = find_template(connection, template_id)
        if _words_of(typed) == _words_of(before):
            return
        changed = replace(typed, id=template_id, version=seen + 1, changed_by=signed_in.username, changed_at=now())
        try:
            change_template(connection, changed, seen)
        except AlreadyThere as reason:
            raise WritingRefused(
                _(
                    "{name} changed this template while you did. Nothing of yours was kept yet: it stands below, and "
                    "theirs beside it. Put together what belongs, then keep it."
                ).format(name=before.changed_by)
            ) from reason
        record_act(connection, signed_in.username, Act.TEMPLATE, note=f"changed {template_id}")


def delete(desk: Desk, signed_in: SignedIn, template_id: str, untrusted_version: str) -> None:
    """Have a template no more. Raises WritingRefused if a colleague changed it meanwhile, Missing if it is gone."""
    with desk.database.writing() as connection:
        name = find_template(connection, template_id).changed_by
        try:
            delete_template(connection, template_id, read_version(untrusted_version))
        except AlreadyThere as reason:
            raise WritingRefused(
                _("{name} changed this template meanwhile. It was not deleted. Look at it again first.").format(
                    name=name
                )
            ) from reason
        record_act(connection, signed_in.username, Act.TEMPLATE, note=f"deleted {template_id}")


def put_in(desk: Desk, writing: Writing, typed: Draft, untrusted_id: str) -> Draft:
    """Return what was typed, with a template after it. Raises WritingRefused if it does not fit, or is not there."""
    if not untrusted_id:
        raise WritingRefused(_("Choose a template first."))
    try:
        template = look_at_template(desk, untrusted_id)
    except Missing as reason:
        raise WritingRefused(_("That template is not there any more. Choose another.")) from reason
    if template.used_for is not writing:
        raise WritingRefused(_("That template is for something else. Choose another."))
    questions = tuple(each for each in typed.questions if each.strip()) + template.questions
    if len(questions) > MOST_QUESTIONS:
        raise WritingRefused(
            _("There would be {n} questions; {most} is the most. Nothing was put in.").format(
                n=len(questions), most=MOST_QUESTIONS
            )
        )
    text = "\n\n".join(each for each in (typed.text.strip(), template.words) if each)
    return replace(typed, text=text, questions=questions)


def _words_of(template: Template) -> tuple[str, Writing, str, tuple[str, ...]]:
    return template.title, template.used_for, template.words, template.questions


def _check_length(what: str, text: str, most: int) -> None:
    if len(text) > most:
        said = _("{what} has {length} characters; {most} is the most. Nothing was changed. Shorten it.")
        raise WritingRefused(said.format(what=what, length=f"{len(text):,}", most=f"{most:,}"))


def _cleaned(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()
