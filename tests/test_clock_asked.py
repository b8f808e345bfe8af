"""Asking real TLS servers for the time through a SOCKS proxy: whose certificate does not hold is no server.

The servers are this test's, with certificates of an authority of its own; the proxy knows which name is which, as Tor
does. No clock is set: what would be done is noted.
"""

import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from deploy.clock.asking import NoAnswer, ask
from deploy.clock.judging import Act, ClockRefused, ClockUnknown
from deploy.clock.main import SERVERS, look, mend

CHECKOUT = Path(__file__).resolve().parent.parent
NAMES = tuple(f"server{number}.example" for number in range(5))


def name_of(name: str) -> x509.Name:
    """A name in a certificate."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


class Authority:
    """Who signs certificates here."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._signed(name_of("authority"), self.key.public_key(), None)
        (folder / "authority.pem").write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def trust(self) -> ssl.SSLContext:
        """Who trusts it, and nobody else."""
        return ssl.create_default_context(cafile=str(self.folder / "authority.pem"))

    def server(self, name: str) -> ssl.SSLContext:
        """A server with a certificate for this name."""
        key = ec.generate_private_key(ec.SECP256R1())
        path = self.folder / f"{name}.pem"
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(
            pem + self._signed(name_of(name), key.public_key(), name).public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _signed(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, name: str | None) -> x509.Certificate:
        now = datetime.now(UTC)
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(name_of("authority")).public_key(key)
        made = made.serial_number(x509.random_serial_number())
        made = made.not_valid_before(now - timedelta(days=2)).not_valid_after(now + timedelta(days=2))
        made = made.add_extension(x509.BasicConstraints(ca=name is None, path_length=None), critical=True)
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False).add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
        )
        if name is None:
            usage = x509.KeyUsage(
                digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
                key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
            )  # fmt: skip
            made = made.add_extension(usage, critical=True)
        else:
            made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        return made.sign(self.key, hashes.SHA256())


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """One for all."""
    return Authority(tmp_path_factory.mktemp("authority"))


@contextmanager
def answering(context: ssl.SSLContext | None, head: bytes) -> Iterator[int]:
    """A server on a port of this machine, with TLS or without, that answers everybody with `head`."""

    def serve() -> None:
        while True:
            try:
                plain, _address = listener.accept()
            except OSError:
                return
            try:
                with plain, context.wrap_socket(plain, server_side=True) if context else plain as connection:
                    connection.recv(4096)
                    connection.sendall(head)
            except OSError:
                continue

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def pass_on(one: socket.socket, other: socket.socket) -> None:
    """Whatever the one says, to the other, until it has said all or either is gone."""
    try:
        while piece := one.recv(65_536):
            other.sendall(piece)
        other.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def connect_through(asked: socket.socket, ports: dict[str, int], told: set[bytes]) -> None:
    """One client of the proxy: its login is noted, and it is connected to the name it asks for, or refused."""
    with asked, ExitStack() as stack:
        stack.callback(asked.close)
        assert asked.recv(3) == b"\x05\x01\x02"
        asked.sendall(b"\x05\x02")
        login = asked.recv(600)
        told.add(login)
        asked.sendall(b"\x01\x00")
        request = asked.recv(600)
        name = request[5:-2].decode("ascii")
        if name not in ports or request[-2:] != b"\x01\xbb":
            asked.sendall(b"\x05\x04\x00\x01" + bytes(6))
            return
        asked.sendall(b"\x05\x00\x00\x01" + bytes(6))
        server = stack.enter_context(socket.create_connection(("127.0.0.1", ports[name])))
        back = threading.Thread(target=pass_on, args=(server, asked))
        back.start()
        pass_on(asked, server)
        back.join(10)


@contextmanager
def proxy(path: Path, ports: dict[str, int]) -> Iterator[set[bytes]]:
    """A SOCKS proxy with names and passwords, as Tor is; gives the names that it was told."""
    told: set[bytes] = set()

    def serve() -> None:
        while True:
            try:
                asked, _address = listener.accept()
            except OSError:
                return
            threading.Thread(target=connect_through, args=(asked, ports, told), daemon=True).start()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield told
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def head(seconds: float = 0) -> bytes:
    """What a server says whose clock is so many seconds ahead of ours."""
    said = format_datetime(datetime.fromtimestamp(int(time.time() + seconds), UTC), usegmt=True)
    return f"HTTP/1.1 301 Moved\r\nServer: x\r\nDATE: {said}\r\n\r\n".encode("ascii")


@contextmanager
def servers(authority: Authority, folder: Path, *offsets: float) -> Iterator[Path]:
    """As many servers, whose clocks are so many seconds ahead of ours; gives the proxy that leads there."""
    with ExitStack() as stack:
        ports = {
            name: stack.enter_context(answering(authority.server(name), head(offset)))
            for name, offset in zip(NAMES, offsets, strict=False)
        }
        stack.enter_context(proxy(folder / "socks", ports))
        yield folder / "socks"


