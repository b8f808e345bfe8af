"""A first report: judging the form, deriving the keys, submitting. Knows no Flask."""

from dataclasses import dataclass

from keys.codename import Codename
from keys.derivation import SourceKeys
from keys.errors import Busy, CodenameMisspelt, OpenPGPFailed
from keys.session_seal import SessionToken
from serving.language import gettext as _
from source_interface.attachments import Attachment, AttachmentReceiver
from source_interface.filled_form import (
    FilledForm,
    chosen_topics,
    guided_answers,
    judge_files,
    returned_form,
)
from source_interface.form_stream import TextFields
from source_interface.held_files import claim_held, show_held
from source_interface.returning import NotFound, find_source
from source_interface.site_host import SiteHost
from source_interface.submitting import Contents, submit
from source_interface.visit import Visit
from store.drop.intake import NewSource, was_sent
from store.errors import Missing, NoRoom


@dataclass(frozen=True)
class Sent:
    """The report is safe, once, however often its form was sent. `session` signs the source in, if it can be."""

    session: SessionToken | None
    one_way: bool


@dataclass(frozen=True)
class Returned:
    """The report was not taken: show the form again, with this HTTP status."""

    form: FilledForm
    status: int


def take_report(
    host: SiteHost, visit: Visit, fields: TextFields, receiver: AttachmentReceiver, *, form_is_ours: bool
) -> Sent | Returned:
    """Take a report whose form has been read whole. `form_is_ours`: its form token was right."""
    form = returned_form(host.settings, fields, has_codename=bool(visit.commitments))
    if form_is_ours and was_sent(host.drop.database, form.submission):
        return _sent_before(host, fields)
    held = claim_held(host, form, fields)
    codename = _judge(host, visit, form, fields)
    judge_files(form, host.settings, held, receiver)
    if not form_is_ours:
        form.errors["form"] = _("This page was open for too long, or cookies are off. Please press Send once more.")
    if form.errors:
        return _return(host, form, held, receiver, status=422 if form_is_ours else 400)
    try:
        return _send(host, form, fields, codename, held, receiver)
    except Busy:
        form.errors["form"] = _("Many people are writing at the moment. Please press Send again in a minute.")
    except (NoRoom, OpenPGPFailed, Missing):
        form.errors["form"] = _("We could not store your report just now. Please press Send again in a few minutes.")
    return _return(host, form, held, receiver, status=503)


def _send(
    host: SiteHost,
    form: FilledForm,
    fields: TextFields,
    codename: Codename | None,
    held: list[Attachment],
    receiver: AttachmentReceiver,
) -> Sent:
    keys = None if codename is None else host.derivations.derive(codename)
    if not host.has_room_for_text():
        raise NoRoom("the disk, or the number of submissions, is at its limit")
    contents = Contents(
        submission=form.submission,
        source=None if keys is None else _new_source(keys),
        message=fields.get("message").strip(),
        topics=chosen_topics(fields),
        answers=guided_answers(fields),
        must_not_reach=fields.get("must_not_reach").strip(),
        attachments=(*held, *receiver.received),
    )
    # Not new: another copy of this form got here first, and what came with this one is erased.
    if submit(host, contents):
        receiver.take()
    return Sent(None if keys is None else host.sign_in(keys), one_way=keys is None)


def _sent_before(host: SiteHost, fields: TextFields) -> Sent:
    """Answer a form that was sent before as if for the first time; its codename need not be in the visit any more."""
    if fields.get("one_way") == "yes":
        return Sent(None, one_way=True)
    try:
        return Sent(host.sign_in(find_source(host, fields.get("codename_check"))), one_way=False)
    except NotFound:
        return Sent(None, one_way=False)


def _new_source(keys: SourceKeys) -> NewSource:
    return NewSource(keys.lookup_id, keys.reply_key().public)


def _judge(host: SiteHost, visit: Visit, form: FilledForm, fields: TextFields) -> Codename | None:
    """Add an error for everything that is wrong; return the codename, or None for one way."""
    if not fields.get("message").strip() and not guided_answers(fields):
        form.errors["message"] = _("Please tell us what happened. A sentence is enough.")
    typed = fields.get("codename_check").strip()
    one_way = fields.get("one_way") == "yes"
    if one_way and typed:
        form.errors["codename_check"] = _("Please choose one: type your codename, or tick that you will not come back.")
    elif not one_way and not typed:
        form.errors["codename_check"] = (
            _("Please type your codename, or tick that you do not want to come back.")
            if form.has_codename
            else _("Please get a codename first, or tick that you do not want to come back.")
        )
    elif typed:
        return _judge_codename(host, visit, form, typed)
    return None


def _judge_codename(host: SiteHost, visit: Visit, form: FilledForm, typed: str) -> Codename | None:
    try:
        codename = Codename.read(typed)
    except CodenameMisspelt as misspelt:
        form.errors["codename_check"] = misspelling(misspelt)
        return None
    if not host.visits.was_shown(visit, codename):
        form.errors["codename_check"] = _(
            "This is not the codename that we showed you in this visit. Please look at what you wrote down."
        )
    return codename


def misspelling(misspelt: CodenameMisspelt) -> str:
    """Return a sentence on what is wrong with a typed codename, with suggestions from the word list alone."""
    hints = [
        _("“{word}” is not one of our words. Did you mean {maybe}?").format(word=word, maybe=_(" or ").join(maybe))
        if maybe
        else _("“{word}” is not one of our words.").format(word=word)
        for word, maybe in misspelt.suggestions.items()
    ]
    if misspelt.word_count != 7:
        hints.insert(0, _("A codename has seven words; you typed {count}.").format(count=misspelt.word_count))
    return " ".join(hints)


def _return(
    host: SiteHost, form: FilledForm, held: list[Attachment], receiver: AttachmentReceiver, *, status: int
) -> Returned:
    show_held(host, form, [*held, *receiver.take()])
    return Returned(form, status)
