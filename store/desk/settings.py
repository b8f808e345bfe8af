"""What the desk was set up with, as bytes under a name: public keys, a fingerprint, the desk's own id."""

from enum import StrEnum

from sqlalchemy import Connection, delete, insert, select, update

from store.desk.account_tables import settings
from store.errors import Missing


class Setting(StrEnum):
    """The names there are."""

    RECOVERY_PUBLIC_KEY = "recovery-public-key"
    INTAKE_FINGERPRINT = "intake-fingerprint"
    DESK_ID = "desk-id"
    AUDIT_SIGNER = "audit-signer"
    INTAKE_FOR_RECOVERY = "intake-for-recovery"
    INTAKE_SUCCESSIONS = "intake-successions"  # JSON: store.desk.successions
    DROP_INTAKE_KEY = "drop-intake-key"  # JSON: what the source host says it seals to
    DEADLINES = "deadlines"
    RETENTION = "retention"
    TAKE_OUT_ALONE = "take-out-alone"  # who chose that no second person is needed
    FIGURES_PUBLIC_KEY = "figures-public-key"
    FIGURES_SINCE = "figures-since"  # the month in which counting began, YYYY-MM
    NOTICE_RHYTHM = "notice-rhythm"


def put_setting(connection: Connection, name: Setting, value: bytes) -> None:
    """Keep a setting that was not set before."""
    connection.execute(insert(settings).values(name=name.value, value=value))


def read_setting(connection: Connection, name: Setting) -> bytes:
    """Return a setting. Raises Missing: the desk was not set up to its end."""
    found = connection.execute(select(settings.c.value).where(settings.c.name == name.value)).scalar_one_or_none()
    if found is None:
        raise Missing(f"the setting {name.value} is not there")
    return bytes(found)


def change_setting(connection: Connection, name: Setting, value: bytes) -> None:
    """Replace a setting that was set before."""
    connection.execute(update(settings).where(settings.c.name == name.value).values(value=value))


def keep_setting(connection: Connection, name: Setting, value: bytes) -> None:
    """Keep a setting, in the place of any before."""
    connection.execute(delete(settings).where(settings.c.name == name.value))
    put_setting(connection, name, value)
