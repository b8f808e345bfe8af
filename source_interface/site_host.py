"""Everything the public site works with, put together once per serving process. Knows no Flask."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime

from keys.derivation import DerivationQueue, SourceKeys
from keys.errors import SealBroken
from keys.hpke import SEED_SIZE
from keys.session_seal import SessionToken
from source_interface.attachments import AttachmentReceiver, TicketSealer
from source_interface.drop_folder import OpenDrop
from source_interface.settings import Settings
from source_interface.visit import VisitSealer
from store.drop.intake import known_blobs, waiting_count
from store.drop.sessions import Sessions
from store.errors import Missing

_LOOKUP_ID_SIZE = 32
_HOUSEKEEPING_SECONDS = 30


@dataclass(frozen=True)
class SiteHost:
    """The open drop, its limits, and what the site keeps in memory."""

    drop: OpenDrop
    settings: Settings
    derivations: DerivationQueue
    sessions: Sessions
    visits: VisitSealer
    tickets: TicketSealer

    @classmethod
    def start(cls, drop: OpenDrop, settings: Settings) -> "SiteHost":
        """Return the host of a starting site, after erasing what a crash left behind."""
        drop.blobs.clear_drafts()
        drop.blobs.erase(drop.blobs.published() - known_blobs(drop.database))
        return cls(
            drop=drop,
            settings=settings,
            derivations=DerivationQueue(
                drop.pepper, settings.derivations_at_once, settings.derivation_patience_seconds
            ),
            sessions=Sessions(drop.database, settings.idle_minutes * 60),
            visits=VisitSealer(drop.pepper),
            tickets=TicketSealer(drop.pepper),
        )

    def keep_house(self) -> None:
        """Destroy idle sessions and forgotten held files, now and twice a minute from now on, in a daemon thread."""

        def work() -> None:
            while True:
                self.sessions.sweep()
                self.drop.blobs.release_held()
                pause.wait(_HOUSEKEEPING_SECONDS)

        pause = threading.Event()
        threading.Thread(target=work, name="housekeeper", daemon=True).start()

    def today(self) -> str:
        """Return the day in UTC, YYYY-MM-DD: the finest time that is kept here."""
        return datetime.now(UTC).strftime("%Y-%m-%d")

    def has_room_for_text(self) -> bool:
        """Tell whether a letter can still be taken."""
        most = self.settings.waiting_submissions
        return (
            self.drop.blobs.free_bytes() > self.settings.free_bytes_for_text
            and waiting_count(self.drop.database, most) < most
        )

    def room_for_files(self) -> int:
        """Return how many bytes the disk may still give to files; 0 or less for none."""
        return self.drop.blobs.free_bytes() - self.settings.free_bytes_for_files

    def receiver(self) -> AttachmentReceiver:
        """Return a receiver for the files of one form."""
        return AttachmentReceiver(
            self.drop.intake_key.path,
            self.drop.blobs,
            most_bytes=self.settings.submission_bytes,
            most_files=self.settings.files,
            room=self.room_for_files(),
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
