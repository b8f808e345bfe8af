"""Clearing: an officer looks at one letter, chooses who may read it, and it opens to exactly those.

Rules:
- Every waiting letter is read first: one that is read last may say whom the whole case must not reach.
- What the officer chose by is compared with what holds when they press the button. If a note, a conflict or a reader
  came to it meanwhile, nothing is opened; the page is shown again, with the choice as it was.
- Somebody with a conflict is cleared only by a second, deliberate tick.
- The proposal may be taken by one click only where nobody needs to look.
"""

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock

from journalist_interface.clock import now, today
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import CannotOpen, ChoiceMissing, NotCleared, OpenedAlready
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.opening import open_parcel
from journalist_interface.post_preview import Preview
from journalist_interface.post_queue import needs_a_person
from journalist_interface.post_reading import note_problem, read_post, record_refusal
from journalist_interface.proposing import Proposal, cautions_for, propose
from journalist_interface.sessions import SignedIn
from journalist_interface.who_can_read import candidates, load_of_reviewers
from keys.errors import Malformed
from keys.strict_json import hex_id
from serving.language import gettext as _
from serving.language import ngettext
from store.desk.parcels import read_parcel, was_opened
from store.errors import Missing, NoRoom

OPENING_SECONDS = 10.0  # what is read before one letter is opened, at most, while somebody waits for the answer
_LATELY = 500


@dataclass(frozen=True)
class Clearance:
    """One letter, and who is proposed to read it; `proposal` is None if it continues a case, whose readers stay.

    `cautions` maps readers of that case to why they should not read it. `seen` stands for all that was shown to choose
    by.
    """

    preview: Preview
    proposal: Proposal | None
    cautions: dict[str, tuple[str, ...]]
    unread: int

    @property
    def seen(self) -> str:
        """A short hash of what the choice is made by."""
        shown = (self.preview.must_not_reach, sorted(self.preview.conflicts), self.preview.case, self.preview.cleared)
        return sha256(repr(shown).encode("utf-8", "surrogatepass")).hexdigest()[:16]


@dataclass(frozen=True)
class Choice:
    """What an officer sent. `although` are those to be cleared in spite of a conflict; `by_proposal`: one click."""

    submission: str
    cleared: frozenset[str] = frozenset()
    although: frozenset[str] = frozenset()
    seen: str = ""
    by_proposal: bool = False


class LatelyOpened:
    """Which case a letter went to, for a short while and in memory: for the second of two clicks."""

    def __init__(self) -> None:
        self._cases: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._guard = Lock()

    def note(self, username: str, submission: str, reference: str) -> None:
        """Remember what somebody opened."""
        with self._guard:
            self._cases[username, submission] = reference
            while len(self._cases) > _LATELY:
                self._cases.popitem(last=False)

    def case_of(self, username: str, submission: str) -> str | None:
        """Return the reference of the case that they opened it into, if it is remembered."""
        return self._cases.get((username, submission))


@dataclass(frozen=True)
class Officer:
    """Whoever clears, with what the process holds for it."""

    desk: Desk
    lock: IntakeLock
    lately: LatelyOpened
    signed_in: SignedIn


def look_at_letter(officer: Officer, submission: str, seconds: float) -> Clearance:
    """Return what an officer chooses by, after reading whatever waits for up to `seconds`.

    Raises IntakeLocked; OpenedAlready; Missing if it was never there; NotCleared if it continues a case that is not
    theirs, which must look the same; CannotOpen; ChoiceMissing if it was not read yet; NoRoom.
    """
    try:
        hex_id(submission)
    except Malformed as reason:
        raise Missing("no submission has such an id") from reason
    # Asked for first: while the key is locked every letter looks alike, also one that never was.
    officer.lock.passphrase(officer.signed_in)
    with officer.desk.database.reading() as connection:
        if was_opened(connection, submission):
            raise OpenedAlready(
                _("That letter was opened already. Nothing was done twice."),
                officer.lately.case_of(officer.signed_in.username, submission),
            )
        parcel = read_parcel(connection, submission)
    reading = read_post(officer.desk, officer.lock, officer.signed_in, seconds)
    preview = next((each for each in reading.previews if each.submission == submission), None)
    if preview is not None:
        return _clearance(officer, preview, reading.unread)
    problem = next((each.problem for each in reading.problems if each.submission == parcel.submission), None)
    if problem:
        raise CannotOpen(problem)
    if not reading.has_room:
        raise NoRoom("the post cannot be read")
    known = officer.lock.previews(officer.signed_in).get(submission)
    if known is not None and known.hidden:
        raise NotCleared(_("A colleague must open this letter."))
    raise ChoiceMissing(_("This letter is still being looked at. Nothing was opened. Try again in a moment."))


