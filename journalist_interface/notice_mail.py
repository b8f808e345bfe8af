"""A notice as a mail: every header is the same each day, or random and of one length. Nothing is sent here.

PGP/MIME (RFC 3156), so that mail programs open it. Rules:
- No host name, no local time zone, no name of a program: `Date` has the hour in UTC, without minutes, so that it does
  not tell how this host's clock goes; `Message-ID` takes its domain from the sender's address.
- The subject says nothing; what it could say stands sealed.
"""

import re
import secrets
from datetime import UTC, datetime
from email.utils import format_datetime

from journalist_interface.notice_errors import NoticeRefused
from serving.language import gettext as _

LONGEST_ADDRESS = 254  # characters, RFC 5321
_ADDRESS = re.compile(r"[A-Za-z0-9._+-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}\Z")
# The head of what is sealed: it is a MIME entity of its own.
HEAD = b"Content-Type: text/plain; charset=utf-8\r\n\r\n"
_HOUR = 60 * 60

_MAIL = """\
From: <{sender}>
To: <{address}>
Subject: ...
Date: {date}
Message-ID: <{message_id}@{domain}>
MIME-Version: 1.0
Content-Type: multipart/encrypted; protocol="application/pgp-encrypted";
 boundary="{boundary}"

--{boundary}
Content-Type: application/pgp-encrypted

Version: 1

--{boundary}
Content-Type: application/octet-stream; name="encrypted.asc"
Content-Disposition: inline; filename="encrypted.asc"

{sealed}
--{boundary}--
"""


def check_address(typed: str) -> str:
    """Return an address of plain letters. Raises NoticeRefused."""
    if len(typed) > LONGEST_ADDRESS or not _ADDRESS.match(typed):
        raise NoticeRefused(_("“{typed}” is not an address such as name@example.org.").format(typed=typed))
    return typed


def write_mail(sender: str, address: str, sealed: bytes, now: int) -> bytes:
    """Return the mail as it goes over the wire. `sealed` is armoured; `now` in Unix seconds."""
    text = _MAIL.format(
        sender=check_address(sender),
        address=check_address(address),
        date=format_datetime(datetime.fromtimestamp(now // _HOUR * _HOUR, UTC)),
        message_id=secrets.token_hex(16),
        domain=sender.rsplit("@", 1)[1],
        boundary=secrets.token_hex(16),
        sealed=sealed.decode("ascii").strip(),
    )
    return text.replace("\n", "\r\n").encode("ascii")
