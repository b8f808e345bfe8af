"""A source who wrote before, under another codename, says so: once, with that codename. Knows no Flask.

That two codenames are one person's stands in one place alone, the sealed letter of the newer one, which has the size of
every short message. The older one is looked up and nothing of it is read or opened; nobody is signed in as it. Nothing
of it is written either, but that a codename of the pepper before is carried over here as on the page for coming back.

Typing a codename here costs what it costs on the page for coming back: one derivation, in the same queue. A right one,
a wrong one and a misspelt one take the same work and weigh the same (docs/adr/0051).
"""

from contextlib import suppress
from dataclasses import replace
from hmac import compare_digest

from sqlalchemy.exc import SQLAlchemyError

from keys.derivation import SourceKeys
from keys.errors import OpenPGPFailed
from keys.memo import Memo
from keys.reply import reply_address
from serving.form_stream import TextFields
from serving.language import gettext as _
from source_interface.filled_form import new_submission_id, returned_form
from source_interface.not_stored import NOT_STORED
from source_interface.remembering import as_source, remembered, turn_of
from source_interface.returning import NotFound, TriedTooOften, find_source
from source_interface.sent_form import mark_form
from source_interface.site_host import SiteHost
from source_interface.submitting import Contents, submit, submit_nothing
from store.errors import AlreadyThere, NoRoom, StoreError


def join(host: SiteHost, keys: SourceKeys, fields: TextFields) -> None:
    """Tell the charity that this source is the one of the typed codename as well. Raises NotFound; nothing was told."""
    form = returned_form(host.settings, fields)
    with host.turns.take(form.submission), turn_of(host, keys) as here:
        memo = remembered(host, here)
        if memo.joined:
            return
        try:
            _check_open(memo)
            _join(host, here, memo, form.submission, find_older(host, here, fields.get("codename")))
        except TriedTooOften:
            raise
        except NotFound:
            # On a full disk the page still says what is wrong with the codename.
            with suppress(OSError, StoreError, OpenPGPFailed, SQLAlchemyError):
                submit_nothing(host, _contents(host, here, memo, new_submission_id(), ""))
            raise


def find_older(host: SiteHost, keys: SourceKeys, typed: str) -> SourceKeys:
    """Return the keys of the other source with the typed codename. Raises NotFound, after as long as ever."""
    older = find_source(host, typed)
    # By the seed: the typed words may just have carried over the very source who is signed in.
    if compare_digest(older.reply_seed, keys.reply_seed):
        raise NotFound(
            _("These are the words of the report that is open now. Please type the seven words you had before."), 422
        )
    return older


def _check_open(memo: Memo) -> None:
    if memo.withdrawn:
        raise NotFound(
            _("You have withdrawn this report. If you want us to go on with it, write to us in “My report” first."), 422
        )


def _join(host: SiteHost, keys: SourceKeys, memo: Memo, submission: str, older: SourceKeys) -> None:
    if not host.has_room_for_text():
        raise _not_now(507)
    try:
        submit(host, _contents(host, keys, memo, submission, reply_address(older.reply_key().public)))
    except AlreadyThere:
        # This very form, by another process, at this moment.
        return
    except NOT_STORED as reason:
        raise _not_now(507 if isinstance(reason, NoRoom) else 503) from reason


def _contents(host: SiteHost, keys: SourceKeys, memo: Memo, submission: str, joins: str) -> Contents:
    return Contents(
        submission=submission,
        # Nothing of what was typed is in the mark: whoever takes this host and finds an old codename on paper could
        # otherwise test whether it was typed here.
        form=mark_form(submission, TextFields(), ()),
        source=as_source(keys, replace(memo, joined=host.today())),
        message="",
        joins=joins,
    )


def _not_now(status: int) -> NotFound:
    return NotFound(
        _("We could not do this just now. Nothing was sent and nothing is lost. Please try again tomorrow."), status
    )
