"""A process of the source host that dies at a statement of its database, and another that tries again."""

from collections.abc import Callable

from sqlalchemy import event

from store.database import Database


class Killed(BaseException):
    """The process dies here."""


def lives_through(database: Database, nth: int, act: Callable[[], object]) -> bool:
    """Do `act` in a process that dies before the `nth` statement, 1 being the first; tell whether it was over by then.

    What the database holds afterwards is what the next process finds: nothing of the statement was sent.
    """
    left = nth

    def die(*_told: object) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise Killed

    event.listen(database._engine, "before_cursor_execute", die)
    try:
        act()
    except Killed:
        return False
    finally:
        event.remove(database._engine, "before_cursor_execute", die)
    return True