class Noted:
    """What would be done to the clock."""

    def __init__(self) -> None:
        self.done: list[tuple[Act, float]] = []

    def acts(self) -> dict[Act, Callable[[float], None]]:
        """Each act, noted."""
        return {act: partial(self._note, act) for act in Act}

    def _note(self, act: Act, seconds: float) -> None:
        self.done.append((act, seconds))


# How the servers' clocks stand to ours, and what is done.
CLOCKS = {
    "right": ((0, 0, 0, 0, 0), Act.LEAVE),
    "behind by ten minutes": ((600,) * 5, Act.STEP),
    "ahead by twenty seconds": ((-20,) * 5, Act.SLEW),
    "one lies, one is not there": ((600, 600, 600, -80_000), Act.STEP),
}


@pytest.mark.parametrize("what", CLOCKS)
def test_the_clock_is_set_by_what_servers_say(what: str, authority: Authority, tmp_path: Path) -> None:
    """And the day is noted, for `check`, which another user reads."""
    offsets, wanted = CLOCKS[what]
    stamp, noted = tmp_path / "right", Noted()
    with servers(authority, tmp_path, *offsets) as socks:
        mend(look(socks, NAMES, authority.trust()), stamp, noted.acts())
    [(act, seconds)] = noted.done
    assert act is wanted
    assert abs(seconds - offsets[0]) < 3
    assert date.fromisoformat(stamp.read_text("ascii").strip()) == datetime.now(UTC).date()
    assert stamp.stat().st_mode & 0o777 == 0o644


NOT_SET = {
    "too few answer": ((600, 600), ClockUnknown),
    "wrong by hours": ((9000,) * 5, ClockRefused),
}


@pytest.mark.parametrize("what", NOT_SET)
def test_what_is_not_known_leaves_the_clock_and_the_stamp(what: str, authority: Authority, tmp_path: Path) -> None:
    """So `check` sees the day on which it was right last."""
    offsets, error = NOT_SET[what]
    stamp, noted = tmp_path / "right", Noted()
    with servers(authority, tmp_path, *offsets) as socks, pytest.raises(error):
        mend(look(socks, NAMES, authority.trust()), stamp, noted.acts())
    assert (noted.done, stamp.exists()) == ([], False)


def test_each_question_goes_over_circuits_of_its_own(authority: Authority, tmp_path: Path) -> None:
    """A name of its own at Tor each time: no exit sees two of them together."""
    with (
        answering(authority.server(NAMES[0]), head()) as port,
        proxy(tmp_path / "socks", {NAMES[0]: port}) as told,
    ):
        for _again in range(3):
            ask(tmp_path / "socks", NAMES[0], authority.trust())
        assert len(told) == 3


LIARS: dict[str, Callable[[Authority, Authority], tuple[ssl.SSLContext | None, bytes]]] = {
    "a certificate for another name": lambda good, _bad: (good.server("other.example"), head()),
    "a certificate of another authority": lambda _good, bad: (bad.server(NAMES[0]), head()),
    "no TLS": lambda _good, _bad: (None, head()),
    "no date": lambda good, _bad: (good.server(NAMES[0]), b"HTTP/1.1 200 OK\r\n\r\n"),
    "a date that is none": lambda good, _bad: (good.server(NAMES[0]), b"HTTP/1.1 200 OK\r\nDate: soon\r\n\r\n"),
    "a date of no zone": lambda good, _bad: (
        good.server(NAMES[0]),
        b"HTTP/1.1 200 OK\r\nDate: Sun, 29 Nov 2026 12:00:00 -0000\r\n\r\n",
    ),
    "a head without an end": lambda good, _bad: (good.server(NAMES[0]), b"x" * 40_000),
    "nothing": lambda good, _bad: (good.server(NAMES[0]), b""),
}


@pytest.mark.parametrize("what", LIARS)
def test_who_is_not_that_server_says_nothing(what: str, authority: Authority, tmp_path: Path) -> None:
    """Whoever watches an exit of Tor can put a server there; it has no certificate."""
    (tmp_path / "bad").mkdir()
    context, said = LIARS[what](authority, Authority(tmp_path / "bad"))
    with answering(context, said) as port, proxy(tmp_path / "socks", {NAMES[0]: port}), pytest.raises(NoAnswer):
        ask(tmp_path / "socks", NAMES[0], authority.trust())


def test_without_tor_nothing_is_asked(authority: Authority, tmp_path: Path) -> None:
    """Not past it, either."""
    assert look(tmp_path / "nobody", NAMES, authority.trust()) == []


def test_it_runs_with_debians_python_alone(tmp_path: Path) -> None:
    """By its path, without anything installed, and says what it could not do; five owners at least are asked."""
    command = [sys.executable, "-I", "-S", str(CHECKOUT / "deploy/clock/main.py"), str(tmp_path / "nobody")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert "the clock was not looked at" in done.stderr
    assert len({name.split(".", 1)[1] for name in SERVERS}) >= 5
