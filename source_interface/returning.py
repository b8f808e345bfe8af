"""Coming back with a codename: one answer and one amount of work, unknown or merely wrong. Knows no Flask."""

from dataclasses import dataclass, field

from keys.codename import Codename
from keys.derivation import SourceKeys
from keys.errors import Busy, CodenameMisspelt
from serving.language import gettext as _
from source_interface.codename_check import wrong_count
from source_interface.site_host import SiteHost
from store.drop.inbox import source_exists


@dataclass(frozen=True)
class Suggestion:
    """A word that is not on the list, and the listed words it may have been meant as."""

    word: str = field(repr=False)
    maybe: tuple[str, ...] = field(repr=False)


class NotFound(Exception):
    """No inbox: the page says why, in a sentence, with this HTTP status, and keeps what was typed."""

    def __init__(self, problem: str, status: int, suggestions: tuple[Suggestion, ...] = ()) -> None:
        super().__init__(problem)
        self.problem = problem
        self.status = status
        self.suggestions = suggestions


def find_source(host: SiteHost, typed: str) -> SourceKeys:
    """Return the keys of the source with this codename. Raises NotFound."""
    try:
        codename = Codename.read(typed)
    except CodenameMisspelt as misspelt:
        raise _misspelt(misspelt) from None
    try:
        keys = host.derivations.derive(codename)
    except Busy as reason:
        problem = _("Many people are here at the moment. Please try again in a minute. Nothing is lost.")
        raise NotFound(problem, 503) from reason
    if not source_exists(host.drop.database, keys.lookup_id):
        raise NotFound(
            _("We know no report with this codename. Please check each word. A report that was never sent has none."),
            404,
        )
    return keys


def _misspelt(misspelt: CodenameMisspelt) -> NotFound:
    suggestions = tuple(Suggestion(word, maybe) for word, maybe in misspelt.suggestions.items())
    counted = wrong_count(misspelt)
    if misspelt.word_count == 1:
        suggestions = ()
    problem = counted[0] if counted else _("Some of these words are not ours. Please check the spelling.")
    return NotFound(problem, 422, suggestions)
