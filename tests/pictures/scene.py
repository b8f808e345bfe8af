"""A desk in the middle of a working day, for its pictures: invented people, invented letters, nothing real."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from journalist_interface.casework.assigning import WorkForm, set_work
from journalist_interface.casework.summary import Summary, write_summary
from journalist_interface.clock import now, today
from journalist_interface.walls import clear
from journalist_interface.writing import write_note
from keys.hpke import SEED_SIZE, SecretKey
from keys.letter import Answer
from store.blobs import new_blob_id
from store.desk.courier_state import Doing, say_finished
from store.desk.health import DESK, SOURCE, note_health
from store.desk.roles import Role
from store.host_health import WORDS, Grade, Thing
from tests.desk_entrance import give_key, open_service
from tests.desk_office import Office, new_office, write_letter

STAFF = {
    "ben": (Role.REVIEWER,),
    "cora": (Role.REVIEWER, Role.SUPERVISOR),
    "dora": (Role.ADMINISTRATOR,),
    "evan": (Role.AUDITOR,),
}
_OPENED = (
    (
        "He looks people up on the computer for a man who pays him at the car wash, always on a Friday.",
        ("money", "advantage"),
    ),
    ("My husband is a sergeant. He reads my messages and knows where I am before I say it.", ("partner",)),
)
_WORK = (WorkForm("", "normal", "car wash"), WorkForm("ben", "high", "northtown, at home"))
_SUMMARY = Summary(
    summary="The wife of a sergeant: he controls her telephone and where she goes. She wants advice, no action yet.",
    people="The sergeant, her husband\nHis brother, who repairs telephones",
    places="Northtown station\nTheir house",
    dates="Since the spring; worse since October",
)
_FILES = {"rota.pdf": b"%PDF-1.4"}
_NOTE = "She is at work on Tuesdays and Thursdays: ask her then."
_WAITING = (
    ("He messages women he met at domestic abuse calls.", ("sexual",), "Sergeant Blunt; anybody at Northtown station"),
    ("The jokes in the shift group are about every colleague who is not white.", ("hate",), ""),
)


@contextmanager
def working_day(folder: Path) -> Iterator[Office]:
    """Give a desk with five people, two cases and a post with two letters, one of them urgent."""
    with new_office(folder) as office:
        for name, roles in STAFF.items():
            office.add(name, *roles)
        references = [
            office.open(
                office.deliver(write_letter(_reply_key(), message, topics=topics, must_not_reach=""), _FILES),
                cleared=("amina", "ben"),
            )
            for message, topics in _OPENED
        ]
        write_note(office.desk, office.signed_in("ben"), references[-1], new_blob_id(), _NOTE)
        for reference, work in zip(references, _WORK, strict=True):
            set_work(office.desk, office.signed_in("ben"), reference, work)
        write_summary(office.desk, office.signed_in("ben"), references[-1], _SUMMARY, "0")
        clear(office.desk, office.signed_in(), references[-1], "cora", "Second pair of eyes: she may be in danger.")
        for message, topics, note in _WAITING:
            danger = Answer("q-danger", "yes" if note else "no")
            waiting = write_letter(_reply_key(), message, topics=topics, must_not_reach=note, answers=(danger,))
            office.deliver(waiting)
        open_service(office)
        give_key(office, *STAFF)
        _look_at_hosts(office)
        yield office


def _look_at_hosts(office: Office) -> None:
    """Both hosts were looked at today; and one thing is to be seen to."""
    well = {thing: next(word for word, grade in words.items() if grade is Grade.WELL) for thing, words in WORDS.items()}
    with office.desk.database.writing() as connection:
        for day in ((date.today() - timedelta(days=12)).isoformat(), today()):
            note_health(connection, SOURCE, well, day)
            note_health(connection, DESK, well, day)
        note_health(connection, SOURCE, {Thing.DISK: "low"}, today())
        say_finished(connection, now(), Doing.DONE, "No new submissions.")


def _reply_key() -> bytes:
    return SecretKey(secrets.token_bytes(SEED_SIZE)).public
