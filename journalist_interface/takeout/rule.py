"""Whether taking a case out needs a second person: yes, unless a supervisor chose otherwise.

Who chose that does not become free of it: their own requests still need somebody else. It stands in clear, like the
deadlines, and each change is in the audit trail.
"""

from sqlalchemy import Connection

from journalist_interface.desk_folder import Desk
from journalist_interface.sessions import SignedIn
from store.desk.audit import Act, record_act
from store.desk.settings import Setting, keep_setting, read_setting
from store.errors import Missing


def who_lifted(connection: Connection) -> str:
    """Return who chose that no second person is needed; empty if one is."""
    try:
        return read_setting(connection, Setting.TAKE_OUT_ALONE).decode("utf-8", "replace")
    except Missing:
        return ""


def needs_consent(connection: Connection, username: str) -> bool:
    """Tell whether what this person takes out needs a second one."""
    return who_lifted(connection) in ("", username)


def look_at_rule(desk: Desk) -> str:
    """Return who chose that no second person is needed; empty if one is."""
    with desk.database.reading() as connection:
        return who_lifted(connection)


def keep_rule(desk: Desk, signed_in: SignedIn, *, alone: bool) -> None:
    """Have a second person be needed, or not, from now on. What is as it was is not recorded again."""
    with desk.database.writing() as connection:
        before = who_lifted(connection)
        if bool(before) == alone:
            return
        keep_setting(connection, Setting.TAKE_OUT_ALONE, signed_in.username.encode() if alone else b"")
        told = "is needed -> is not" if alone else "is not needed -> is"
        record_act(connection, signed_in.username, Act.SETTINGS, note=f"second person to take a case out: {told}")
