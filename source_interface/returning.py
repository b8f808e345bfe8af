"""Coming back with a codename: one answer and one amount of work, known, unknown or misspelt. Knows no Flask."""

from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from keys.codename import Codename
from keys.derivation import SourceKeys
from keys.errors import Busy, CodenameMisspelt
from keys.session_seal import SessionToken
from serving.language import gettext as _
from source_interface.carrying import known_source
from source_interface.circuit_words import codename_not_looked_at
from source_interface.circuits import CircuitBusy, Guess
from source_interface.codename_check import not_ours, wrong_count
from source_interface.site_host import SiteHost
from store.errors import StoreError


@dataclass(frozen=True)
class Suggestion:
    """What is said of a word that is not on the list, and the listed words it may have been meant as."""

    sentence: str = field(repr=False)
    maybe: tuple[str, ...] = field(repr=False)


class NotFound(Exception):
    """No inbox: the page says why, in a sentence, with this HTTP status, and keeps what was typed."""

    def __init__(self, problem: str, status: int, suggestions: tuple[Suggestion, ...] = ()) -> None:
        super().__init__(problem)
        self.problem = problem
        self.status = status
        self.suggestions = suggestions


class TriedTooOften(NotFound):
    """This circuit has tried so many codenames that this one was not looked at: there is no work to be made equal."""

    def __init__(self) -> None:
        super().__init__(codename_not_looked_at(), 429)


def sign_in(host: SiteHost, typed: str, before: SessionToken | None) -> tuple[SourceKeys, SessionToken | None]:
    """Return the keys of the source with this codename, and a session in place of the one before. Raises NotFound.

    No session, if the disk has no room for it.
    """
    try:
        keys = find_source(host, typed)
    except TriedTooOften:
        raise
    except NotFound:
        # On a full disk the page still says what is wrong with the codename.
        with suppress(StoreError, SQLAlchemyError):
            host.decoys.sign_in(host.sessions)
        host.decoys.open_replies(0)
        raise
    return keys, host.sign_in(keys, before)


def find_source(host: SiteHost, typed: str) -> SourceKeys:
    """Return the keys of the source with this codename. Raises NotFound, a misspelt one after as long as any other.

    Raises TriedTooOften before anything is looked at, and whatever was typed: of no codename does it tell anything.
    """
    try:
        with host.share.guess() as guess:
            return _find(host, typed, guess)
    except CircuitBusy as reason:
        raise TriedTooOften from reason


def _find(host: SiteHost, typed: str, guess: Guess) -> SourceKeys:
    misspelt = None
    try:
        codename = Codename.read(typed)
    except CodenameMisspelt as reason:
        codename, misspelt = Codename.draw(), _misspelt(reason)
    try:
        derived = host.derivations.derive(codename)
    except Busy as reason:
        problem = _("Many people are here at the moment. Please try again in a minute. Nothing is lost.")
        raise misspelt or NotFound(problem, 503) from reason
    keys = known_source(host, derived)
    if misspelt is not None:
        # A slip of the pen guesses at nobody: who mistypes is never kept waiting for it.
        raise misspelt
    if keys is None:
        guess.is_wrong = True
        raise NotFound(
            _(
                "We know no report with this codename. Please check each word. A report that was never sent has none, "
                "and nor has one that we destroyed long ago."
            ),
            404,
        )
    return keys


def _misspelt(misspelt: CodenameMisspelt) -> NotFound:
    suggestions = tuple(
        Suggestion(not_ours(word, misspelt.places[word]), maybe) for word, maybe in misspelt.suggestions.items()
    )
    counted = wrong_count(misspelt)
    if misspelt.word_count == 1:
        suggestions = ()
    problem = counted[0] if counted else _("Some of these words are not ours. Please check the spelling.")
    return NotFound(problem, 422, suggestions)
