"""A further letter of a case that no officer who read the post can open: its readers are told, and nobody else.

The officer's page shows no trace of it. Each reader of the case finds, at the case and in the list, that a letter
waits, whether it tells of danger, and which intake officers can open it; if there is none, that one must be let in.

If nobody at work can read the case (all suspended, or the only one came back with a new key), somebody must know all
the same: it may say "he is coming tonight". Those whose consent counts are told how many such letters wait and whether
they tell of danger, and neither of which case nor of whom (docs/adr/0037).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from journalist_interface.casework.board_case import BoardCase
from journalist_interface.consenters import consenters
from journalist_interface.desk_folder import Desk
from journalist_interface.key_names import OtherKey, check_named
from journalist_interface.letter_opening import Danger
from journalist_interface.post_preview import Preview
from journalist_interface.sessions import SignedIn
from keys.ciphertext import Ciphertext
from keys.errors import Malformed, SealBroken
from keys.hpke import Purpose, seal
from keys.strict_json import read_object, write_object
from store.desk.audit import Act, record_act
from store.desk.further import NOTHING, FurtherRow, list_further, list_stranded, note_further, readers_at_work
from store.desk.reviewers import find_reviewer
from store.desk.roles import Role, at_work

_LABEL = "candour v1 further letter"
_LONGEST = 200  # bytes


@dataclass(frozen=True)
class Further:
    """What waits for a case: how many letters, the greatest danger among them, and the officers who can open them.

    `to_let_in` are officers who are reviewers too, and not cleared yet: one of them can be let in.
    """

    letters: int
    danger: Danger
    officers: tuple[str, ...]
    to_let_in: tuple[str, ...]


@dataclass(frozen=True)
class Stranded:
    """Letters whose cases nobody at work can read: how many, and the greatest danger among them."""

    letters: int
    danger: Danger


def tell_readers(connection: Connection, actor: str, hidden: Preview) -> None:
    """Note for each reader of its case that a letter waits; if none is at work, for those who must know that.

    For the transaction that records the reading of it, by `actor`.
    """
    case_id, *readers = hidden.place
    document = write_object({"danger": int(hidden.danger)})
    purpose = _purpose(hidden.submission, case_id)
    sealed = {
        name: _sealed_to(connection, actor, name, document, purpose) for name in readers or consenters(connection)
    }
    note_further(connection, hidden.submission, case_id, sealed)


def _sealed_to(connection: Connection, actor: str, name: str, document: bytes, purpose: Purpose) -> Ciphertext:
    public = find_reviewer(connection, name).public_key
    try:
        check_named(connection, {name: public})
    except OtherKey:
        # One key that was exchanged keeps nobody from being told; its owner still hears that a letter waits.
        record_act(connection, actor, Act.KEY_EXCHANGED, note=name)
        return NOTHING
    return seal(public, document, purpose)


def read_stranded(desk: Desk, signed_in: SignedIn) -> Stranded | None:
    """Return what waits and nobody can read, for those who must know; None if there is none, or it is not theirs."""
    with desk.database.reading() as connection:
        if signed_in.username not in consenters(connection):
            return None
        rows = list_stranded(connection, signed_in.username)
    if not rows:
        return None
    return Stranded(len(rows), max(_danger(signed_in, row) for row in rows))


def read_further(desk: Desk, signed_in: SignedIn) -> Mapping[str, Further]:
    """Return what waits for each case that this reviewer can read, by the id of the case."""
    found: dict[str, Further] = {}
    with desk.database.reading() as connection:
        rows = list_further(connection, signed_in.username)
        officers, reviewers = at_work(connection, Role.INTAKE_OFFICER), at_work(connection, Role.REVIEWER)
        for row in rows:
            readers = readers_at_work(connection, row.case_id)
            before = found.get(row.case_id)
            found[row.case_id] = Further(
                letters=1 if before is None else before.letters + 1,
                danger=max(_danger(signed_in, row), Danger.NONE if before is None else before.danger),
                officers=tuple(name for name in readers if name in officers),
                to_let_in=tuple(name for name in officers if name in reviewers and name not in readers),
            )
    return found


def further_of(case_ids: Collection[str], further: Mapping[str, Further]) -> Further | None:
    """Return what waits for any of these cases, which are one; None if nothing does."""
    waiting = [further[case_id] for case_id in case_ids if case_id in further]
    if not waiting:
        return None
    return Further(
        letters=sum(each.letters for each in waiting),
        danger=max(each.danger for each in waiting),
        # Who can open only some of them leaves the others waiting.
        officers=tuple(name for name in waiting[0].officers if all(name in each.officers for each in waiting)),
        to_let_in=tuple(sorted({name for each in waiting for name in each.to_let_in})),
    )


def with_parts(further: Mapping[str, Further], cases: Iterable[BoardCase]) -> dict[str, Further]:
    """Return what waits by the case that a list shows it at: what waits for a part, at its main case."""
    together = {case.id: further_of([each.id for each in case.members], further) for case in cases if case.members}
    return {**further, **{case_id: found for case_id, found in together.items() if found is not None}}


def _danger(signed_in: SignedIn, row: FurtherRow) -> Danger:
    try:
        fields = read_object(signed_in.key.open(row.sealed, _purpose(row.submission, row.case_id)), _LONGEST)
        danger = Danger(fields.integer("danger", max(Danger)))
        fields.end()
    except (Malformed, SealBroken):
        # It was altered, or nobody could seal it. That a letter waits is worth knowing all the same; it may be urgent.
        return Danger.PERHAPS
    return danger


def _purpose(submission: str, case_id: str) -> Purpose:
    return Purpose(_LABEL, f"{submission} {case_id}".encode("ascii"))
