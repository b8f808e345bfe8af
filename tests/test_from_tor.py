"""Connections from Tor, at a real gunicorn on a unix socket: what is told of them, and who is closed without a word."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from serving.server import BindRefused, check_bind_of_tor
from source_interface.commands import main
from source_interface.drop_folder import DropFolder
from tests.source_site import CANDOUR_DROP
from tests.test_proxy_line import LINE, REFUSED, REQUEST
from tests.tiny_server import BLAND, Tiny, read_all
from tests.tor_site import line_of

CHECKOUT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 30
CLOSING = REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
# Answers with all that the environment of a request says of where it came from.
PROGRAM = """
import json, sys
from flask import Flask, request
from serving import worker
from serving.server import serve
worker.HEAD_SECONDS = 1
def told():
    told = {name: value for name, value in request.environ.items() if name.startswith(("REMOTE", "PROXY", "candour"))}
    return json.dumps([told, request.environ["candour.circuit"] * 2, request.remote_addr])
def make_app():
    app = Flask("tiny")
    app.add_url_rule("/", "told", told, methods=["GET", "POST"])
    return app
serve(make_app, sys.argv[1], threads=8, from_tor=True)
"""


class TinyBehindTor(Tiny):
    """A tiny application that Tor alone connects to."""

    def ask(self, request: bytes, circuit: int = 1) -> bytes:
        """Everything it answers to a request on a circuit, until it closes the connection."""
        return self.say(line_of(circuit) + request)

    def say(self, *pieces: bytes) -> bytes:
        """Everything it answers to these bytes, sent one piece after the other."""
        with self.connect() as connection:
            for piece in pieces:
                connection.sendall(piece)
            try:
                return read_all(connection)
            except ConnectionResetError:
                return b""


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TinyBehindTor]:
    """One that runs; at its end it must have said nothing at all."""
    folder = tmp_path_factory.mktemp("from-tor")
    path = folder / "socket"
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, f"unix:{path}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=CHECKOUT,
    )
    found = TinyBehindTor(process, str(path), folder)
    try:
        _wait(found)
        yield found
    finally:
        process.terminate()
        said, _nothing = process.communicate(timeout=PATIENCE_SECONDS)
    assert said == b""


def _wait(tiny: TinyBehindTor) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        assert tiny.process.poll() is None, "the tiny application stopped"
        try:
            assert b" 200 " in tiny.ask(CLOSING)
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("the tiny application does not answer")


def told(answer: bytes) -> list[object]:
    """What one answer says was told."""
    found: list[object] = json.loads(answer.rpartition(b"\r\n\r\n")[2])
    return found


def test_the_circuit_is_told_as_a_number_and_the_address_stays_empty(tiny: TinyBehindTor) -> None:
    """As on any unix socket: nothing that prints addresses can print it."""
    number = 0xFEDC_BA98
    assert told(tiny.ask(CLOSING, number)) == [{"REMOTE_ADDR": "", "candour.circuit": number}, number * 2, ""]


def test_the_line_may_come_byte_by_byte(tiny: TinyBehindTor) -> None:
    """And so may the request after it."""
    answer = tiny.say(*(bytes([byte]) for byte in line_of(70_000) + CLOSING))
    assert told(answer)[0] == {"REMOTE_ADDR": "", "candour.circuit": 70_000}


def test_a_connection_says_it_once_for_all_its_requests(tiny: TinyBehindTor) -> None:
    """Three on one connection, two of them at once, are all of its circuit; no other connection's is."""
    with tiny.connect() as connection, tiny.connect() as other:
        connection.sendall(line_of(5) + REQUEST)
        assert b'"candour.circuit": 5}' in _one_answer(connection)
        other.sendall(line_of(6) + CLOSING)
        assert b'"candour.circuit": 6}' in read_all(other)
        connection.sendall(REQUEST + CLOSING)
        assert read_all(connection).count(b'"candour.circuit": 5}') == 2


def _one_answer(connection: socket.socket) -> bytes:
    answer = b""
    while b"]" not in answer:
        answer += connection.recv(65_536)
    return answer


def test_a_body_comes_after_the_line_as_after_nothing(tiny: TinyBehindTor) -> None:
    """Its length is counted from the request on."""
    post = CLOSING.replace(b"GET", b"POST").replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\nhello")
    assert told(tiny.ask(post, 9))[1] == 18


@pytest.mark.parametrize("begun", REFUSED.values(), ids=REFUSED.keys())
def test_who_does_not_begin_as_tor_does_is_closed_without_a_word(tiny: TinyBehindTor, begun: bytes) -> None:
    """Not even the bland page: nobody who came through Tor could ever see it."""
    assert tiny.say(begun + LINE + CLOSING) == b""


