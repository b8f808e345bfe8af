"""A first report: judging the form, deriving the keys, submitting. Knows no Flask."""

from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace

from keys.codename import Codename
from keys.derivation import SourceKeys
from keys.errors import Busy
from keys.session_seal import SessionToken
from serving.form_stream import TextFields
from serving.language import gettext as _
from source_interface.attachments import Attachment, AttachmentReceiver
from source_interface.carrying import known_source
from source_interface.circuit_words import form_not_sent
from source_interface.circuits import CircuitBusy, Costly
from source_interface.codename_check import judge_codename
from source_interface.filled_form import (
    Act,
    FilledForm,
    chosen_topics,
    guided_answers,
    judge_files,
    new_submission_id,
    returned_form,
)
from source_interface.form_words import not_remembered
from source_interface.held_files import named_files, show_held, still_held
from source_interface.not_stored import NOT_STORED, say_not_stored, say_refused
from source_interface.remembering import as_source, remembered, turn_of
from source_interface.returning import NotFound, TriedTooOften, find_source
from source_interface.sent_form import mark_form
from source_interface.site_host import SiteHost
from source_interface.submitting import Contents, submit
from source_interface.uploading import drop_kept
from source_interface.uploads import Upload
from source_interface.visit import Visit
from store.drop.intake import find_sent
from store.errors import NoRoom, StoreError


@dataclass(frozen=True)
class Sent:
    """The report is safe, once, however often its form was sent. `session` signs the source in, if it can be."""

    session: SessionToken | None
    one_way: bool
    files: int
    danger: str


@dataclass(frozen=True)
class Returned:
    """The report was not taken: show the form again, with this HTTP status; or the page on which files are added."""

    form: FilledForm
    status: int
    add_files: bool = False


def take_report(
    host: SiteHost,
    visit: Visit,
    fields: TextFields,
    receiver: AttachmentReceiver,
    upload: Upload,
    *,
    form_is_ours: bool,
) -> Sent | Returned:
    """Take a report whose form has been read whole. `form_is_ours`: its form token was right."""
    form = returned_form(host.settings, fields, has_codename=bool(visit.commitments))
    with host.turns.take(form.submission):
        outcome = _Report(host, visit, form, fields, receiver).take(form_is_ours=form_is_ours)
    if isinstance(outcome, Sent):
        drop_kept(host, upload, fields.get("submission"))
    return outcome


