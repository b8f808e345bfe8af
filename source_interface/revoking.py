"""Shutting out a reviewer host that is in somebody else's hands, step by step.

Rules:
- The steps stand in the order of what a thief could do next, each is whole by itself, and done again it changes
  nothing: killed anywhere, what was done holds, and the same line does the rest.
- A step that fails does not keep the later ones from being done. It is told, and is tried again by the same line.
- No step needs Tor, the desk, or room on the disk: files go or are written over in their place, and the ballast makes
  way for the rest.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial

from sqlalchemy.exc import SQLAlchemyError

from keys.errors import IntakeKeyUnusable, OpenPGPFailed
from keys.intake_key import load_intake_key
from onion.errors import OnionError
from serving.language import gettext as _
from serving.language import ngettext
from source_interface.door_keys import revoke_all
from source_interface.door_tokens import make_void
from source_interface.drop_folder import MIGRATIONS, DropFolder
from source_interface.intake_key_history import key_in_force
from source_interface.lost_desk import WHATEVER_KEY, LostDesk, read_lost_desk, write_lost_desk
from source_interface.revoking_again import Again, note_again
from store.ballast import Ballast
from store.blobs import BlobFolder
from store.database import Database, open_database
from store.drop.days import days_before
from store.drop.held_answers import hold_since, release_held, remove_held
from store.drop.reply_files import finish_files
from store.errors import FolderExposed, StoreError
from store.upgrade_going_on import is_upgraded_now

_CANNOT = (StoreError, SQLAlchemyError, OSError, OnionError, IntakeKeyUnusable, OpenPGPFailed)


class Answers(StrEnum):
    """What becomes of the answers that came since somebody else may have had the desk."""

    HOLD = "hold"
    REMOVE = "remove"


@dataclass(frozen=True)
class Revocation:
    """What is wanted. `since`: the first day on which it may have been a thief's (YYYY-MM-DD); None: yesterday."""

    since: str | None = None
    answers: Answers = Answers.HOLD
    close: bool = False


@dataclass(frozen=True)
class Step:
    """One step, done or not, in a sentence."""

    done: bool
    sentence: str


def revoke_desk(folder: DropFolder, wanted: Revocation) -> Iterator[Step]:
    """Do each step and yield what came of it, in the order of the list above."""
    today = datetime.now(UTC).date().isoformat()
    since = wanted.since or days_before(today, 1)
    again = Again(since, wanted.close, wanted.answers is Answers.REMOVE)
    yield from _steps_for_upgrade(folder, again)
    yield _step(_("make the door's token void"), lambda: _void(folder))
    yield _step(
        _("write down what sources are told, and close the site if that was asked for"),
        lambda: _note(folder, since, today, close=wanted.close),
    )
    yield _step(_("take away the keys to the door"), lambda: _shut_out(folder))
    yield hold_answers(folder, since, today)
    if wanted.answers is Answers.REMOVE:
        yield _step(_("take the answers away"), lambda: remove_answers(folder))
    # Once more: an upgrade may have begun meanwhile, and have copied what was not done yet.
    yield from _steps_for_upgrade(folder, again)


def _steps_for_upgrade(folder: DropFolder, again: Again) -> Iterator[Step]:
    if is_upgraded_now(folder.root):
        yield _step(_("have the upgrade that goes on do it again"), lambda: _note_again(folder, again))


def _note_again(folder: DropFolder, again: Again) -> str:
    _with_room(folder, lambda: note_again(folder.root, again))
    return _("An upgrade of this host goes on. If it goes back it does all this again before anybody is let in.")


def hold_answers(folder: DropFolder, since: str, today: str) -> Step:
    """Hold back what came since that day: to be done again once no connection of before is left."""
    return _step(_("hold the answers back"), lambda: _hold(folder, since, today))


def release_answers(folder: DropFolder) -> str:
    """Show the sources what was held back; return a sentence. Raises StoreError."""
    with closing(_database(folder)) as database:
        count = release_held(database, datetime.now(UTC).date().isoformat())
    return ngettext(
        "{n} answer that was held back is shown to its source now.",
        "{n} answers that were held back are shown to their sources now.",
        count,
    ).format(n=count)


def remove_answers(folder: DropFolder) -> str:
    """Erase what is held back, with its files; return a sentence. Raises StoreError, OSError."""
    with closing(_database(folder)) as database:
        count = remove_held(database)
        finish_files(database, BlobFolder(folder.reply_files))
        database.leave_no_trace()
    return ngettext(
        "{n} answer that was held back is erased, with its files.",
        "{n} answers that were held back are erased, with their files.",
        count,
    ).format(n=count)


def open_again(folder: DropFolder) -> bool:
    """Have the site take letters again with the key that it has; tell whether it was closed.

    Other keys that were lost stay so. Raises FolderExposed, IntakeKeyUnusable.
    """
    return _change(folder, partial(_opened, fingerprint=load_intake_key(folder.intake_key).fingerprint))


