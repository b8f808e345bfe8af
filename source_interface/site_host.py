"""Everything the public site works with, put together once per serving process. Knows no Flask."""

import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from keys.derivation import DerivationQueue, SourceKeys
from keys.errors import SealBroken
from keys.hpke import SEED_SIZE
from keys.reply import reply_address
from keys.session_seal import SessionToken
from serving.turns import Turns
from source_interface.attachments import AttachmentReceiver, TicketSealer
from source_interface.circuits import UNLIMITED, Circuits, Share, limits_of
from source_interface.decoys import Decoys
from source_interface.drop_folder import OpenDrop
from source_interface.held_room import HeldRoom
from source_interface.intake_key_shown import IntakeKeyShown
from source_interface.lost_desk import is_closed
from source_interface.places import Downloads, Places
from source_interface.reading_notes import ReadingNotes
from source_interface.room import RoomLeft, kept_from_files
from source_interface.room_look import look_for_room
from source_interface.settings import Settings
from source_interface.silenced import is_silenced
from source_interface.uploads import Uploads
from source_interface.visit import VisitSealer
from store.blobs import flatten_times
from store.drop.carrying import find_by_address, find_sources
from store.drop.intake import blobs_named, waiting_count
from store.drop.reply_files import finish_files, forget_files
from store.drop.sessions import Sessions
from store.drop.tables import erasing
from store.erasing import finish_erasing
from store.errors import Missing, NoRoom, StoreError
from store.leftovers import clear_leftovers

_LOOKUP_ID_SIZE = 32
_HOUSEKEEPING_SECONDS = 30
_BUSY_SECONDS = 1  # until what could not be done because the database was busy is tried again
_SHORT_FORM_BYTES = 512 * 1024  # a message of the longest kind, every question answered at length