class _Report:
    """One form on its way to being a submission."""

    def __init__(
        self, host: SiteHost, visit: Visit, form: FilledForm, fields: TextFields, receiver: AttachmentReceiver
    ) -> None:
        self._host = host
        self._visit = visit
        self._form = form
        self._fields = fields
        self._receiver = receiver

    def take(self, *, form_is_ours: bool) -> Sent | Returned:
        if not form_is_ours:
            # Nothing is held for a form that is not ours: anybody could fill the disk with files.
            self._receiver.drop_received()
            self._form.errors["form"] = not_remembered()
            judge_codename(self._host.visits, self._visit, self._form, self._fields)
            return self._return([], 400)
        named = named_files(self._host, self._form, self._fields)
        mark = mark_form(self._form.submission, self._fields, [*named, *self._receiver.received])
        before = find_sent(self._host.drop.database, mark.id)
        if before == mark.content:
            return self._sent([*named, *self._receiver.received], self._who_sent())
        if before is not None:
            # Something was changed after the first copy had arrived: this is a submission of its own.
            self._form.submission = new_submission_id()
            self._form.came_before = True
            named = []
        held = still_held(self._host, self._form, named)
        match self._fields.get("act"):
            case Act.NEW_CODENAME:
                return self._give_new_words(held)
            case Act.CHANGE:
                return self._return(held, 200)
        try:
            keys = self._judge(held, was_edited=before is not None)
        except TriedTooOften:
            return self._not_looked_at(held)
        if self._form.errors:
            return self._return(held, say_refused(self._host, self._form, self._receiver))
        if self._fields.get("act") == Act.ADD_FILES:
            return self._return(held, 200, add_files=True)
        return self._derive_then_send(held, keys)

    def _judge(self, held: list[Attachment], *, was_edited: bool) -> SourceKeys | Codename | None:
        """Write what is wrong into the form; return the keys of a codename, or it alone while they are not derived."""
        codename = judge_codename(self._host.visits, self._visit, self._form, self._fields)
        keys = self._known_codename() if was_edited and codename is not None else None
        if keys is not None:
            # The first copy has arrived, and its answer has ended the visit that was shown these words.
            self._form.errors.pop("codename_check", None)
        if not self._fields.get("message").strip():
            self._form.errors["message"] = _("You have not written what happened yet. One sentence is enough.")
        judge_files(self._form, self._host.settings, held, self._receiver)
        return keys or codename

    def _derive_then_send(self, held: list[Attachment], who: SourceKeys | Codename | None) -> Sent | Returned:
        try:
            return self._send(held, self._derive(who) if isinstance(who, Codename) else who)
        except CircuitBusy:
            return self._not_looked_at(held)
        except Busy:
            self._form.errors["form"] = _("Many people are writing at the moment. Please press Send again in a minute.")
        except NOT_STORED as reason:
            brought = [*held, *self._receiver.received]
            return self._return(held, say_not_stored(self._host, self._form, brought, reason))
        return self._return(held, 503)

    def _derive(self, codename: Codename) -> SourceKeys:
        """Return the keys of a codename: of a source who is here under it already, or new ones."""
        with self._host.share.hold(Costly.DERIVATION):
            derived = self._host.derivations.derive(codename)
        return known_source(self._host, derived) or derived.newest

    def _not_looked_at(self, held: list[Attachment]) -> Returned:
        self._form.errors.pop("codename_check", None)
        self._form.errors["form"] = form_not_sent()
        return self._return(held, 429)

    def _send(self, held: list[Attachment], keys: SourceKeys | None) -> Sent:
        attachments = [*held, *self._receiver.received]
        if not self._host.has_room_for_text([attachment.blob.id for attachment in attachments]):
            raise NoRoom("the disk, or the number of submissions, is at its limit")
        with self._host.share.hold(Costly.LETTER), nullcontext() if keys is None else turn_of(self._host, keys) as here:
            submit(self._host, self._contents(attachments, here))
        self._receiver.take()
        return self._sent(attachments, keys)

    def _contents(self, attachments: list[Attachment], keys: SourceKeys | None) -> Contents:
        # A known source, who changed the form and sent it again, may have withdrawn the report meanwhile.
        source = None if keys is None else as_source(keys, replace(remembered(self._host, keys), withdrawn=""))
        return Contents(
            submission=self._form.submission,
            form=mark_form(self._form.submission, self._fields, attachments),
            source=source,
            message=self._fields.get("message").strip(),
            topics=chosen_topics(self._fields),
            answers=guided_answers(self._fields),
            must_not_reach=self._fields.get("must_not_reach").strip(),
            attachments=tuple(attachments),
        )

    def _sent(self, attachments: list[Attachment], keys: SourceKeys | None) -> Sent:
        session = None
        # The report is safe: that a session could not be kept is no reason to say anything else.
        with suppress(StoreError):
            session = None if keys is None else self._host.sign_in(keys, self._visit.session)
        return Sent(
            session=session,
            one_way=self._fields.get("one_way") == "yes",
            files=len(attachments),
            danger=self._fields.get("q-danger"),
        )

    def _known_codename(self) -> SourceKeys | None:
        """Return the keys of the typed codename if a source has it: one whose report has arrived already.

        Raises TriedTooOften.
        """
        try:
            return find_source(self._host, self._fields.get("codename_check"))
        except TriedTooOften:
            raise
        except NotFound:
            return None

    def _who_sent(self) -> SourceKeys | None:
        # The report has arrived: that its codename is not looked at again is no reason to say anything else.
        with suppress(TriedTooOften):
            return self._known_codename()
        return None

    def _give_new_words(self, held: list[Attachment]) -> Returned:
        """Show seven new words inside the form, which loses nothing: for who copied the first ones wrongly."""
        drawn = Codename.draw()
        self._host.visits.commit(self._visit, drawn)
        self._form.has_codename = True
        self._form.new_codename = drawn.reveal()
        self._form.values.pop("codename_check", None)
        self._form.values.pop("one_way", None)
        judge_files(self._form, self._host.settings, held, self._receiver)
        return self._return(held, 200)

    def _return(self, held: list[Attachment], status: int, *, add_files: bool = False) -> Returned:
        show_held(self._host, self._form, [*held, *self._receiver.take()])
        return Returned(self._form, status, add_files)
