"""What a circuit that has met a limit is told: nothing is lost, nothing weighs otherwise, and all else goes on."""

import itertools
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pytest

from bench.source_client import SourceClient
from keys.codename import Codename
from serving.answers import HEAD_SIZE
from source_interface.drop_folder import DropFolder, make_drop
from source_interface.page_padding import SMALLEST_PAGE
from tests.conftest import IntakeSecret
from tests.drop_contents import letters
from tests.held_uploads import file_of
from tests.source_site import running_site
from tests.tiny_server import read_all
from tests.tor_site import TorSite, line_of, running_tor_site

OWN_CIRCUITS = itertools.count(0x1000_0000, 0x10)  # where the circuits of each test begin
MISSPELT = "abacus abdomen abdominal abide abiding ability ablez"


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
