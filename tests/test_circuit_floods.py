"""One circuit floods the site, and nobody else notices: the real command on a unix socket, asked on many circuits."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from bench.source_client import Answered, SourceClient, multipart
from keys.codename import Codename
from source_interface.circuits import REFUSALS_OF_ONE
from source_interface.drop_folder import DropFolder
from tests.conftest import IntakeSecret
from tests.drop_contents import letters
from tests.held_uploads import PATIENCE_SECONDS, file_of, held_uploads
from tests.observed_site import eventually
from tests.test_slow_clients import wait_for_gpg
from tests.tiny_server import read_all
from tests.tor_site import TorSite, line_of, running_tor_site

FLOOD, ELSEWHERE = 0x00F1_00D0, 0x0E15_E001
MISSPELT = "abacus abdomen abdominal abide abiding ability ablez"


@contextmanager
def flood(site: TorSite, what: Callable[[SourceClient], Answered], askers: int) -> Iterator[set[int]]:
    """So many browsers on one circuit that do one thing again and again; the statuses of their answers."""
    over, statuses = threading.Event(), set[int]()

    def ask() -> None:
        with site.on(FLOOD) as source:
            while not over.is_set():
                statuses.add(what(source).status)

    threads = [threading.Thread(target=ask, daemon=True) for _asker in range(askers)]
    for thread in threads:
        thread.start()
    try:
        yield statuses
    finally:
        over.set()
        for thread in threads:
            thread.join(PATIENCE_SECONDS)


def walk_whole_road(site: TorSite, circuit: int) -> float:
    """Report with a file, come back, write again, leave; everything taken. The seconds of the slowest answer."""
    slowest, codename = 0.0, ""

    def timed(answer: Callable[[], Answered]) -> Answered:
        nonlocal slowest
        began = time.monotonic()
        found = answer()
        slowest = max(slowest, time.monotonic() - began)
        return found

    with site.on(circuit) as source:
        codename = source.take_codename()
        assert timed(lambda: source.report("fast", codename=codename, files=file_of())).status == 200
        inbox = timed(lambda: source.come_back(codename))
        assert inbox.status == 200
        assert timed(lambda: source.write_again(inbox, "more", file_of())).status == 303
        page = timed(lambda: source.get("/inbox"))
        assert source.post("/leave", {"csrf_token": page.hidden("csrf_token")}).status == 303
    return slowest


def test_codenames_tried_without_end_on_one_circuit_keep_nobody_waiting(drop_folder: DropFolder) -> None:
    """Forty at once, with places for fifteen: they are told to wait, and on other circuits all is done at once."""
    wrong = Codename.draw().reveal()
    with (
        running_tor_site(drop_folder.root, derivations_at_once=1, derivations_waiting=14) as site,
        flood(site, lambda source: source.come_back(wrong), 40) as statuses,
    ):
        eventually(lambda: 429 in statuses, True)
        slowest = [walk_whole_road(site, ELSEWHERE + number) for number in range(5)]
        # The queue that all share never was full: nobody was told that the site is busy.
        assert statuses <= {404, 429}
    assert max(slowest) < 5


def test_uploads_on_one_circuit_leave_places_for_others(drop_folder: DropFolder, intake_secret: IntakeSecret) -> None:
    """It has its three of four places; its next is refused, another circuit's is taken; none of the three is lost."""
    with (
        running_tor_site(
            drop_folder.root, long_forms_at_once=4, short_forms_at_once=4, circuit_forms_at_once=3
        ) as site,
        held_uploads(site, FLOOD, 3) as held,
    ):
        wait_for_gpg(site.process.pid, 3)
        with site.on(FLOOD) as source:
            codename = source.take_codename()
            refused = source.report("my words", codename=codename, files=file_of())
            assert refused.status == 429
            assert "my words</textarea>" in refused.text
            assert "Several large forms are on their way to us from your browser already" in refused.text
            # Words alone need no place.
            assert source.report("only words", codename=None).status == 200
        walk_whole_road(site, ELSEWHERE)
        assert [upload.finish().status for upload in held] == [200] * 3
        with site.on(FLOOD) as source:
            assert source.report("again", codename=None, files=file_of()).status == 200
    found = sorted(letter.message for letter in letters(drop_folder, intake_secret))
    assert found == ["again", "fast", "held", "held", "held", "more", "only words"]


def test_even_the_places_of_the_refused_are_shared(drop_folder: DropFolder) -> None:
    """One circuit has six of sixteen; the next gets a plain page, and on another circuit words are still given back."""
    with (
        running_tor_site(
            drop_folder.root, long_forms_at_once=2, short_forms_at_once=2, circuit_forms_at_once=1
        ) as site,
        held_uploads(site, FLOOD, 1 + REFUSALS_OF_ONE),
        held_uploads(site, ELSEWHERE, 1),
    ):
        with site.on(FLOOD) as source, pytest.raises(_PlainPage):
            _give_up_early(site, source)
        with site.on(ELSEWHERE) as source:
            busy = source.report("my words", codename=None, files=file_of())
            assert (busy.status, "my words</textarea>" in busy.text) == (429, True)


class _PlainPage(Exception):
    """The page that says that nothing could be read."""


def _give_up_early(site: TorSite, source: SourceClient) -> None:
    """Send the beginning of a form and read the answer, as a browser that listens while it sends."""
    headers, parts = multipart(source.fill_in("my words", codename=None), file_of())
    headers |= {"Host": "onion", "Cookie": source.cookie_header()}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with site.connect() as connection:
        connection.sendall(line_of(FLOOD) + f"POST /report HTTP/1.1\r\n{head}\r\n".encode("ascii"))
        first = parts[0]
        assert isinstance(first, bytes)
        connection.sendall(first)
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 429 ")
    assert b"Your browser is sending us too much at once" in answer
    raise _PlainPage


def test_honest_browsers_meet_no_limit(drop_folder: DropFolder) -> None:
    """All six connections of one at work, slow ones; a hand that mistypes and guesses at its own words; a family.

    With the limits as they are set up, on one circuit.
    """
    with running_tor_site(drop_folder.root) as site, ExitStack() as family:
        with held_uploads(site, 7, 5) as held:
            source = family.enter_context(site.on(7))
            codename = source.take_codename()
            assert source.report("hello", codename=codename).status == 200
            statuses = [source.get("/progress").status for _time in range(30)]
            assert [upload.finish().status for upload in held] == [200] * 5
        people = [family.enter_context(site.on(7)) for _person in range(3)]
        for person in people:
            statuses += [person.come_back(typed).status for typed in [MISSPELT] * 4 + [Codename.draw().reveal()] * 3]
            statuses.append(person.come_back(codename).status)
        assert set(statuses) == {200, 404, 422}
