"""A source who took the report back: the desk sees it before it opens anything, at the top of the case, and is due."""

import secrets
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from journalist_interface.case_page import CasePage, read_case
from journalist_interface.casework.deadlines import Duty, Rules, dues_of
from journalist_interface.casework.steps import letter_opened
from journalist_interface.casework.withdrawn import Withdrawn, withdrawal_in
from journalist_interface.casework.work import NO_WORK, Work
from journalist_interface.desk_app import create_desk
from journalist_interface.writing import write_reply, write_status
from keys.hpke import SEED_SIZE, SecretKey
from keys.letter import Letter
from keys.statuses import Status
from serving.server import CLOSE
from store.blobs import new_blob_id
from tests.desk_office import Office, new_office, sent_replies, sign_in, write_letter

LATER = "2026-11-24"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A desk for all tests here: each has cases of its own."""
    with new_office(tmp_path_factory.mktemp("withdrawn") / "desk") as made:
        yield made


@pytest.fixture(scope="module")
def client(office: Office) -> Iterator[FlaskClient]:
    """A browser in which amina is signed in, once: a code from the authenticator works once."""
    app: Flask = create_desk(office.folder)
    with app.test_client() as made:
        sign_in(made, office)
        yield made
    app.extensions[CLOSE]()


def reply_key() -> bytes:
    """The public half of a source's reply key."""
    return SecretKey(secrets.token_bytes(SEED_SIZE)).public


def taking_back(key: bytes, why: str = "", day: str = LATER) -> Letter:
    """The letter with which a source takes the report back."""
    return write_letter(key, why, withdraws=True, day=day, topics=(), answers=(), must_not_reach="")


def read(office: Office, reference: str) -> CasePage:
    """The case as amina reads it."""
    return read_case(office.desk, office.signed_in(), reference)


def duties(page: CasePage) -> list[Duty]:
    """What is due of a case."""
    return [due.duty for due in page.dues]


def test_a_withdrawal_is_said_at_the_top_and_what_is_kept_is_due(office: Office, client: FlaskClient) -> None:
    """The case says it before all else that is read, with the reason in its place."""
    key = reply_key()
    reference = office.open(office.deliver(write_letter(key)))
    office.open(office.deliver(taking_back(key, "I am afraid.")))
    page = read(office, reference)
    assert page.withdrawal == Withdrawn(LATER, beside_others=False)
    assert Duty.SAY_KEPT in duties(page)
    assert Duty.ANSWER not in duties(page)
    shown = client.get(f"/case/{reference}").get_data(as_text=True)
    assert "The source took this report back on 24 Nov" in shown
    assert "Withdrawn: say what is kept" in shown
    assert shown.index("took this report back") < shown.index("I am afraid.")
    assert "Takes the report back" in shown
    assert "The source gave no reason." not in shown
    assert "Withdrawn: say what is kept" in client.get("/today").get_data(as_text=True)


def test_the_answer_is_what_was_due(office: Office) -> None:
    """Once the source was told, nothing but what came of the report is due; closing tells that."""
    key = reply_key()
    reference = office.open(office.deliver(write_letter(key)))
    office.open(office.deliver(taking_back(key)))
    write_reply(office.desk, office.signed_in(), reference, new_blob_id(), "We keep your first letter.", (), "9")
    assert duties(read(office, reference)) == [Duty.FEEDBACK]
    write_status(
        office.desk,
        office.signed_in(),
        reference,
        new_blob_id(),
        Status.CLOSED.value,
        "Withdrawn.",
        "9",
        untrusted_outcome="misuse",
    )
    assert duties(read(office, reference)) == []


def test_a_closed_case_is_due_again(office: Office) -> None:
    """To be withdrawn from is to be answered, however long it was closed."""
    key = reply_key()
    reference = office.open(office.deliver(write_letter(key)))
    write_status(
        office.desk,
        office.signed_in(),
        reference,
        new_blob_id(),
        Status.CLOSED.value,
        "Not ours.",
        "9",
        untrusted_outcome="misuse",
    )
    office.open(office.deliver(taking_back(key)))
    page = read(office, reference)
    assert page.case.row.status == Status.BEING_READ.value
    assert Duty.SAY_KEPT in duties(page)


