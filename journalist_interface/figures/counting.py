"""Noting what is to be counted, in the transaction of the act: sealed, without a word of which case it was.

No act fails for want of figures. Before anybody has opened the post with this version nothing is counted; and if
somebody exchanged the public key in the database nothing is sealed to it, and the trail says so.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from journalist_interface.clock import today
from journalist_interface.key_names import OtherKey, check_named, is_named, name_key
from keys.figures_key import figures_key, seal_note
from keys.strict_json import write_object
from store.desk.audit import Act, record_act
from store.desk.figures import add_note
from store.desk.settings import Setting, keep_setting, put_setting, read_setting
from store.errors import Missing

# No user name has a space.
HOLDER = "the figures"


def count(connection: Connection, actor: str, measures: Sequence[str], month: str = "") -> None:
    """Note that these measures are one more, this month."""
    public = _public(connection) if measures else None
    if public is None:
        return
    try:
        check_named(connection, {HOLDER: public})
    except OtherKey:
        record_act(connection, actor, Act.KEY_EXCHANGED, note=HOLDER)
        return
    document = {"month": month or today()[:7], "measures": list(measures)}
    add_note(connection, seal_note(public, write_object(document)))


def let_count(connection: Connection, actor: str, passphrase: str) -> None:
    """Have the public key be the one that follows from the intake key's passphrase, named in the trail."""
    public = figures_key(passphrase).public
    if _public(connection) == public and is_named(connection, HOLDER):
        return
    keep_setting(connection, Setting.FIGURES_PUBLIC_KEY, public)
    name_key(connection, actor, HOLDER, public)
    if counted_since(connection) is None:
        put_setting(connection, Setting.FIGURES_SINCE, today()[:7].encode("ascii"))


def counted_since(connection: Connection) -> str | None:
    """Return the month in which counting began, YYYY-MM; None if it did not."""
    try:
        return read_setting(connection, Setting.FIGURES_SINCE).decode("ascii", "replace")
    except Missing:
        return None


def _public(connection: Connection) -> bytes | None:
    try:
        return read_setting(connection, Setting.FIGURES_PUBLIC_KEY)
    except Missing:
        return None
