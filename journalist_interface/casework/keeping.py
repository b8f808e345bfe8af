"""Noting in a case's card how far the work is: in the transaction of the act that moves it on."""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase, settled_card
from journalist_interface.case_card import Card
from journalist_interface.casework.work import NO_WORK, Work
from store.desk.cases import put_card, read_card


def change_work(connection: Connection, case: OpenCase, change: Callable[[Work], Work]) -> Work:
    """Change the work on a case, as it is now and not as it was when the case was opened; return what it became."""
    # Read again: the same transaction may have added to the timeline, whose hash stands in the card.
    card = Card.open(case.key, case.row.id, read_card(connection, case.row.id))
    card = settled_card(connection, case.key, case.row, card)
    work = change(card.work or NO_WORK)
    put_card(connection, case.row.id, replace(card, work=work).seal(case.key, case.row.id))
    return work
