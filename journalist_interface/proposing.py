"""Who is proposed to read a new case: by rules, from plain values, and with a reason for everybody.

Rules:
- Nobody with a conflict, whatever it is and whoever else is left.
- Those who take every topic of the letter and are not away; of them those with the least to do, by name if equal.
- Two, so that no case hangs on one person. If fewer fit, that is said, and a person decides.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from journalist_interface.conflicts import Conflict, Where
from journalist_interface.labels import topic_label
from serving.language import gettext as _
from serving.language import ngettext

READERS_PROPOSED = 2


@dataclass(frozen=True)
class Candidate:
    """A reviewer. `back_on` is the day of return, YYYY-MM-DD, or None; `load` counts cases lately."""

    username: str
    topics: frozenset[str]
    back_on: str | None = None
    load: int = 0


@dataclass(frozen=True)
class Advice:
    """What is said of one reviewer: `sentences` why proposed or not, `cautions` why they should not read it."""

    username: str
    proposed: bool
    sentences: tuple[str, ...]
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Proposal:
    """What is proposed for one letter; `advice` has those proposed first, those with a conflict last.

    `doubtful`: a person should look, for somebody has a conflict, or fewer fit than should. `sentence` says the latter.
    """

    advice: tuple[Advice, ...]
    doubtful: bool
    sentence: str

    @property
    def names(self) -> tuple[str, ...]:
        """Who is proposed."""
        return tuple(sorted(each.username for each in self.advice if each.proposed))

    @property
    def in_conflict(self) -> frozenset[str]:
        """Those who should not read it."""
        return frozenset(each.username for each in self.advice if each.cautions)


def propose(
    topics: Collection[str],
    candidates: Collection[Candidate],
    conflicts: Collection[Conflict],
    today: str,
    wanted: int = READERS_PROPOSED,
) -> Proposal:
    """Return the proposal for a letter with these topics. `conflicts` are those found in it; `today` is YYYY-MM-DD."""
    cautions = {each.username: _cautions(each.username, conflicts) for each in candidates}
    fitting = [each for each in candidates if not cautions[each.username] and _fits(each, topics, today)]
    chosen = {each.username for each in sorted(fitting, key=lambda one: (one.load, one.username))[:wanted]}
    advice = [
        Advice(
            username=each.username,
            proposed=each.username in chosen,
            sentences=_sentences(each, topics, today),
            cautions=cautions[each.username],
        )
        for each in candidates
    ]
    loads = {each.username: each.load for each in candidates}
    fit = {each.username for each in fitting}
    advice.sort(
        key=lambda one: (
            not one.proposed,
            bool(one.cautions),
            one.username not in fit,
            loads[one.username],
            one.username,
        )
    )
    # A desk with one reviewer cannot do better than one.
    short = len(chosen) < min(wanted, len(candidates))
    return Proposal(
        tuple(advice),
        doubtful=not chosen or short or any(cautions.values()),
        sentence=_shortage(len(chosen), wanted),
    )


def cautions_for(username: str, conflicts: Collection[Conflict]) -> tuple[str, ...]:
    """Return why somebody should not read a letter, also of somebody who can read its case already."""
    return _cautions(username, conflicts)


def _fits(candidate: Candidate, topics: Collection[str], today: str) -> bool:
    return candidate.topics.issuperset(topics) and not _is_away(candidate, today)


def _is_away(candidate: Candidate, today: str) -> bool:
    return candidate.back_on is not None and candidate.back_on > today


def _sentences(candidate: Candidate, topics: Collection[str], today: str) -> tuple[str, ...]:
    said: list[str] = []
    lacking = [topic_label(topic) for topic in topics if topic not in candidate.topics]
    if lacking:
        said.append(_("Does not take: {topics}.").format(topics="; ".join(lacking)))
    elif topics:
        said.append(_("Takes this topic.") if len(topics) == 1 else _("Takes these topics."))
    if _is_away(candidate, today) and candidate.back_on is not None:
        day = date.fromisoformat(candidate.back_on).strftime("%-d %b %Y")
        said.append(_("Away, back on {day}.").format(day=day))
    if candidate.load:
        said.append(ngettext("{n} case lately.", "{n} cases lately.", candidate.load).format(n=candidate.load))
    else:
        said.append(_("No case lately."))
    return tuple(said)


def _cautions(username: str, conflicts: Collection[Conflict]) -> tuple[str, ...]:
    return tuple(_caution(each) for each in sorted(conflicts) if each.username == username)


def _caution(conflict: Conflict) -> str:
    if conflict.where is Where.NAMED:
        return _("The note names {name}.").format(name=conflict.username)
    if conflict.where is Where.NOTE:
        words = ", ".join(f"“{word}”" for word in conflict.words)
        return _("Named {words} as a conflict, and the note mentions it.").format(words=words)
    if conflict.where is Where.LETTER:
        return _("The letter mentions the name of this reviewer, or a conflict that they named.")
    return _("What this reviewer must not be given cannot be read. Ask them to save their page “What I take” again.")


def _shortage(found: int, wanted: int) -> str:
    if found >= wanted:
        return ""
    if not found:
        return _("Nobody can be proposed: see why beside each name.")
    return ngettext(
        "Only {n} reviewer can be proposed: see why beside each name.",
        "Only {n} reviewers can be proposed: see why beside each name.",
        found,
    ).format(n=found)