@dataclass(frozen=True)
class SiteHost:
    """The open drop, its limits, and what the site keeps in memory. `share`: that of the circuit it is asked from."""

    drop: OpenDrop
    settings: Settings
    derivations: DerivationQueue
    sessions: Sessions
    visits: VisitSealer
    tickets: TicketSealer
    turns: Turns
    places: Places
    uploads: Uploads
    reading: ReadingNotes
    decoys: Decoys
    downloads: Downloads
    circuits: Circuits
    held: HeldRoom
    key: IntakeKeyShown
    share: Share = UNLIMITED

    @classmethod
    def start(cls, drop: OpenDrop, settings: Settings) -> "SiteHost":
        """Return the host of a starting site, after erasing what a crash left behind."""
        clear_leftovers(drop.blobs, partial(blobs_named, drop.database))
        finish_erasing(drop.database, erasing, drop.blobs)
        finish_files(drop.database, drop.reply_files)
        return cls(
            drop=drop,
            settings=settings,
            derivations=DerivationQueue(
                drop.pepper,
                settings.derivations_at_once,
                settings.derivation_patience_seconds,
                settings.derivations_waiting,
                number=drop.peppers.number,
                older=drop.peppers.older,
            ),
            sessions=Sessions(drop.database, settings.idle_minutes * 60),
            visits=VisitSealer(drop.pepper, drop.peppers.older),
            tickets=TicketSealer(drop.pepper, drop.peppers.older),
            turns=Turns(),
            places=Places(settings.long_forms_at_once, settings.short_forms_at_once, _SHORT_FORM_BYTES),
            uploads=Uploads(settings.idle_minutes * 60),
            reading=ReadingNotes(drop.database),
            decoys=Decoys(),
            downloads=Downloads(),
            circuits=Circuits(limits_of(settings, 1 if drop.peppers.older is None else 2)),
            held=HeldRoom(drop.blobs, settings),
            key=IntakeKeyShown(drop.folder),
        )

    def asked_from(self, circuit: int | None) -> "SiteHost":
        """Return this host as it is for a request from a circuit; None where Tor does not tell of circuits."""
        return self if circuit is None else replace(self, share=Share(self.circuits, circuit))

    def keep_house(self) -> None:
        """Note what was read; destroy idle sessions, forgotten held files, what is left of erased rows: in a thread.

        Now, and twice a minute from now on.
        """

        def work() -> None:
            while True:
                for step in steps:
                    # A full disk or a busy database passes; neither whoever keeps the house nor the next step goes
                    # with it.
                    with suppress(OSError, StoreError, SQLAlchemyError):
                        step()
                clean = self.drop.database.leave_no_trace()
                pause.wait(_HOUSEKEEPING_SECONDS if clean else _BUSY_SECONDS)

        steps: tuple[Callable[[], object], ...] = (
            self.sessions.sweep,
            self.drop.blobs.release_held,
            self.uploads.forget_old,
            self.circuits.forget_idle,
            self.held.look,
            # What a source withdrew, should the disk have refused to erase it at once.
            partial(finish_erasing, self.drop.database, erasing, self.drop.blobs),
            self.drop.database.restore_ballast,
            self.reading.write,
            self.forget_files,
            # gpg reads it for every file and letter that is sent.
            partial(flatten_times, self.drop.folder.intake_key),
        )
        pause = threading.Event()
        threading.Thread(target=work, name="housekeeper", daemon=True).start()

    def forget_files(self) -> None:
        """Erase the files of replies whose time is over. Also where no courier comes any more."""
        forget_files(self.drop.database, self.drop.reply_files, self.today(), self.settings.reply_file_days)

    def close(self) -> None:
        """Note what was read since, leave nothing that was erased in the log, and close the database."""
        with suppress(StoreError, SQLAlchemyError):
            self.reading.write()
        self.drop.database.leave_no_trace()
        self.drop.database.close()

    def today(self) -> str:
        """Return the day in UTC, YYYY-MM-DD: the finest time that is kept here."""
        return datetime.now(UTC).strftime("%Y-%m-%d")

    def room(self) -> RoomLeft:
        """Return what a source can send now."""
        return look_for_room(self.drop.database, self.drop.blobs, self.held, self.settings, closed=self.is_closed())

    def is_closed(self) -> bool:
        """Tell whether nothing may be sealed to the intake key that this site has: a thief may have its other half. Nor
        on a host that was silenced, for as long as Tor takes to end: nobody would ever collect it.
        """
        return is_silenced(self.drop.folder.root) or is_closed(self.drop.folder.desk_lost, self.key.now().fingerprint)

    def has_room_for_text(self, own_files: Collection[str] = ()) -> bool:
        """Tell whether a letter can be taken: none on a closed site. Files that wait for their forms make room for it.

        `own_files`, the blobs of the files that are to go with it, make way last.
        """
        most = self.settings.waiting_submissions
        if self.is_closed():
            return False
        if waiting_count(self.drop.database, most) >= most:
            return False
        for spared in (own_files, ()):
            missing = self._missing_for_text()
            if missing <= 0:
                return True
            self.held.make_way_for_text(missing, spared)
        return self._missing_for_text() <= 0

    def _missing_for_text(self) -> int:
        return self.settings.free_bytes_for_text + 1 - self.drop.blobs.free_bytes()

    def receiver(self) -> AttachmentReceiver:
        """Return a receiver for the files of one form."""
        return AttachmentReceiver(
            self.drop.intake_key.path,
            self.drop.blobs,
            self.held,
            self.share,
            most_bytes=self.settings.submission_bytes,
            most_files=self.settings.files,
            keep_free=kept_from_files(self.settings),
            closed=self.is_closed(),
        )

    def sign_in(self, keys: SourceKeys, before: SessionToken | None = None) -> SessionToken | None:
        """Keep a new session for a source and return its token; the session `before` is ended, not merely forgotten.

        None if the disk has no room for it: the source is shown what was asked for, and asked for the codename next
        time.
        """
        token = SessionToken.draw()
        # Without one before, something is looked for all the same: a statement less would be a difference.
        ended = SessionToken.draw() if before is None else before
        try:
            self.sessions.keep(token.lookup_hash(), token.seal(keys.lookup_id + keys.reply_seed), ended.lookup_hash())
        except NoRoom:
            return None
        return token

    def signed_in(self, token: SessionToken | None) -> SourceKeys | None:
        """Return the keys of a live session, or None: no session, an idle one, one that never was, or one of a source
        who is not here any more: who withdrew everything from another browser is signed in nowhere.
        """
        if token is None:
            return None
        try:
            secret = token.open(self.sessions.find(token.lookup_hash()))
        except (Missing, SealBroken):
            return None
        if len(secret) != _LOOKUP_ID_SIZE + SEED_SIZE:
            return None
        return self.where_now(SourceKeys(secret[:_LOOKUP_ID_SIZE], secret[_LOOKUP_ID_SIZE:]))

    def where_now(self, keys: SourceKeys) -> SourceKeys | None:
        """Return the keys of a source with the place where it is now; None if it is not here (any more).

        Whoever came back in another browser may have been carried over since (source_interface.carrying): the sessions
        and requests of before know the old place, and the same reply key.
        """
        [found] = find_sources(self.drop.database, [keys.lookup_id])
        if found is None:
            found = find_by_address(self.drop.database, reply_address(keys.reply_key().public))
        return None if found is None else replace(keys, lookup_id=found.lookup_id, pepper_number=found.pepper)
