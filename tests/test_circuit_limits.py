"""One circuit floods the site, and nobody else notices: the real command on a unix socket, asked on many circuits."""

import itertools
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass

import pytest

from bench.source_client import Answered, SentFile, SourceClient, multipart
from keys.codename import Codename
from serving.answers import HEAD_SIZE
from source_interface.circuits import REFUSALS_OF_ONE
from source_interface.drop_folder import DropFolder, make_drop
from source_interface.page_padding import SMALLEST_PAGE
from tests.conftest import IntakeSecret
from tests.drop_contents import letters
from tests.gated_upload import Gate
from tests.observed_site import eventually
from tests.source_site import running_site
from tests.test_slow_clients import wait_for_gpg
from tests.tiny_server import read_all
from tests.tor_site import TorSite, line_of, running_tor_site

FLOOD, ELSEWHERE = 0x00F1_00D0, 0x0E15_E001
OWN_CIRCUITS = itertools.count(0x1000_0000, 0x10)  # where the circuits of each test begin
PATIENCE_SECONDS = 120
CONTENT = random.Random(4).randbytes(600_000)  # a long form: more than a message can ever be
FIRST = 300_000  # bytes: so that the file has begun
MISSPELT = "abacus abdomen abdominal abide abiding ability ablez"


def file_of(content: bytes = CONTENT) -> list[SentFile]:
    """A file to send."""
    return [SentFile.of("a.bin", content)]


class HeldUpload(threading.Thread):
    """A report with a file, in the middle of which the browser stops until it is let go on."""

    def __init__(self, site: TorSite, circuit: int) -> None:
        super().__init__(daemon=True)
        self._site = site
        self._circuit = circuit
        self.gate = Gate()
        self.answer: Answered | None = None

    def run(self) -> None:
        """Send it."""
        with self._site.on(self._circuit) as source:
            files = [self.gate.file("held.bin", CONTENT[:FIRST], CONTENT[FIRST:])]
            self.answer = source.report("held", codename=None, files=files)

    def finish(self) -> Answered:
        """Let it go on, and return its answer."""
        self.gate.open()
        self.join(PATIENCE_SECONDS)
        assert self.answer is not None
        return self.answer


@contextmanager
def held_uploads(site: TorSite, circuit: int, count: int) -> Iterator[list[HeldUpload]]:
    """So many uploads on one circuit, each in its middle; all are let go on at the end."""
    uploads = [HeldUpload(site, circuit) for _upload in range(count)]
    for upload in uploads:
        upload.start()
    try:
        for upload in uploads:
            upload.gate.wait()
        yield uploads
    finally:
        for upload in uploads:
            upload.gate.open()
        for upload in uploads:
            upload.join(PATIENCE_SECONDS)


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


@dataclass(frozen=True)
class Limited:
    """A site on which three wrong codenames are enough, and circuits on it that no other test has."""

    site: TorSite
    first: int

    def on(self, circuit: int) -> AbstractContextManager[SourceClient]:
        """A source's browser, on this test's own circuit of that number."""
        return self.site.on(self.first + circuit)

    @contextmanager
    def connected(self, circuit: int) -> Iterator[socket.socket]:
        """A connection on which Tor's line has been said, and nothing else."""
        with self.site.connect() as connection:
            connection.sendall(line_of(self.first + circuit))
            yield connection


