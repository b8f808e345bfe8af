"""Which cases of one board belong together: judged from their cards alone, without I/O.

- A link is seen by whoever has both its ends on their board, and by nobody else.
- Cases that are merged are a view: each stays a case with its own key, readers and source. Those of them that one
  reader can read are one case for that reader: its main case is the earliest that is within none of the others.
- Only a link that both ends call merged joins: an old card put back at one end splits, and never joins.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from journalist_interface.casework.board_case import BoardCase
from journalist_interface.casework.case_links import CaseLink, LinkKind, Stand
from journalist_interface.casework.work import NO_WORK
from keys.statuses import Status

_LAST = "9999-99-99"  # after every day


@dataclass(frozen=True)
class Partner:
    """The case at the other end of a link, as this end has the link."""

    link: CaseLink
    case: BoardCase


class Related:
    """Who belongs to whom on one board."""

    def __init__(self, cases: Mapping[str, BoardCase], tied: Iterable[BoardCase] | None = None) -> None:
        """`tied` are those of the cases that have links or claims, if that is known already."""
        self._ends: dict[str, list[BoardCase]] = {}
        self.cases = cases
        self.tied = tuple(cases.values() if tied is None else tied)
        for case in self.tied:
            for link in case.work.links:
                self._ends.setdefault(link.id, []).append(case)

    def partners(self, case: BoardCase) -> list[Partner]:
        """Return the cases that this one is linked with, or was."""
        return [
            Partner(link, other)
            for link in case.work.links
            for other in self._ends.get(link.id, ())
            if other.id != case.id
        ]

    def members(self, case: BoardCase) -> tuple[BoardCase, ...]:
        """Return the cases that are one with this one, the main case first; itself alone if it is merged with none."""
        found = {case.id: case}
        waiting = [case]
        while waiting:
            for each in self.merged_with(waiting.pop()):
                if each.case.id not in found:
                    found[each.case.id] = each.case
                    waiting.append(each.case)
        if len(found) == 1:
            return (case,)
        return tuple(sorted(found.values(), key=lambda each: (self._is_within(each), *_age(each))))

    def merged_with(self, case: BoardCase) -> list[Partner]:
        """Return the cases that this one is merged with, directly."""
        return [each for each in self.partners(case) if each.link.is_merged and _also_says(each)]

    def _is_within(self, case: BoardCase) -> bool:
        return any(each.link.stand is Stand.WITHIN for each in self.merged_with(case))


def one_by_one(cases: Mapping[str, BoardCase], tied: Iterable[BoardCase]) -> list[BoardCase]:
    """Return the cases as a list shows them: parts of one case stand together in its main case. `tied` as above."""
    related = Related(cases, tied)
    shown: dict[str, BoardCase | None] = {}  # what stands in the place of a case that is merged
    for case in related.tied:
        if case.id not in shown and any(link.is_merged for link in case.work.links):
            members = related.members(case)
            shown |= dict.fromkeys(member.id for member in members)
            shown[members[0].id] = case if len(members) == 1 else together(members)
    if not shown:
        return list(cases.values())
    found = (shown.get(case_id, case) for case_id, case in cases.items())
    return [case for case in found if case is not None]


def are_one_source(members: Sequence[BoardCase]) -> bool:
    """Tell whether somebody has said of every merge among these cases that both are the same source's."""
    ids = [link.id for member in members for link in member.work.links if link.is_merged]
    own = {link_id for link_id in ids if ids.count(link_id) > 1}
    kinds = {link.kind for member in members for link in member.work.links if link.id in own}
    return kinds <= {LinkKind.SAME_SOURCE, LinkKind.SPLIT}


def answered_together(members: tuple[BoardCase, ...]) -> tuple[BoardCase, ...]:
    """Return the members, without the letters that are answered because their one source was written to elsewhere.

    Days are compared, and a reply of the same day as the letter may have gone out before it came: then it stays open.
    """
    if not are_one_source(members):
        return members
    replied = max(member.work.replied for member in members)
    return tuple(
        _answered(member) if member.work.unanswered and replied > member.work.unanswered else member
        for member in members
    )


def together(members: tuple[BoardCase, ...]) -> BoardCase:
    """Return the main case of these, the first, with whatever of its parts must not be overlooked."""
    members = answered_together(members)
    main, cards = members[0], [member.card for member in members if member.card is not None]
    if main.card is None:
        return main
    work = replace(
        main.card.work or NO_WORK,
        unanswered=min((member.work.unanswered for member in members if member.work.unanswered), default=""),
        waiting=min((member.work.waiting for member in members if member.work.waiting), default=""),
    )
    card = replace(
        main.card,
        unread=sum(card.unread for card in cards),
        danger=any(card.danger for card in cards),
        topics=tuple(dict.fromkeys(topic for card in cards for topic in card.topics)),
        work=work,
    )
    return replace(
        main,
        status=status_of(members),
        changed_at=max(member.changed_at for member in members),
        is_one_way=all(member.is_one_way for member in members),
        card=card,
        members=members,
    )


def status_of(members: Iterable[BoardCase]) -> str:
    """Return where a case with parts stands: as its main case, unless that is closed and a part is not (any more)."""
    main, *parts = members
    is_open = [part for part in parts if part.status != Status.CLOSED.value]
    if main.status != Status.CLOSED.value or not is_open:
        return main.status
    return max(is_open, key=lambda part: part.changed_at).status


def _answered(case: BoardCase) -> BoardCase:
    if case.card is None:
        return case
    return replace(case, card=replace(case.card, work=replace(case.work, unanswered="")))


def _also_says(partner: Partner) -> bool:
    return any(link.id == partner.link.id and link.is_merged for link in partner.case.work.links)


def _age(case: BoardCase) -> tuple[str, str]:
    return case.work.received or _LAST, case.id
