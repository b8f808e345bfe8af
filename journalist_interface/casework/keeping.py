"""Noting in a case's card how far the work is: in the transaction of the act that moves it on."""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase, settled_card
from journalist_interface.case_card import Card
from journalist_interface.casework.clocks import note_clocks
from journalist_interface.casework.work import NO_WORK, Work
from store.desk.cases import put_card, read_card


def change_card(connection: Connection, case: OpenCase, change: Callable[[Card], Card]) -> Work:
    """Change the card of a case, as it is now and not as it was when the case was opened; return the work it says."""
    # Read again: the same transaction may have added to the timeline, whose hash stands in the card.
    card = Card.open(case.key, case.row.id, read_card(connection, case.row.id))
    card = change(settled_card(connection, case.key, case.row, card))
    put_card(connection, case.row.id, card.seal(case.key, case.row.id))
    work = card.work or NO_WORK
    note_clocks(connection, case.row.id, work, is_one_way=case.is_one_way)
    return work


def change_work(connection: Connection, case: OpenCase, change: Callable[[Work], Work]) -> Work:
    """Change the work on a case, as `change_card` does; return what it became."""
    return change_card(connection, case, lambda card: replace(card, work=change(card.work or NO_WORK)))
