"""Handing a mail to a relay on this very machine, over SMTP (RFC 5321): the one thing of a notice that meets a network.

Rules:
- Loopback or a unix socket, and nothing else: what leaves this host leaves through Tor, and that is the relay's work.
- This host's name is said to nobody: relays write what they are greeted with into the mail.
- What was refused did not leave. What was handed over whole and never answered may have left.
"""

import re
import smtplib
import socket
from dataclasses import dataclass
from pathlib import Path

from journalist_interface.notice_errors import NoticeNotSent, NoticeRefused, NoticeUncertain
from serving.language import gettext as _

SECONDS = 120  # for one answer; a relay that goes through Tor may ask there first
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
    """Have the relay take one mail. Raises NoticeNotSent, or NoticeUncertain."""
    try:
        session = _open(relay, seconds)
    except (OSError, smtplib.SMTPException) as reason:
        raise NoticeNotSent(_("The mail relay on this machine does not answer.")) from reason
    try:
        _introduce(session, sender, address)
        _give(session, mail)
    finally:
        session.close()


class _Session(smtplib.SMTP):
    """SMTP over whatever socket is open already."""

    def over(self, connected: socket.socket) -> None:
        """Begin. Raises SMTPException."""
        self.sock = connected
        self.file = None
        code, _said = self.getreply()
        if code != 220:
            raise smtplib.SMTPConnectError(code, b"")


def _open(relay: Relay, seconds: float) -> _Session:
    session = _Session(local_hostname=_NAME)
    connected = socket.socket(socket.AF_UNIX if relay.path else socket.AF_INET, socket.SOCK_STREAM)
    connected.settimeout(seconds)
    try:
        connected.connect(str(relay.path) if relay.path else ("127.0.0.1", relay.port))
        session.over(connected)
    except BaseException:
        connected.close()
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
        raise NoticeNotSent(_("The mail relay refused ({code}): {said}").format(code=code, said=_plain(said)))


def _plain(said: bytes) -> str:
    """Return what the relay said, bounded and printable."""
    return "".join(char for char in said[:200].decode("ascii", "replace") if char.isprintable())
