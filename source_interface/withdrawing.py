"""Withdrawing a report: what waits here is erased, and the charity is told if it may have something. Knows no Flask.

Whatever is found, the work is the same: a letter is sealed, and one transaction decides. A report of which nothing has
left this host is gone with it, source and all; the letter then goes as well, and nobody hears of it.
"""

from contextlib import suppress
from dataclasses import dataclass, replace

from sqlalchemy.exc import SQLAlchemyError

from keys.derivation import SourceKeys
from serving.form_stream import TextFields
from serving.language import gettext as _
from serving.plain_dates import plain_day
from source_interface.filled_form import FilledForm, returned_form
from source_interface.not_stored import NOT_STORED
from source_interface.remembering import as_source, memo_in, turn_of
from source_interface.sent_form import mark_form
from source_interface.site_host import SiteHost
from source_interface.submitting import Contents, submit_withdrawal
from store.drop.inbox import read_inbox
from store.drop.intake import SentForm, find_sent
from store.drop.reply_files import finish_files
from store.drop.tables import erasing
from store.drop.withdrawing import Left
from store.erasing import finish_erasing
from store.errors import AlreadyThere, Missing, NoRoom, StoreError

LONGEST_WHY = 2_000  # characters


@dataclass(frozen=True)
class Standing:
    """What is said before: on which day the report was withdrawn already, in words, or empty; `fetched`: the charity
    may have something of it.
    """

    withdrawn: str
    fetched: bool


class NotWithdrawn(Exception):
    """Nothing was erased: show `form` again, with this HTTP status."""

    def __init__(self, form: FilledForm, status: int) -> None:
        super().__init__("the report was not withdrawn")
        self.form = form
        self.status = status


def look(host: SiteHost, keys: SourceKeys) -> Standing:
    """Return how a report stands before it is withdrawn. Raises Missing without a source."""
    inbox = read_inbox(host.drop.database, keys.lookup_id)
    day = memo_in(inbox, keys).withdrawn
    return Standing(plain_day(day) if day else "", inbox.fetched)


def withdrawn_before(host: SiteHost, fields: TextFields) -> Left | None:
    """Return what this very form left when it was sent before, signed in or not; None if it was not."""
    form = returned_form(host.settings, fields)
    found = find_sent(host.drop.database, _marks(form)[Left.NOTHING].id)
    return next((left for left, mark in _marks(form).items() if mark.content == found), None)


def withdraw(host: SiteHost, keys: SourceKeys, fields: TextFields) -> Left:
    """Withdraw the report of a source. Raises NotWithdrawn."""
    form = returned_form(host.settings, fields)
    if len(fields.get("message")) > LONGEST_WHY:
        form.errors["message"] = _("This is too long: at most {most} characters. Please shorten it.").format(
            most=f"{LONGEST_WHY:,}"
        )
        raise NotWithdrawn(form, 422)
    # What was read is noted before it is gone: the desk is told of both. Withdrawing must not fail for it.
    with suppress(NoRoom):
        host.reading.write()
    with host.turns.take(form.submission), turn_of(host, keys) as here:
        left = _withdraw_once(host, here, fields, form)
    # The rows are gone for good; files that cannot be erased now go with the housekeeper, or at the next start.
    with suppress(OSError, StoreError, SQLAlchemyError):
        finish_erasing(host.drop.database, erasing, host.drop.blobs)
        finish_files(host.drop.database, host.drop.reply_files)
    host.drop.database.leave_no_trace()
    return left


def _withdraw_once(host: SiteHost, keys: SourceKeys, fields: TextFields, form: FilledForm) -> Left:
    before = withdrawn_before(host, fields)
    if before is not None:
        return before
    try:
        inbox = read_inbox(host.drop.database, keys.lookup_id)
    except Missing:
        moved = host.where_now(keys)
        if moved is not None:
            # Carried over at this very moment: it is here as before, and is withdrawn there.
            return _withdraw_once(host, moved, fields, form)
        # Withdrawn from another window, and nothing was left.
        return Left.NOTHING
    memo = memo_in(inbox, keys)
    if memo.withdrawn:
        # From another window, too: a second letter would take the place of the first, which may say why.
        return Left.A_LETTER
    # What tells of an older codename may be erased with the rest: then it can be told anew.
    memo = replace(memo, withdrawn=host.today(), joined="" if inbox.waiting else memo.joined)
    contents = Contents(
        submission=form.submission,
        form=_marks(form)[Left.A_LETTER],
        source=as_source(keys, memo),
        message=fields.get("message").strip(),
        withdraws=True,
    )
    try:
        return submit_withdrawal(host, contents, _marks(form))
    except AlreadyThere:
        # By another process, at this moment.
        return withdrawn_before(host, fields) or Left.A_LETTER
    except NOT_STORED as reason:
        form.errors["form"] = _(
            "We could not do this just now. Nothing was changed, and nothing was deleted. Please try again in a few "
            "minutes, or tomorrow."
        )
        raise NotWithdrawn(form, 507 if isinstance(reason, NoRoom) else 503) from reason


def _marks(form: FilledForm) -> dict[Left, SentForm]:
    """Return the marks of a form for either end; what was typed is not in them: it is withdrawn once."""
    return {left: mark_form(form.submission, TextFields({"left": [left.value]}), ()) for left in Left}
