"""The watch of the reviewer host: looks at the host, and sends the notice of each day, once, at its moment.

Rules:
- Whether it goes, when, and how long it is follows from nothing that the desk holds. It goes on days without
  collection, and when nothing works but this.
- At most once a day to each, whatever crashes or is started again: a day is claimed before anything leaves.
- What certainly did not leave is tried again later the same day; what never left is told by the desk and by `check`.
- The clock may be set back: how long to wait is not measured by it.
- It holds no key that opens anything.
"""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import SystemRandom

from sqlalchemy import Connection

from journalist_interface.clock import day_of
from journalist_interface.desk_folder import open_desk
from journalist_interface.desk_health import words_of_desk
from journalist_interface.notice_errors import NoticeNotSent, NoticeRefused, NoticeUncertain
from journalist_interface.notice_mail import HEAD, write_mail
from journalist_interface.notice_relay import hand_over, read_relay
from journalist_interface.notice_rhythm import Rhythm, draw_due, read_rhythm
from journalist_interface.notice_situation import look_at_situation
from journalist_interface.notice_words import write_notice
from keys.errors import OpenPGPFailed
from keys.notice import fill_up, seal_notice
from serving.language import gettext as _
from store.desk import notices
from store.desk.health import DESK, note_health
from store.desk.notices import Recipient
from store.folder import write_private_file

LOOK_SECONDS = 600
_AGAIN = (600, 1500)  # seconds until what did not leave is tried again


class NoticeDuty:
    """The watch of the desk in `folder`. Raises what `open_desk` raises."""

    def __init__(
        self, folder: Path, ticks: Callable[[], float] = time.monotonic, is_over: Callable[[], bool] = lambda: False
    ) -> None:
        """`ticks`: seconds that pass however the clock is set. `is_over`: whether nothing more is to be begun."""
        self._desk = open_desk(folder)
        self._ticks = ticks
        self._is_over = is_over
        self._again_at = -math.inf

    def close(self) -> None:
        """Close the database."""
        self._desk.database.close()

    def step(self, now: int) -> int:
        """Look at the host, send what is due, and return in how many seconds to come again. `now` in Unix seconds."""
        self.look(now)
        due_at = self._due_at(now)
        if now < due_at:
            return min(LOOK_SECONDS, due_at - now)
        if self._ticks() >= self._again_at and self._send_to_all(now):
            self._again_at = self._ticks() + SystemRandom().randrange(*_AGAIN)
            self.look(now)
        return LOOK_SECONDS

    def look(self, now: int) -> None:
        """Look at this host, and note how it is."""
        with self._desk.database.reading() as connection:
            recipients = notices.list_recipients(connection)
        words = words_of_desk(self._desk, recipients, day_of(now), now)
        with self._desk.database.writing() as connection:
            note_health(connection, DESK, words, day_of(now))

    def send(self, recipient: Recipient, now: int) -> bool:
        """Send today's notice to one; tell whether it was still to be sent. Raises NoticeNotSent, NoticeUncertain."""
        day, claimed = day_of(now), False
        try:
            message, rhythm = self._message(recipient, now)
            with self._desk.database.writing() as connection:
                claimed = notices.claim(connection, recipient.name, day)
            if not claimed:
                return False
            _bring(recipient, rhythm, message)
        except NoticeUncertain as reason:
            with self._desk.database.writing() as connection:
                notices.say_uncertain(connection, recipient.name, reason.sentence)
            raise
        except (NoticeNotSent, NoticeRefused) as reason:
            with self._desk.database.writing() as connection:
                if claimed:
                    notices.give_back(connection, recipient.name, reason.sentence)
                else:
                    notices.say_unready(connection, recipient.name, day, reason.sentence)
            raise NoticeNotSent(reason.sentence) from reason
        with self._desk.database.writing() as connection:
            notices.say_sent(connection, recipient.name, day)
        return True

    def relay(self) -> str:
        """Return the relay that mails go through; empty if none is set. Raises NoticeRefused."""
        with self._desk.database.reading() as connection:
            return read_rhythm(connection).relay

    def recipient(self, name: str) -> Recipient:
        """Return who gets a notice under this name. Raises NoticeRefused."""
        with self._desk.database.reading() as connection:
            found = [each for each in notices.list_recipients(connection) if each.name == name]
        if not found:
            raise NoticeRefused(_("Nobody of this name gets a notice. Add them first: notice add."))
        return found[0]

    def _due_at(self, now: int) -> int:
        day = day_of(now)
        with self._desk.database.writing() as connection:
            drawn = notices.read_draw(connection)
            if drawn is not None and drawn[0] == day:
                return drawn[1]
            try:
                rhythm = read_rhythm(connection)
            except NoticeRefused:
                # Somebody altered it. The watch goes on; that nothing can be sent is told by whoever gets nothing.
                rhythm = Rhythm()
            due_at = draw_due(day, rhythm)
            notices.keep_draw(connection, day, due_at)
        return due_at

    def _send_to_all(self, now: int) -> bool:
        """Send to everybody who has nothing of today yet; tell whether anything was tried."""
        with self._desk.database.reading() as connection:
            waiting = [each for each in notices.list_recipients(connection) if each.tried != day_of(now)]
        for recipient in waiting:
            if self._is_over():
                break
            try:
                self.send(recipient, now)
            except (NoticeNotSent, NoticeUncertain):
                continue  # noted with the recipient, for the desk and for `check`
        return bool(waiting)

    def _message(self, recipient: Recipient, now: int) -> tuple[bytes, Rhythm]:
        try:
            with self._desk.database.reading() as connection:
                rhythm = read_rhythm(connection)
                text = _text(connection, now)
            head = HEAD if recipient.address else b""
            sealed = seal_notice(recipient.key, fill_up(text.replace("\n", "\r\n") if head else text, head))
        except OpenPGPFailed as reason:
            raise NoticeNotSent(
                _("It could not be sealed to the key of {name}: {why}").format(
                    name=recipient.name, why=reason.diagnosis
                )
            ) from reason
        if not recipient.address:
            return sealed, rhythm
        sender = rhythm.sender or recipient.address
        return write_mail(sender, recipient.address, sealed, now), replace(rhythm, sender=sender)


def file_of(recipient: Recipient) -> Path:
    """Return where a recipient's notice lies who fetches it."""
    return Path(recipient.folder) / f"notice-{recipient.name}.asc"


def _text(connection: Connection, now: int) -> str:
    return write_notice(look_at_situation(connection, day_of(now), now))


def _bring(recipient: Recipient, rhythm: Rhythm, message: bytes) -> None:
    if recipient.address:
        if not rhythm.relay:
            raise NoticeNotSent(_("No mail relay is set: candour-desk notice rhythm --relay."))
        hand_over(read_relay(rhythm.relay), rhythm.sender, recipient.address, message)
        return
    try:
        write_private_file(file_of(recipient), message)
    except OSError as reason:
        raise NoticeNotSent(
            _("{path} could not be written: {why}.").format(path=file_of(recipient), why=reason.strerror)
        ) from reason
