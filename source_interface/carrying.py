"""Who a codename is, while the site has two peppers: sources of the older one are carried over as they come. No Flask.

Carrying over is silent and whole. The codename leads to another lookup id from then on, and the one before is nowhere.
The reply key stays, for the charity has its public half and seals to it: its seed, which only the older pepper gave, is
sealed under a key that the codename gives with the newest, and lies in the row (keys.carried). So nothing changes for
the charity, nor for what is sealed already.

Whatever is found, both lookup ids are asked for, and one transaction of one size is written (docs/adr/0067). One
that finds no room, or that another request was quicker with, keeps nobody out: the source comes in as before.
"""

from contextlib import suppress
from dataclasses import replace
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from keys.carried import open_carried, seal_carried
from keys.ciphertext import Ciphertext
from keys.derivation import Derived, SourceKeys
from keys.errors import SealBroken
from keys.memo import Memo, empty_memo
from source_interface.site_host import SiteHost
from store.drop.carrying import FoundSource, Place, carry_nobody, carry_source, find_sources
from store.errors import StoreError


def known_source(host: SiteHost, derived: Derived) -> SourceKeys | None:
    """Return the keys of the source with these, carried over if it was of the older pepper; None if there is none."""
    if derived.older is None:
        [found] = find_sources(host.drop.database, [derived.newest.lookup_id])
        return _opened(found, derived.newest)
    both = [derived.newest.lookup_id, derived.older.lookup_id]
    of_newest, of_older = find_sources(host.drop.database, both)
    before = _opened(of_older, derived.older)
    if of_newest is None and before is not None:
        return _carry(host, before, derived.newest)
    with suppress(StoreError, SQLAlchemyError):
        carry_nobody(host.drop.database)
    return _opened(of_newest, derived.newest)


def _opened(found: FoundSource | None, derived: SourceKeys) -> SourceKeys | None:
    """Return the keys of a source that was found: with the seed that was carried over for it, if one was."""
    if found is None:
        return None
    seed = derived.reply_seed
    with suppress(SealBroken):
        seed = open_carried(found.carried or b"", derived.carry_key(), found.lookup_id)
    return SourceKeys(found.lookup_id, seed, found.pepper)


def _carry(host: SiteHost, before: SourceKeys, newest: SourceKeys) -> SourceKeys:
    """Carry a source over; return its keys from now on, or those of before if it could not be done just now."""
    after = replace(newest, reply_seed=before.reply_seed)
    sealed = seal_carried(before.reply_seed, newest.carry_key(), newest.lookup_id)
    place = Place(newest.lookup_id, newest.pepper_number, sealed)
    with suppress(StoreError, SQLAlchemyError):
        carry_source(host.drop.database, before.lookup_id, place, partial(_memo_anew, before, after))
        host.reading.move(before.lookup_id, after.lookup_id)
        return after
    # Another request may have been quicker.
    return host.where_now(before) or before


def _memo_anew(before: SourceKeys, after: SourceKeys, memo: Ciphertext | None) -> Ciphertext:
    """Return what was remembered, sealed for the other row; something as random, if nothing was."""
    try:
        return Memo.open(memo or b"", before.memo_key(), before.lookup_id).seal(after.memo_key(), after.lookup_id)
    except SealBroken:
        return empty_memo()