def open_chosen(officer: Officer, choice: Choice) -> str:
    """Open a letter to exactly those chosen, and return the reference of its case.

    Raises ChoiceMissing with what the officer must do first; and what `look_at_letter` raises.
    """
    try:
        clearance = look_at_letter(officer, choice.submission, OPENING_SECONDS)
        _check(clearance, choice)
        passphrase = officer.lock.passphrase(officer.signed_in)
        cleared = choice.cleared if clearance.proposal is not None else frozenset[str]()
        reference = open_parcel(officer.desk, officer.signed_in, passphrase, choice.submission, cleared)
    except CannotOpen as reason:
        _note_problem(officer, choice.submission, reason)
        raise
    except NotCleared:
        record_refusal(officer.desk, officer.signed_in, choice.submission)
        raise
    except Missing:
        # The first of two clicks, or a colleague, was faster.
        look_at_letter(officer, choice.submission, OPENING_SECONDS)
        raise
    officer.lately.note(officer.signed_in.username, choice.submission, reference)
    return reference


def _note_problem(officer: Officer, submission: str, reason: CannotOpen) -> None:
    with officer.desk.database.reading() as connection:
        parcel = read_parcel(connection, submission)
    if parcel.problem is None:
        note_problem(officer.desk, officer.signed_in, parcel, reason)


def _clearance(officer: Officer, preview: Preview, unread: int) -> Clearance:
    if preview.case:
        cautions = {name: cautions_for(name, preview.conflicts) for name in preview.cleared}
        return Clearance(preview, None, {name: said for name, said in cautions.items() if said}, unread)
    with officer.desk.database.reading() as connection:
        load = load_of_reviewers(connection, officer.signed_in.username, now())
        reviewers = candidates(connection, load)
    return Clearance(preview, propose(preview.topics, reviewers, preview.conflicts, today()), {}, unread)


def _check(clearance: Clearance, choice: Choice) -> None:
    """Raise ChoiceMissing unless the choice was made by what holds now."""
    if clearance.unread:
        raise ChoiceMissing(
            ngettext(
                "{n} letter is still being looked at, and may be from the same source. Nothing was opened. Try again "
                "in a moment.",
                "{n} letters are still being looked at, and one may be from the same source. Nothing was opened. Try "
                "again in a moment.",
                clearance.unread,
            ).format(n=clearance.unread)
        )
    if choice.seen and choice.seen != clearance.seen:
        raise ChoiceMissing(
            _("Something came to this letter since you looked at it. Nothing was opened. Look at it once more.")
        )
    proposal = clearance.proposal
    if proposal is None:
        if choice.by_proposal and needs_a_person(clearance.preview, None):
            raise ChoiceMissing(_("Look at who can read this case already, first. Nothing was opened."))
        return
    if choice.by_proposal and (
        needs_a_person(clearance.preview, proposal) or choice.cleared != frozenset(proposal.names)
    ):
        raise ChoiceMissing(_("The proposal is another one by now. Nothing was opened. Choose who may read it."))
    _check_readers(proposal, choice)


def _check_readers(proposal: Proposal, choice: Choice) -> None:
    if not choice.cleared:
        raise ChoiceMissing(_("Choose at least one reviewer who may read what you open."))
    gone = choice.cleared - {each.username for each in proposal.advice}
    if gone:
        raise ChoiceMissing(
            _("{names} cannot be cleared. Nothing was opened. Choose among the reviewers below.").format(
                names=", ".join(sorted(gone))
            )
        )
    unwarned = (choice.cleared & proposal.in_conflict) - choice.although
    if unwarned:
        raise ChoiceMissing(
            _(
                "{names} should not read this. Nothing was opened. Take the tick away; or, if you have looked into it, "
                "tick “may read it all the same” too."
            ).format(names=", ".join(sorted(unwarned)))
        )
