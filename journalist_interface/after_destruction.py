"""What comes after the commit that destroyed a case: in the desk's pages, and in the command that does it again."""

from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

from journalist_interface.desk_folder import Desk, empty_log
from store.desk.case_tables import vault_erasing
from store.desk.destroyed_list import bring_up_to_date
from store.desk.outgoing import finish_outgoing
from store.erasing import finish_erasing
from store.errors import StoreError


def finish_destruction(desk: Desk) -> None:
    """Do what comes after the commit. What cannot be done now is done at the next start, or by the housekeeper."""
    with suppress(OSError, StoreError, SQLAlchemyError):
        finish_erasing(desk.database, vault_erasing, desk.vault)
    with suppress(OSError, StoreError, SQLAlchemyError):
        finish_outgoing(desk.database, desk.outgoing)
    with suppress(OSError, StoreError, SQLAlchemyError):
        bring_up_to_date(desk.database, desk.paths.destroyed)
    # The sealed copies of the key, and all that they open, stand in the log until that is emptied.
    empty_log(desk)