def test_a_second_line_is_a_bad_request(tiny: TinyBehindTor) -> None:
    """What a client says after Tor has spoken can name no other circuit."""
    answer = tiny.ask(line_of(7) + CLOSING)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.endswith(BLAND)


def test_half_a_line_is_waited_for_no_longer_than_half_a_head(tiny: TinyBehindTor) -> None:
    """This gunicorn waits for a second. The connection is closed unanswered."""
    assert tiny.say(LINE[:20]) == b""
    assert tiny.say(LINE + REQUEST[:20]) == b""


PLACES = {
    "a port": "127.0.0.1:8080",
    "a port of IPv6": "[::1]:8080",
    "every address there is": "0.0.0.0:80",
    "nothing": "",
}


@pytest.mark.parametrize("bind", PLACES.values(), ids=PLACES.keys())
def test_a_place_where_anybody_can_connect_is_refused(bind: str) -> None:
    """Any program of the machine could say that it comes on somebody else's circuit."""
    with pytest.raises(BindRefused):
        check_bind_of_tor(bind)
    assert check_bind_of_tor("unix:/run/candour/site") == "unix:/run/candour/site"
    with socket.socket(socket.AF_UNIX) as handed, socket.socket(socket.AF_INET) as port:
        assert check_bind_of_tor(f"fd://{handed.fileno()}") == f"fd://{handed.fileno()}"
        with pytest.raises(BindRefused):
            check_bind_of_tor(f"fd://{port.fileno()}")


def test_the_command_says_why_in_a_sentence(drop_folder: DropFolder) -> None:
    """And ends with 1, before anything is served."""
    arguments = ["serve", "--from-tor", "--data", str(drop_folder.root), "--bind", "127.0.0.1:8080"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 1
    assert "Behind Tor, “127.0.0.1:8080” is not a place to listen on" in done.output


@pytest.mark.parametrize("name", ["circuit_forms_at_once", "circuit_derivations_at_once"])
def test_a_share_that_is_all_there_is_stops_the_start(drop_folder: DropFolder, name: str) -> None:
    """Settings with which one circuit could take every place are refused where there are circuits, by name."""
    drop_folder.settings.write_text(json.dumps({name: 200}), "utf-8")
    command = [str(CANDOUR_DROP), "serve", "--from-tor", "--data", str(drop_folder.root)]
    bind = ["--bind", f"unix:{drop_folder.root}/socket"]
    done = subprocess.run([*command, *bind], check=False, capture_output=True, timeout=PATIENCE_SECONDS)
    assert done.returncode == 1
    assert f"{name} must be less than ".encode("ascii") in done.stderr


def test_the_door_knows_nothing_of_circuits(drop_folder: DropFolder) -> None:
    """Its one client has a key."""
    command = [str(CANDOUR_DROP), "door", "--from-tor", "--data", str(drop_folder.root), "--bind", "fd://3"]
    done = subprocess.run(command, check=False, capture_output=True)
    assert (done.returncode, b"No such option" in done.stderr) == (2, True)


NOT_BEHIND_TOR = {
    "the site without the number of circuits": (["serve", "--bind", "unix:{0}/site.sock"], "Add --from-tor"),
    "the site on a port": (["serve", "--from-tor", "--bind", "127.0.0.1:0"], "is not a place to listen on"),
    "the door on a port": (["door", "--bind", "127.0.0.1:0"], "is not a place to listen on"),
    "the door on a port it was handed": (["door", "--bind", "fd://{1}"], "is not a place to listen on"),
}


@pytest.mark.parametrize("what", NOT_BEHIND_TOR)
def test_a_host_with_onion_services_listens_on_sockets_alone(drop_folder: DropFolder, what: str) -> None:
    """Beside Tor nobody comes in; and a site that did not expect Tor's line would refuse every source."""
    drop_folder.tor.mkdir()
    arguments, words = NOT_BEHIND_TOR[what]
    with socket.create_server(("127.0.0.1", 0)) as port:
        spelt = [each.format(drop_folder.root, port.fileno()) for each in arguments]
        done = CliRunner().invoke(main, [spelt[0], "--data", str(drop_folder.root), *spelt[1:]])
    assert (done.exit_code, words in done.output) == (1, True), done.output


def test_a_new_pairing_where_the_door_has_no_address_yet(drop_folder: DropFolder, tmp_path: Path) -> None:
    """An interrupted set-up is no reason for a traceback: the file is made, and set-up adds the address."""
    drop_folder.tor.mkdir()
    asked = ["pairing", "--data", str(drop_folder.root), "--pairing", str(tmp_path / "again.json")]
    done = CliRunner().invoke(main, asked)
    assert (done.exit_code, done.exception) == (0, None), done.output
    assert "door_url" not in json.loads((tmp_path / "again.json").read_text())
    assert drop_folder.tokens.pending.is_file()
