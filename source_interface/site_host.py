"""Everything the public site works with, put together once per serving process. Knows no Flask."""

import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from keys.derivation import DerivationQueue, SourceKeys
from keys.errors import SealBroken
from keys.hpke import SEED_SIZE
from keys.session_seal import SessionToken
from serving.turns import Turns
from source_interface.attachments import AttachmentReceiver, TicketSealer
from source_interface.drop_folder import OpenDrop
from source_interface.places import Places
from source_interface.settings import Settings
from source_interface.visit import VisitSealer
from store.drop.intake import known_blobs, waiting_count
from store.drop.sessions import Sessions
from store.errors import Missing, StoreError

_LOOKUP_ID_SIZE = 32
_HOUSEKEEPING_SECONDS = 30
_SHORT_FORM_BYTES = 512 * 1024  # a message of the longest kind, every question answered at length


@dataclass(frozen=True)
class SiteHost:
    """The open drop, its limits, and what the site keeps in memory."""

    drop: OpenDrop
    settings: Settings
    derivations: DerivationQueue
    sessions: Sessions
    visits: VisitSealer
    tickets: TicketSealer
    turns: Turns
    places: Places

    @classmethod
    def start(cls, drop: OpenDrop, settings: Settings) -> "SiteHost":
        """Return the host of a starting site, after erasing what a crash left behind."""
        drop.blobs.clear_drafts()
        drop.blobs.erase(drop.blobs.published() - known_blobs(drop.database))
        return cls(
            drop=drop,
            settings=settings,
            derivations=DerivationQueue(
                drop.pepper,
                settings.derivations_at_once,
                settings.derivation_patience_seconds,
                settings.derivations_waiting,
            ),
            sessions=Sessions(drop.database, settings.idle_minutes * 60),
            visits=VisitSealer(drop.pepper),
            tickets=TicketSealer(drop.pepper),
            turns=Turns(),
            places=Places(settings.long_forms_at_once, settings.short_forms_at_once, _SHORT_FORM_BYTES),
        )

    def keep_house(self) -> None:
        """Destroy idle sessions and forgotten held files, now and twice a minute from now on, in a daemon thread."""

        def work() -> None:
            while True:
                # A full disk or a busy database passes; whoever keeps the house must not go with it.
                with suppress(OSError, StoreError, SQLAlchemyError):
                    self.sessions.sweep()
                    self.drop.blobs.release_held()
                pause.wait(_HOUSEKEEPING_SECONDS)

        pause = threading.Event()
        threading.Thread(target=work, name="housekeeper", daemon=True).start()

    def today(self) -> str:
        """Return the day in UTC, YYYY-MM-DD: the finest time that is kept here."""
        return datetime.now(UTC).strftime("%Y-%m-%d")

    def has_room_for_text(self) -> bool:
        """Tell whether a letter can still be taken; files that wait for their forms make room for it if they must."""
        most = self.settings.waiting_submissions
        if waiting_count(self.drop.database, most) >= most:
            return False
        if self.drop.blobs.free_bytes() <= self.settings.free_bytes_for_text:
            self.drop.blobs.release_held(everything=True)
        return self.drop.blobs.free_bytes() > self.settings.free_bytes_for_text

    def receiver(self) -> AttachmentReceiver:
        """Return a receiver for the files of one form."""
        return AttachmentReceiver(
            self.drop.intake_key.path,
            self.drop.blobs,
            most_bytes=self.settings.submission_bytes,
            most_files=self.settings.files,
            keep_free=self.settings.free_bytes_for_files,
            most_held=self.settings.held_bytes,
        )

    def sign_in(self, keys: SourceKeys) -> SessionToken:
        """Keep a new session for a source and return its token."""
        token = SessionToken.draw()
        self.sessions.keep(token.lookup_hash(), token.seal(keys.lookup_id + keys.reply_seed))
        return token

    def signed_in(self, token: SessionToken | None) -> SourceKeys | None:
        """Return the keys of a live session, or None: no session, an idle one, or one that never was."""
        if token is None:
            return None
        try:
            secret = token.open(self.sessions.find(token.lookup_hash()))
        except (Missing, SealBroken):
            return None
        if len(secret) != _LOOKUP_ID_SIZE + SEED_SIZE:
            return None
        return SourceKeys(secret[:_LOOKUP_ID_SIZE], secret[_LOOKUP_ID_SIZE:])
