"""Handing a mail to a relay on this very machine, over SMTP (RFC 5321): the one thing of a notice that meets a network.

Rules:
- Loopback or a unix socket, and nothing else: what leaves this host leaves through Tor, and that is the relay's work.
- This host's name is said to nobody: relays write what they are greeted with into the mail.
- What was refused before its content was handed over did not leave. After that it may have left, whatever the relay
  says: one that passes mail on while it listens may answer with a fault that came later.
- The whole conversation has one end, and what the relay says one length: there are others to be written to.
"""

import re
import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from threading import Timer

from journalist_interface.notice_errors import NoticeNotSent, NoticeRefused, NoticeUncertain
from serving.language import gettext as _

SECONDS = 120  # for all of it; a relay that goes through Tor may ask there first
_LONGEST_SAID = 16 * 1024  # bytes, of all answers
_PORT = re.compile(r"127\.0\.0\.1:([1-9][0-9]{0,4})\Z")
# A name that every machine has (RFC 6761).
_NAME = "localhost"
_OK, _GO_ON = 250, 354


@dataclass(frozen=True)
class Relay:
    """Where it listens: a unix socket, or a port of 127.0.0.1."""

    path: Path | None = None
    port: int = 0


def read_relay(typed: str) -> Relay:
    """Return the relay of "unix:/a/path" or "127.0.0.1:PORT". Raises NoticeRefused."""
    if typed.startswith("unix:/"):
        return Relay(path=Path(typed.removeprefix("unix:")))
    found = _PORT.match(typed)
    if found and int(found[1]) < 65_536:
        return Relay(port=int(found[1]))
    raise NoticeRefused(
        _("“{typed}” is no relay on this machine: unix:/a/path, or 127.0.0.1:PORT.").format(typed=typed)
    )


def hand_over(relay: Relay, sender: str, address: str, mail: bytes, seconds: float = SECONDS) -> None:
    """Have the relay take one mail, in so many seconds in all. Raises NoticeNotSent, or NoticeUncertain."""
    with socket.socket(socket.AF_UNIX if relay.path else socket.AF_INET, socket.SOCK_STREAM) as connected:
        connected.settimeout(seconds)
        with _ended_after(connected, seconds):
            try:
                session = _open(relay, connected)
            except (OSError, smtplib.SMTPException) as reason:
                raise NoticeNotSent(_("The mail relay on this machine does not answer.")) from reason
            try:
                _introduce(session, sender, address)
                _give(session, mail)
            finally:
                session.close()


@contextmanager
def _ended_after(connected: socket.socket, seconds: float) -> Iterator[None]:
    """Have every call on the socket end by then: a time limit for each would let a relay dawdle for ever."""

    def end() -> None:
        with suppress(OSError):
            connected.shutdown(socket.SHUT_RDWR)

    timer = Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


class _Bounded:
    """What the relay says, line by line, and not without end."""

    def __init__(self, said: BufferedReader) -> None:
        self._said = said
        self._left = _LONGEST_SAID

    def readline(self, size: int) -> bytes:
        """Return the next line. Raises OSError once it has said too much."""
        line = self._said.readline(size)
        self._left -= len(line)
        if self._left < 0:
            raise OSError("the relay says more than anybody asked")
        return line

    def close(self) -> None:
        """Close it."""
        self._said.close()


class _Session(smtplib.SMTP):
    """SMTP over whatever socket is open already."""

    def over(self, connected: socket.socket) -> None:
        """Begin. Raises SMTPException."""
        self.sock = connected
        self.file = _Bounded(connected.makefile("rb"))
        code, _said = self.getreply()
        if code != 220:
            raise smtplib.SMTPConnectError(code, b"")


def _open(relay: Relay, connected: socket.socket) -> _Session:
    session = _Session(local_hostname=_NAME)
    connected.connect(str(relay.path) if relay.path else ("127.0.0.1", relay.port))
    try:
        session.over(connected)
    except BaseException:
        session.close()
        raise
    return session


def _introduce(session: _Session, sender: str, address: str) -> None:
    try:
        session.ehlo_or_helo_if_needed()
        for code, said in (session.mail(sender), session.rcpt(address)):
            if code not in (250, 251):
                raise NoticeNotSent(_("The mail relay refused ({code}): {said}").format(code=code, said=_plain(said)))
        code, said = session.docmd("DATA")
    except (OSError, smtplib.SMTPException) as reason:
        raise NoticeNotSent(_("The mail relay broke off before it took anything.")) from reason
    if code != _GO_ON:
        raise NoticeNotSent(_("The mail relay refused ({code}): {said}").format(code=code, said=_plain(said)))


def _give(session: _Session, mail: bytes) -> None:
    # No line begins with a full stop: armour and headers do not. So nothing need be doubled (RFC 5321, 4.5.2).
    try:
        session.send(mail + b".\r\n")
        code, said = session.getreply()
    except (OSError, smtplib.SMTPException) as reason:
        raise NoticeUncertain(
            _("The mail relay broke off at the end: nobody knows whether it took the notice. No second one goes today.")
        ) from reason
    if code != _OK:
        said_so = _("The mail relay had all of it and answered {code}: {said}. Nobody knows whether it passed it on.")
        raise NoticeUncertain(f"{said_so.format(code=code, said=_plain(said))} " + _("No second one goes today."))


def _plain(said: bytes) -> str:
    """Return what the relay said, bounded and printable."""
    return "".join(char for char in said[:200].decode("ascii", "replace") if char.isprintable())
