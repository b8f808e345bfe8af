"""What a reviewer says of themselves: topics they take, until when they are away, and standing recusals.

- The recusals are sealed to the intake key, to be compared with letters, and to the reviewer's own key, to be edited.
  Nothing of them is in clear at rest, nor in the trail: it says that somebody changed their page, and no more.
- Two windows do not overwrite each other: what is kept was written on what is kept now.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection

from journalist_interface.checked_words import clean
from journalist_interface.clock import today
from journalist_interface.conflicts import looked_for
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import WritingRefused
from journalist_interface.sessions import SignedIn
from keys.ciphertext import Ciphertext
from keys.errors import SealBroken
from keys.letter import TOPICS
from keys.recusals import (
    LONGEST_LINE,
    MOST_CHARACTERS,
    MOST_LINES,
    open_as_oneself,
    seal_for_officers,
    seal_for_oneself,
)
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.profiles import ProfileRow, find_profile, put_profile
from store.errors import AlreadyThere, Missing


@dataclass(frozen=True)
class OwnPage:
    """What a reviewer said. `is_lost`: their lines are sealed to a key they no longer have; they still count.

    `version` stands for what is kept now.
    """

    topics: frozenset[str]
    back_on: str
    lines: tuple[str, ...] = field(repr=False)
    is_lost: bool
    version: str

    @property
    def looked_for(self) -> tuple[str, ...]:
        """What is looked for in letters, as this reviewer's lines make it."""
        return tuple(dict.fromkeys(" ".join(run) for line in self.lines for run in looked_for(line)))


@dataclass(frozen=True)
class Written:
    """What came from the form."""

    topics: Collection[str]
    back_on: str
    recusals: str = field(repr=False)
    version: str


def read_own_page(desk: Desk, signed_in: SignedIn) -> OwnPage:
    """Return what this reviewer said. Who said nothing takes every topic, is not away, and has named no conflict."""
    row = _own_row(desk, signed_in)
    if row is None:
        return OwnPage(TOPICS, "", (), is_lost=False, version="")
    lines = _own_lines(signed_in, row)
    return OwnPage(row.topics, row.back_on or "", lines or (), is_lost=lines is None, version=_version(row))


def save_own_page(desk: Desk, signed_in: SignedIn, written: Written) -> None:
    """Keep what a reviewer says. Raises WritingRefused with the reason, and keeps nothing then."""
    topics = TOPICS.intersection(written.topics)
    if not topics:
        raise WritingRefused(_("Choose at least one topic. If you take nothing for a while, say when you are back."))
    back_on = _checked_day(written.back_on)
    lines = checked_lines(written.recusals)
    row = _own_row(desk, signed_in)
    if written.version != ("" if row is None else _version(row)):
        raise WritingRefused(_changed())
    keep = _sealed(desk, signed_in, topics, back_on, lines, row)
    with desk.database.writing() as connection:
        keep(connection)


def also_keep_out(desk: Desk, signed_in: SignedIn, untrusted_text: str) -> Callable[[Connection], None]:
    """Return what adds lines to one's standing recusals, in the transaction of something else.

    Raises WritingRefused, now or in that transaction, if they cannot be added.
    """
    new = checked_lines(untrusted_text)
    row = _own_row(desk, signed_in)
    before = () if row is None else _own_lines(signed_in, row)
    if before is None:
        raise WritingRefused(
            _(
                "Your earlier lines cannot be shown to you any more, so nothing can be added to them here. Nothing was "
                "changed. Write them anew on your page “What I take” first."
            )
        )
    lines = checked_lines("\n".join(dict.fromkeys((*before, *new))))
    topics, back_on = (TOPICS, None) if row is None else (row.topics, row.back_on)
    return _sealed(desk, signed_in, topics, back_on, lines, row)


def checked_lines(untrusted_text: str) -> tuple[str, ...]:
    """Return the lines of a text that are not empty. Raises WritingRefused if they are too many or too long."""
    lines = tuple(line.strip() for line in clean(untrusted_text).splitlines() if line.strip())
    if len(lines) > MOST_LINES:
        raise WritingRefused(
            _("{count} lines are too many: {most} is the most. Nothing was changed.").format(
                count=len(lines), most=MOST_LINES
            )
        )
    longest = max(map(len, lines), default=0)
    if longest > LONGEST_LINE:
        raise WritingRefused(
            _(
                "A line has {length} characters; {most} is the most. Nothing was changed. Write one person, unit or "
                "place a line."
            ).format(length=longest, most=LONGEST_LINE)
        )
    if sum(map(len, lines)) > MOST_CHARACTERS:
        raise WritingRefused(
            _("All lines together have more than {most} characters. Nothing was changed. Shorten them.").format(
                most=f"{MOST_CHARACTERS:,}"
            )
        )
    return lines


def _sealed(
    desk: Desk,
    signed_in: SignedIn,
    topics: frozenset[str],
    back_on: str | None,
    lines: tuple[str, ...],
    before: ProfileRow | None,
) -> Callable[[Connection], None]:
    # Sealed before the transaction: gpg is not waited for while the database is being written.
    row = ProfileRow(
        signed_in.username,
        topics,
        back_on,
        seal_for_officers(desk.paths.intake_key, signed_in.username, lines),
        seal_for_oneself(signed_in.key.public, signed_in.username, lines),
    )
    replaced: Ciphertext | None = None if before is None else before.sealed_own

    def keep(connection: Connection) -> None:
        try:
            put_profile(connection, row, replaced)
        except AlreadyThere as reason:
            raise WritingRefused(_changed()) from reason
        record_act(connection, signed_in.username, Act.ABOUT_ME)

    return keep


def _own_row(desk: Desk, signed_in: SignedIn) -> ProfileRow | None:
    with desk.database.reading() as connection:
        try:
            return find_profile(connection, signed_in.username)
        except Missing:
            return None


def _own_lines(signed_in: SignedIn, row: ProfileRow) -> tuple[str, ...] | None:
    try:
        return open_as_oneself(signed_in.key, signed_in.username, row.sealed_own)
    except SealBroken:
        return None


def _version(row: ProfileRow) -> str:
    # Random to everybody: it is the beginning of a fresh encapsulation (keys.hpke).
    return row.sealed_own[:8].hex()


def _changed() -> str:
    return _("You changed this in another window meanwhile. Nothing was changed now. Load the page again, then go on.")


def _checked_day(untrusted_day: str) -> str | None:
    day = untrusted_day.strip()
    if not day:
        return None
    try:
        back = date.fromisoformat(day)
    except ValueError as reason:
        raise WritingRefused(_("Write the day of your return as 2026-12-31. Nothing was changed.")) from reason
    # Past already: then there is nothing to keep.
    return back.isoformat() if back.isoformat() > today() else None