def test_who_writes_again_has_it_read_again(office: Office) -> None:
    """A letter of a later day is no withdrawal, whichever of the two was opened first."""
    for first, second in (("withdraws", "writes"), ("writes", "withdraws")):
        key = reply_key()
        reference = office.open(office.deliver(write_letter(key)))
        letters = {
            "withdraws": taking_back(key),
            "writes": write_letter(key, "I changed my mind.", day="2026-11-25"),
        }
        for which in (first, second):
            office.open(office.deliver(letters[which]))
        page = read(office, reference)
        assert page.withdrawal is None
        assert Duty.SAY_KEPT not in duties(page)


def test_a_report_whose_first_letter_here_is_its_withdrawal(office: Office) -> None:
    """What was to be collected was erased on its way: no machine thanks for it, and a person answers."""
    before = sent_replies(office)
    reference = office.open(office.deliver(taking_back(reply_key())))
    page = read(office, reference)
    assert sent_replies(office) == before
    assert page.withdrawal == Withdrawn(LATER, beside_others=False)
    assert Duty.SAY_KEPT in duties(page)
    assert page.case.work.acknowledged == ""


def test_the_queue_tells_before_anything_is_opened(office: Office, client: FlaskClient) -> None:
    """Of the letter that takes back, and of another one of the same source that waits beside it."""
    key = reply_key()
    waiting = [office.deliver(write_letter(key, must_not_reach="")), office.deliver(taking_back(key))]
    client.post("/post/unlock", data={"csrf_token": token(client, "/post")})
    shown = client.get("/post").get_data(as_text=True)
    assert shown.count("Takes the report back") == 1
    assert shown.count("Another letter of this source takes the report back") == 1
    for letter in waiting:
        office.open(letter)


def token(client: FlaskClient, path: str) -> str:
    """The token of a page's forms."""
    return client.get(path).get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]


def test_a_card_of_before_says_nothing_of_withdrawing() -> None:
    """It is read, and so is one that does."""
    old = {name: value for name, value in Work(received=LATER).to_json().items() if name not in ("withdrawn", "wrote")}
    assert Work.from_json(old) == Work(received=LATER)
    full = Work(received=LATER, withdrawn=LATER, wrote="2026-11-20")
    assert Work.from_json(full.to_json()) == full


@pytest.mark.parametrize(
    ("days", "found"),
    {
        "nothing": ((), None),
        "a report": ((("2026-11-20", False),), None),
        "a report, then a withdrawal": (
            (("2026-11-20", False), ("2026-11-21", True)),
            Withdrawn("2026-11-21", beside_others=False),
        ),
        "both on one day": (
            (("2026-11-21", True), ("2026-11-21", False)),
            Withdrawn("2026-11-21", beside_others=True),
        ),
        "a letter of a later day": ((("2026-11-22", False), ("2026-11-21", True)), None),
        "withdrawn again": (
            (("2026-11-21", True), ("2026-11-22", False), ("2026-11-23", True)),
            Withdrawn("2026-11-23", beside_others=False),
        ),
    }.values(),
)
def test_the_last_letter_counts(days: tuple[tuple[str, bool], ...], found: Withdrawn | None) -> None:
    """The case page and the card come to the same, in whatever order the letters were opened."""
    letters = [replace(write_letter(b"x"), day=day, withdraws=withdraws) for day, withdraws in days]
    assert withdrawal_in(letters) == found
    for order in (letters, letters[::-1]):
        work = NO_WORK
        for letter in order:
            work = letter_opened(work, letter.day, withdraws=letter.withdraws)
        assert work.is_withdrawn == (found is not None)


def test_a_withdrawn_report_is_due_within_as_many_days_as_any_letter() -> None:
    """Three working days from the day it came here."""
    work = Work(received="2026-11-20", acknowledged="2026-11-20", unanswered="2026-11-24", withdrawn="2026-11-23")
    due = dues_of(work, is_one_way=False, rules=Rules(), today="2026-11-24")
    assert [(each.day, each.duty) for each in due if each.duty is not Duty.FEEDBACK] == [("2026-11-27", Duty.SAY_KEPT)]
