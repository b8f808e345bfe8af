"""A second person agrees to what a reader of a case may not do alone.

- The reader chooses whom to ask: they know whom the case must not reach. Nobody else finds that anything was asked.
- Whoever is asked is told the reference, who asks, and what the reader wrote for them, sealed to them; and from the
  trail what no reader can make up: when the case was opened, closed, held. They need not be cleared, and see no more.
- What is agreed to is done at once, by the work of its kind, in one transaction with its record.
- Whatever was written in the case meanwhile takes the request away: it was another case that was agreed on.
"""

from dataclasses import dataclass, field

from sqlalchemy import Connection

from journalist_interface.case_access import OpenCase
from journalist_interface.clock import now
from journalist_interface.consenters import consenters_in_case
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import SetUpRefused, WritingRefused
from journalist_interface.key_names import check_named
from journalist_interface.sessions import SignedIn
from keys.errors import Malformed, SealBroken
from keys.hpke import Purpose, seal
from keys.padding import pad_text, unpad_text
from keys.strict_json import read_object, write_object
from serving.language import gettext as _
from store.blobs import new_blob_id
from store.desk.audit import Act
from store.desk.case_requests import CaseRequest, RequestKind, put_request, request_to, requests_to
from store.desk.destroyed import last_of
from store.desk.further import readers_at_work
from store.desk.reviewers import find_reviewer
from store.errors import Missing

_LABEL = "candour v1 case request"
_LONGEST = 64 * 1024  # bytes
_LONGEST_TEXT = 4_000  # characters
# What the trail has of a case that is worth knowing to whoever did not read it, in this order.
_TOLD = ((Act.OPEN,), (Act.STATUS,), (Act.KEEP,), (Act.HOLD, Act.HOLD_LIFTED))


@dataclass(frozen=True)
class Fact:
    """What the trail says: the last time somebody did one of these things in the case (Unix seconds)."""

    act: str
    actor: str
    at: int


@dataclass(frozen=True)
class WaitingCase:
    """A request as whoever was asked sees it. Without words, it was not sealed to the key that they have now."""

    request: CaseRequest
    words: tuple[str, ...] | None = field(repr=False)
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Paper:
    """What is sealed to whoever is asked: words for them, and what only the key of the case would say besides.

    `address` is that of the source, where the case was split off from another, or empty; `is_all` as in
    store.desk.destroying.
    """

    words: tuple[str, ...] = field(repr=False)
    address: str = ""
    is_all: bool = True

    def to_json(self) -> dict[str, object]:
        """Return the JSON object."""
        return {"words": list(self.words), "address": self.address, "is_all": self.is_all}


def ask(
    connection: Connection, case: OpenCase, username: str, kind: RequestKind, untrusted_whom: str, paper: Paper
) -> None:
    """Ask one person, with this paper for them. Raises WritingRefused if they cannot be asked, OtherKey."""
    reference, request_id = case.row.reference, new_blob_id()
    if untrusted_whom not in consenters_in_case(connection, username, reference):
        raise WritingRefused(_("Choose who is asked to agree. Nothing was destroyed, and nobody was asked."))
    public = find_reviewer(connection, untrusted_whom).public_key
    check_named(connection, {untrusted_whom: public})
    sealed = seal(public, pad_text(write_object(paper.to_json())), _purpose(request_id, case.row.id))
    put_request(
        connection, CaseRequest(request_id, case.row.id, reference, kind, username, untrusted_whom, now(), sealed)
    )


def waiting_in_cases(desk: Desk, signed_in: SignedIn) -> tuple[WaitingCase, ...]:
    """Return what somebody was asked and may still judge, the oldest first."""
    with desk.database.reading() as connection:
        asked = [each for each in requests_to(connection, signed_in.username) if _may_judge(connection, each)]
        return tuple(_waiting(connection, signed_in, each) for each in asked)


def count_waiting_in_cases(desk: Desk, signed_in: SignedIn) -> int:
    """Return how many there are."""
    with desk.database.reading() as connection:
        return sum(_may_judge(connection, each) for each in requests_to(connection, signed_in.username))


def find_request(connection: Connection, signed_in: SignedIn, untrusted_id: str) -> CaseRequest:
    """Return a request that somebody may judge. Raises SetUpRefused if it is gone, or never was theirs."""
    try:
        request = request_to(connection, signed_in.username, untrusted_id)
    except Missing as reason:
        raise _gone() from reason
    if not _may_judge(connection, request):
        raise _gone()
    return request


def _may_judge(connection: Connection, request: CaseRequest) -> bool:
    # What somebody asked for who cannot read the case any more, or is not here, is nobody's wish now.
    if request.asked_by not in readers_at_work(connection, request.case_id):
        return False
    return request.asked_of in consenters_in_case(connection, request.asked_by, request.reference)


def _waiting(connection: Connection, signed_in: SignedIn, request: CaseRequest) -> WaitingCase:
    paper = read_paper(signed_in, request)
    return WaitingCase(request, None if paper is None else paper.words, _facts(connection, request.reference))


def read_paper(signed_in: SignedIn, request: CaseRequest) -> Paper | None:
    """Return what was written for somebody; None if it does not open to them."""
    try:
        fields = read_object(
            unpad_text(signed_in.key.open(request.sealed, _purpose(request.id, request.case_id))), _LONGEST
        )
        paper = Paper(
            fields.list_of("words", 10, _text),
            fields.text("address", 64) if fields.holds("address") else "",
            fields.flag("is_all") if fields.holds("is_all") else True,
        )
        fields.end()
    except (SealBroken, Malformed):
        return None
    return paper


def _facts(connection: Connection, reference: str) -> tuple[Fact, ...]:
    found = (last_of(connection, reference, *acts) for acts in _TOLD)
    return tuple(Fact(*each) for each in found if each is not None)


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise Malformed("words of a request are texts of a bounded length")
    return value


def _purpose(request_id: str, case_id: str) -> Purpose:
    return Purpose(_LABEL, f"{request_id} {case_id}".encode("ascii"))


def _gone() -> SetUpRefused:
    return SetUpRefused(
        _(
            "This request is not here any more: it was taken back or judged, or something was written in the case "
            "since. Nothing was changed by you."
        )
    )
