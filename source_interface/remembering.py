"""What the site remembers for a source between two visits: sealed under a key that only the codename gives.

Whoever writes a submission of a source writes the memo anew with it, in the same transaction and whatever it says: that
a memo was written tells no more than that a submission came.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from keys.derivation import SourceKeys
from keys.errors import SealBroken
from keys.memo import Memo
from keys.reply import reply_address
from source_interface.site_host import SiteHost
from store.drop.inbox import Inbox, read_inbox
from store.drop.intake import NewSource
from store.errors import Missing


def memo_in(inbox: Inbox, keys: SourceKeys) -> Memo:
    """Return what is remembered of the source of this inbox; nothing, if that does not open."""
    if inbox.memo is None:
        return Memo()
    try:
        return Memo.open(inbox.memo, keys.memo_key(), keys.lookup_id)
    except SealBroken:
        return Memo()


def remembered(host: SiteHost, keys: SourceKeys) -> Memo:
    """Return what is remembered of a source; nothing, of one who has never sent anything."""
    try:
        return memo_in(read_inbox(host.drop.database, keys.lookup_id), keys)
    except Missing:
        return Memo()


def as_source(keys: SourceKeys, memo: Memo) -> NewSource:
    """Return what is kept of the source with these keys, with this memo in the place of the one before."""
    sealed = memo.seal(keys.memo_key(), keys.lookup_id)
    return NewSource(keys.lookup_id, keys.reply_key().public, sealed, keys.pepper_number)


@contextmanager
def turn_of(host: SiteHost, keys: SourceKeys) -> Iterator[SourceKeys]:
    """Hold the turn of a source: nobody else writes its memo meanwhile. It comes after the turn of a form, if any.

    Gives its keys with the place where it is now: it may have been carried over since they were found.
    """
    with host.turns.take(reply_address(keys.reply_key().public)):
        yield host.where_now(keys) or keys
