"""Opening the whole post, killed in the middle: after a restart the rest is opened, and every letter once."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPException
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bench.source_client import SourceClient
from journalist_interface.case_documents import LetterDocument
from journalist_interface.case_page import read_case
from store.desk.post_tables import opened, parcels
from store.desk.recovery import list_recoverable
from tests.crashes.mortal import in_time
from tests.desk_office import PASSWORD, Office, new_office, write_letter

LETTERS = 24
KILLED_AFTER = 3
CHECKOUT = Path(__file__).resolve().parent.parent


class RunningDesk:
    """`candour-desk serve`, in a group of its own with every gpg that it starts."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            os.set_inheritable(listener.fileno(), True)
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            command = "from journalist_interface.starting import main; main()"
            arguments = ["serve", "--data", str(folder), "--bind", f"fd://{listener.fileno()}"]
            self._process = subprocess.Popen(
                [sys.executable, "-c", command, *arguments],
                pass_fds=[listener.fileno()],
                cwd=CHECKOUT,
                start_new_session=True,
                stderr=subprocess.DEVNULL,
            )

    def kill(self) -> None:
        """Kill the whole group at once, and wait until it is gone."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with letters in the post, every fifth with a file."""
    with new_office(tmp_path / "desk") as made:
        for number in range(LETTERS):
            letter = write_letter(None, f"Letter number {number}.", must_not_reach="")
            made.deliver(letter, {"a.pdf": b"a" * 90_000} if number % 5 == 0 else {})
        yield made


def how_many(office: Office) -> tuple[int, int]:
    """How many letters are opened, and how many wait."""
    with office.desk.database.reading() as connection:
        done = connection.execute(select(func.count()).select_from(opened)).scalar_one()
        return done, connection.execute(select(func.count()).select_from(parcels)).scalar_one()


def unlocked_officer(desk: RunningDesk, cookies: dict[str, str]) -> tuple[SourceClient, str]:
    """The officer's browser, whose session outlived the desk, with the key unlocked; and the form token."""
    client = SourceClient(desk.url)
    client.cookies = cookies
    token = client.get("/post").hidden("csrf_token")
    assert client.post("/post/unlock", {"csrf_token": token}).status == 303
    return client, token


def press_open_all(desk: RunningDesk, cookies: dict[str, str]) -> None:
    """Press the button; the answer may never come."""
    client, token = unlocked_officer(desk, cookies)
    with closing(client), suppress(HTTPException, OSError):
        client.post("/post/open", {"csrf_token": token, "all": "1", "cleared": "amina"})


def test_a_round_that_was_killed_goes_on_after_a_restart(office: Office) -> None:
    """What was opened stays so, the rest opens with the same button, and no letter is there twice."""
    first = RunningDesk(office.folder)
    try:
        with closing(SourceClient(first.url)) as client:
            form = {"username": "amina", "password": PASSWORD, "code": office.code()}
            assert client.post("/sign-in", form).status == 303
        pressed = threading.Thread(target=press_open_all, args=(first, dict(client.cookies)))
        pressed.start()
        assert in_time(lambda: how_many(office)[0] >= KILLED_AFTER)
    finally:
        first.kill()
    pressed.join()
    done, waiting = how_many(office)
    assert done + waiting == LETTERS
    assert waiting, "the round was over: nothing was interrupted"
    second = RunningDesk(office.folder)
    try:
        with closing(SourceClient(second.url)) as page:
            page.cookies = dict(client.cookies)
            assert "It locks by itself" not in page.get("/post").text, "the key was forgotten with the process"
        press_open_all(second, dict(client.cookies))
        assert in_time(lambda: how_many(office) == (LETTERS, 0))
    finally:
        second.kill()
    assert messages(office) == Counter(f"Letter number {number}." for number in range(LETTERS))


def messages(office: Office) -> Counter[str]:
    """What every case says, as often as it says it."""
    with office.desk.database.reading() as connection:
        references = [case.reference for case in list_recoverable(connection)]
    pages = [read_case(office.desk, office.signed_in(), reference) for reference in references]
    documents = [entry.document for page in pages for entry in page.entries]
    said = Counter(each.message for each in documents if isinstance(each, LetterDocument))
    assert all(re.fullmatch(r"Letter number \d+\.", message) for message in said)
    return said