@pytest.fixture(scope="module")
def limited_site(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> Iterator[TorSite]:
    """The one site of all of them: what it counts, it counts for each circuit."""
    root = tmp_path_factory.mktemp("limited")
    make_drop(root / "drop", intake_secret.public, root / "pairing.json")
    with running_tor_site(root / "drop", circuit_wrong_codenames_in_ten_minutes=3) as site:
        yield site


@pytest.fixture
def limited(limited_site: TorSite) -> Limited:
    """The site, with circuits of this test's own."""
    return Limited(limited_site, next(OWN_CIRCUITS))


def use_up(source: SourceClient) -> None:
    """Try wrong codenames until none is looked at any more."""
    wrong = Codename.draw().reveal()
    for status in (404, 404, 404, 429):
        assert source.come_back(wrong).status == status


def test_who_tried_too_often_is_told_so_with_what_was_typed(limited: Limited) -> None:
    """What happened, that nothing is lost, what to do; another circuit finds the report at once."""
    with limited.on(1) as honest, limited.on(7) as source:
        codename = honest.take_codename()
        assert honest.report("hello", codename=codename).status == 200
        use_up(source)
        refused = source.come_back(codename)
        assert refused.status == 429
        assert f"{codename}</textarea>" in refused.text
        for said in (
            "we have not looked at this one",
            "Your report is safe",
            "after ten minutes",
            "New Tor circuit",
        ):
            assert said in refused.text, said
        assert honest.come_back(codename).status == 200


def test_with_a_session_and_without_codenames_everything_goes_on(limited: Limited) -> None:
    """The refusal is of looking at codenames alone: who is in stays in, reads, writes with files, reports one way."""
    with limited.on(7) as inside, limited.on(7) as guesser:
        codename = inside.take_codename()
        inside.report("hello", codename=codename)
        use_up(guesser)
        inbox = inside.get("/inbox")
        assert inside.write_again(inbox, "more", file_of()).status == 303
        assert guesser.report("one way", codename=None).status == 200
        with limited.on(7) as somebody:
            words = somebody.take_codename()
            # A first report guesses at nothing: its words were shown here.
            assert somebody.report("new", codename=words).status == 200


def test_a_right_a_wrong_and_a_refused_codename_weigh_the_same(limited: Limited) -> None:
    """Head and all, on the wire, each in one answer: who looks on is told by none of them that a limit is met."""
    with limited.on(1) as honest, limited.on(7) as source:
        codename = honest.take_codename()
        honest.report("hello", codename=codename)
        kinds = {
            "right": (200, codename),
            "misspelt": (422, MISSPELT),
            **{f"wrong {number}": (404, Codename.draw().reveal()) for number in range(3)},
            "wrong, refused": (429, Codename.draw().reveal()),
            "right, refused": (429, codename),
            "misspelt, refused": (429, MISSPELT),
        }
        sizes = {}
        for kind, (status, typed) in kinds.items():
            raw = raw_return(limited, source, typed)
            assert raw.startswith(f"HTTP/1.1 {status} ".encode("ascii")), kind
            sizes[kind] = len(raw)
        assert set(sizes.values()) == {HEAD_SIZE + SMALLEST_PAGE}, sizes


def raw_return(site: Limited, source: SourceClient, typed: str) -> bytes:
    """Everything that comes back when a codename is sent, on circuit 7."""
    page = source.get("/return")
    body = f"csrf_token={page.hidden('csrf_token')}&codename={typed.replace(' ', '+')}".encode("ascii")
    head = (
        f"POST /return HTTP/1.1\r\nHost: onion\r\nConnection: close\r\nCookie: {source.cookie_header()}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with site.connected(7) as connection:
        connection.sendall(head.encode("ascii") + body)
        return read_all(connection)


def test_a_report_whose_codename_is_not_derived_comes_back_whole(drop_folder: DropFolder) -> None:
    """Words, codename, files: all there, and not sent; on a new circuit the same browser sends it, files and all."""
    with running_tor_site(drop_folder.root, circuit_derivations_a_minute=1) as site:
        with site.on(7) as source:
            source.come_back(Codename.draw().reveal())
            codename = source.take_codename()
            values = source.fill_in("my words", codename=codename)
            refused = source.post_multipart("/report", values, file_of())
        assert refused.status == 429
        for said in ("my words</textarea>", codename, "a.bin", "Nothing is lost", "Do not copy it"):
            assert said in refused.text, said
        with site.on(8) as again:
            again.cookies = source.cookies
            form = {name: refused.hidden(name) for name in ("csrf_token", "submission", "held")}
            values = [*form.items(), ("codename_check", codename), ("message", "my words")]
            sent = again.post_multipart("/report", values)
            assert (sent.status, "1 file" in sent.text) == (200, True)


def test_letters_without_end_on_one_circuit_fill_nothing(drop_folder: DropFolder, intake_secret: IntakeSecret) -> None:
    """After three, reports and messages come back whole, files and all; another circuit's are taken."""
    with (
        running_tor_site(drop_folder.root, circuit_letters_in_ten_minutes=3, waiting_submissions=5) as site,
        site.on(7) as source,
        site.on(8) as other,
    ):
        codename = source.take_codename()
        assert source.report("one", codename=codename).status == 200
        assert [source.report(text, codename=None).status for text in ("two", "three")] == [200, 200]
        inbox = source.come_back(codename)
        for refused in (source.report("four", codename=None, files=file_of()), source.write_again(inbox, "four")):
            assert refused.status == 429
            for said in ("four</textarea>", "Nothing is lost", "Do not copy it"):
                assert said in refused.text, said
        assert "a.bin" in source.report("four", codename=None, files=file_of()).text
        assert [other.report(text, codename=None).status for text in ("five", "six")] == [200, 200]
    assert sorted(letter.message for letter in letters(drop_folder, intake_secret)) == sorted(
        ["one", "two", "three", "five", "six"]
    )


def test_a_message_whose_session_ended_comes_back_whole(limited: Limited) -> None:
    """The codename that it needs is not looked at: 429, and the words are still there."""
    with limited.on(7) as source:
        codename = source.take_codename()
        source.report("hello", codename=codename)
        inbox = source.come_back(codename)
        use_up(source)
        source.post("/leave", {})
        page = source.get("/return")
        values = [
            ("csrf_token", page.hidden("csrf_token")),
            ("submission", inbox.hidden("submission")),
            ("held", ""),
            ("codename", codename),
            ("message", "my words"),
        ]
        refused = source.post_multipart("/inbox", values)
        assert refused.status == 429
        assert "my words</textarea>" in refused.text
        assert "we have not looked at this one" in refused.text


def test_withdrawing_and_joining_say_it_too(limited: Limited) -> None:
    """Each takes a codename: neither looks at it, and what was typed is on the page again."""
    with limited.on(7) as inside, limited.on(7) as source:
        codename = inside.take_codename()
        inside.report("hello", codename=codename)
        use_up(source)
        page = inside.get("/join")
        form = {name: page.hidden(name) for name in ("csrf_token", "submission")} | {"codename": codename}
        joined = inside.post("/join", form)
        token = source.get("/withdraw").hidden("csrf_token")
        withdrawn = source.post("/withdraw", {"csrf_token": token, "codename": codename, "message": "why"})
        for refused in (joined, withdrawn):
            assert refused.status == 429
            assert "we have not looked at this one" in refused.text
            assert f"{codename}</textarea>" in refused.text
        assert "why</textarea>" in withdrawn.text
        # Nothing was withdrawn.
        assert "withdrawn" not in inside.get("/inbox").text


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


def test_without_from_tor_a_line_of_tors_is_a_bad_request(drop_folder: DropFolder) -> None:
    """And nothing is limited by circuit: there is none."""
    limits = {"circuit_wrong_codenames_in_ten_minutes": 3, "circuit_derivations_a_minute": 3}
    with running_site(drop_folder.root, **limits) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(line_of(7) + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert read_all(connection).startswith(b"HTTP/1.1 400 ")
        source = SourceClient(url)
        wrong = Codename.draw().reveal()
        assert {source.come_back(wrong).status for _try in range(10)} == {404}
        source.close()