def _opened(lost: LostDesk, fingerprint: str) -> LostDesk:
    left = (each for each in lost.closed_for if each not in (WHATEVER_KEY, fingerprint))
    return replace(lost, closed_for=tuple(left))


def tell_no_longer(folder: DropFolder) -> bool:
    """Tell sources no longer that a desk was lost; tell whether they were told. Raises FolderExposed."""
    return _change(folder, lambda lost: replace(lost, told=False))


def _change(folder: DropFolder, change: Callable[[LostDesk], LostDesk]) -> bool:
    lost = read_lost_desk(folder.desk_lost)
    if lost is None or change(lost) == lost:
        return False
    write_lost_desk(folder.desk_lost, change(lost))
    return True


def _void(folder: DropFolder) -> str:
    make_void(folder.tokens)
    return _("The door's token is void: whoever has it reads nothing here, erases nothing and answers nobody.")


def _note(folder: DropFolder, since: str, today: str, *, close: bool) -> str:
    key_now, damaged, before = key_in_force(folder), False, None
    try:
        before = read_lost_desk(folder.desk_lost)
    except FolderExposed:
        # What it said is lost. It kept the site closed, and only a person may open it.
        close = damaged = True
    lost = LostDesk(since, today)
    if before is not None:
        lost = LostDesk(min(since, before.since), today, before.closed_for)
    if close:
        lost = _closed(lost, key_now)
    if lost != before:
        _with_room(folder, lambda: write_lost_desk(folder.desk_lost, lost))
    return " ".join(_told(lost, key_now, damaged=damaged))


def _closed(lost: LostDesk, key_now: str | None) -> LostDesk:
    """Close the site for the key that it has; for any, if nobody can read which: it may be put back."""
    others = (each for each in lost.closed_for if each not in (key_now, WHATEVER_KEY))
    return replace(lost, closed_for=(*others, key_now or WHATEVER_KEY))


def _told(lost: LostDesk, key_now: str | None, *, damaged: bool) -> Iterator[str]:
    yield _("Sources are told.")
    if damaged:
        yield _(
            "The note of before was damaged: which day it named is lost. If that was earlier than {day}, type the same "
            "line again with --since. The site stays closed; if that is not wanted: candour-drop after-revoking reopen."
        ).format(day=lost.since)
    if not lost.is_closed(key_now):
        yield _("The site goes on taking letters, sealed to the intake key.")
    elif WHATEVER_KEY in lost.closed_for:
        yield _(
            "The site is closed. The intake key cannot be read, so it takes no letter with whatever key is put there: "
            "type the same line again once the key is back, or candour-drop after-revoking reopen with a key that is "
            "safe."
        )
    else:
        yield _("The site is closed: it takes no letter until it has another intake key.")


def _shut_out(folder: DropFolder) -> str:
    gone: tuple[str, ...] = ()

    def work() -> None:
        nonlocal gone
        gone = revoke_all(folder)

    _with_room(folder, work)
    if not gone:
        return _("No reviewer host has a key to the door.")
    return _("The keys to the door are taken away: {names}.").format(names=", ".join(gone))


def _hold(folder: DropFolder, since: str, today: str) -> str:
    with closing(_database(folder)) as database:
        count = hold_since(database, since, today)
        finish_files(database, BlobFolder(folder.reply_files))
    return ngettext(
        "{n} answer is held back from its source, with its files.",
        "{n} answers are held back from their sources, with their files.",
        count,
    ).format(n=count)


def _database(folder: DropFolder) -> Database:
    if not folder.database.is_file():
        # Opening would make an empty one, in which no answer is known.
        raise FolderExposed(_("the database {path} is missing").format(path=folder.database))
    return open_database(folder.database, MIGRATIONS, Ballast(folder.ballast))


def _with_room(folder: DropFolder, work: Callable[[], None]) -> None:
    """Do what writes a few bytes; on a full disk the ballast makes way for it, as for a transaction that erases."""
    try:
        work()
    except (StoreError, OSError):
        with closing(_database(folder)) as database, database.erasing():
            work()


def _step(what: str, work: Callable[[], str]) -> Step:
    try:
        return Step(done=True, sentence=work())
    except _CANNOT as reason:
        why = reason.strerror if isinstance(reason, OSError) and reason.strerror else type(reason).__name__
        if isinstance(reason, SQLAlchemyError):
            why = _("the database is in use by somebody who does not end, or is not as it should be: run check")
        if isinstance(reason, StoreError | OnionError | IntakeKeyUnusable) and str(reason):
            why = str(reason)
        return Step(done=False, sentence=_("NOT done: {what} ({why}).").format(what=what, why=why))
