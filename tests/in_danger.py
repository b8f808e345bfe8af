"""A case in which somebody may be in danger, and going through its checklist, for tests."""

from datetime import UTC, date, datetime, timedelta

from journalist_interface.casework.filtering import Filter
from journalist_interface.casework.safety_keeping import (
    answer_points,
    note_telling,
    set_look_again,
    stand_down,
)
from journalist_interface.casework.safety_note import Point
from journalist_interface.casework.safety_typed import TypedAnswer, TypedTelling
from journalist_interface.clock import now, today
from keys.letter import Answer
from tests.desk_office import Office, read_list
from tests.desk_person import letter, source

YES = (Answer("q-danger", "yes"), Answer("q-safe-time", "Tuesdays after nine"))
BY_HAND = [point for point in Point if point not in ("help", "colleague", "supervisor", "again")]


def opened(office: Office, key: bytes | None = None, **more: object) -> str:
    """A case that amina and ben can read."""
    return office.open(letter(office, key or source(), **more), cleared=("amina", "ben"))


def in_danger(office: Office) -> set[str]:
    """The references that the list of danger holds."""
    return {each.case.reference for each in read_list(office.desk, office.signed_in(), Filter(is_danger=True)).cases}


def later(days: int) -> str:
    """The day in so many days."""
    return (date.fromisoformat(today()) + timedelta(days=days)).isoformat()


def minute(before: int = 0) -> str:
    """A minute of now, or so many seconds ago, as it is typed."""
    return datetime.fromtimestamp(now() - before, UTC).strftime("%Y-%m-%d %H:%M")


def tell(office: Office, reference: str, whom: str = "abuse-service", who: str = "amina") -> None:
    """Note that somebody was told."""
    typed = TypedTelling(whom, who, minute(3600), "By telephone, from the office.")
    note_telling(office.desk, office.signed_in(who), reference, typed)


def go_through(office: Office, reference: str, who: str = "amina") -> None:
    """Answer every point."""
    me = office.signed_in(who)
    typed = {point.value: TypedAnswer("done", "seen") for point in BY_HAND}
    typed["supervisor"] = TypedAnswer("does-not-apply", "There is none this week.")
    answer_points(office.desk, me, reference, typed, "99")
    tell(office, reference, "emergency", who)
    tell(office, reference, "colleague", who)
    set_look_again(office.desk, me, reference, later(2), "99")


def over(office: Office, reference: str) -> None:
    """Have nobody be in danger any more."""
    go_through(office, reference)
    stand_down(office.desk, office.signed_in(), reference, "It is over.", "99")
