"""The courier's judge: what a hostile source host may say, and what follows from it."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journalist_interface import courier_rules as rules
from journalist_interface.courier_errors import DoorDistrusted, NoRoomForIt
from keys.ciphertext import Ciphertext
from keys.reply import LARGEST_SEALED_REPLY
from keys.statuses import Status
from store.desk.outbox import Kind, OutboxDelivery, ReplyState

A, B, C, D = ("a" * 32, "b" * 32, "c" * 32, "d" * 32)
HASH = "0" * 64
NOTHING = rules.Holding(opened=False, in_post=None, named=())


def part(blob: str = C, **changes: Any) -> dict[str, Any]:
    """Spell a part; a letter unless told otherwise."""
    return {"blob": blob, "kind": "letter", "size": 10, "sha256": HASH} | changes


def submission(name: str = B, *parts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Spell a submission."""
    return {"id": name, "day": "2026-11-20", "parts": list(parts) or [part()]} | changes


def page(*submissions: dict[str, Any], **changes: Any) -> bytes:
    """Spell a page."""
    document = {"candour_door": 1, "submissions": list(submissions), "notices": [], "more": False} | changes
    return json.dumps(document).encode()


def notice(name: str = B, **changes: Any) -> dict[str, Any]:
    """Spell a notice."""
    return {"id": name, "reply": D, "what": "read"} | changes


def test_an_honest_page_is_understood() -> None:
    """Both lists, the letter first, and the cursor of the next page."""
    found = rules.read_page(
        page(submission(B, part(C), part(D, kind="attachment", size=7)), notices=[notice(C)], more=True), after=A
    )
    (listed,) = found.submissions
    assert (listed.submission, listed.size, listed.sha256s()) == (B, 17, {C: HASH, D: HASH})
    assert found.notices == (rules.ListedNotice(C, D, ReplyState.READ),)
    assert found.last == C


LIES: dict[str, bytes] = {
    "not JSON": b"<html>",
    "not UTF-8": b"\xff\xfe",
    "nothing": b"",
    "deep nesting": b"[" * 100_000,
    "too long a document": b" " * (rules.LARGEST_DOCUMENT + 1),
    "another version": page(candour_door=2),
    "a version that is text": page(candour_door="1"),
    "an unknown field": page(secret=1),
    "a field missing": b'{"candour_door":1,"submissions":[],"notices":[]}',
    "a field twice": b'{"candour_door":1,"candour_door":1,"submissions":[],"notices":[],"more":false}',
    "more that is no flag": page(more=1),
    "an empty page with more": page(more=True),
    "too many submissions": page(*(submission(f"{n:032x}", part(f"{n:032x}")) for n in range(101))),
    "too many of both": page(
        *(submission(f"{n:032x}", part(f"{n:032x}")) for n in range(60)),
        notices=[notice(f"{n:032x}") for n in range(60)],
    ),
    "a submission twice": page(submission(B), submission(B, part(D))),
    "submissions out of order": page(submission(C), submission(B, part(D))),
    "a submission from before the cursor": page(submission("1" * 32)),
    "the cursor itself again": page(submission(A)),
    "a notice twice": page(notices=[notice(), notice()]),
    "a notice from before the cursor": page(notices=[notice("1" * 32)]),
    "a blob twice in a submission": page(submission(B, part(C), part(C, kind="attachment"))),
    "a blob in two submissions": page(submission(B, part(D)), submission(C, part(D))),
    "no letter": page(submission(B, part(kind="attachment"))),
    "no parts at all": page(submission(parts=[])),
    "two letters": page(submission(B, part(C), part(D))),
    "the letter last": page(submission(B, part(C, kind="attachment"), part(D))),
    "too many attachments": page(submission(B, part(C), *(part(f"{n:032x}", kind="attachment") for n in range(101)))),
    "a letter too large": page(submission(B, part(size=rules.LARGEST_LETTER + 1))),
    "a blob too large": page(submission(B, part(), part(D, kind="attachment", size=rules.LARGEST_SUBMISSION + 1))),
    "a submission too large in all": page(
        submission(B, part(), part(D, kind="attachment", size=rules.LARGEST_SUBMISSION))
    ),
    "a size of nothing": page(submission(B, part(size=0))),
    "a size below nothing": page(submission(B, part(size=-1))),
    "a size that is a fraction": page(submission(B, part(size=1.0))),
    "a size that is endless": page(submission(B, part(size=float("inf")))),
    "a size that is true": page(submission(B, part(size=True))),
    "an id that is a path": page(submission("../../../../../../etc/cron.d/xx")),
    "an id in upper case": page(submission("B" * 32)),
    "an id with a line end": page(submission("b" * 31 + "\n")),
    "a blob that is a path": page(submission(B, part("../" * 10 + "ab"))),
    "a blob with a zero byte": page(submission(B, part("c" * 31 + "\x00"))),
    "a day that is a time": page(submission(day="2026-11-20T10:11:12Z")),
    "a hash too short": page(submission(B, part(sha256="0" * 63))),
    "a part with a file name": page(submission(B, part(name="x.pdf"))),
    "a submission with an address": page(submission(address=HASH)),
    "an unknown kind": page(submission(B, part(kind="program"))),
    "an unknown fate of a reply": page(notices=[notice(what="delivered")]),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_page_that_breaks_a_rule_is_refused_whole(lie: str) -> None:
    """Nothing of it is believed, not even what looks sound."""
    with pytest.raises(DoorDistrusted):
        rules.read_page(LIES[lie], after=A)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_whatever_json_comes_it_is_a_page_or_it_is_refused(document: object) -> None:
    """No value of any shape makes the judge fail in another way."""
    with pytest.raises(DoorDistrusted):
        rules.read_page(json.dumps(document).encode(), after="")


@given(st.binary())
def test_whatever_bytes_come_they_are_refused_in_one_way(untrusted: bytes) -> None:
    """The same for bytes that are no JSON, for each kind of answer."""
    for read in (
        lambda: rules.read_page(untrusted, ""),
        lambda: rules.read_confirmed(untrusted, (LISTED,)),
        lambda: rules.read_delivered(untrusted, (STATUS,)),
    ):
        with pytest.raises(DoorDistrusted):
            read()


LISTED = rules.read_page(page(submission()), "").submissions[0]
STATUS = OutboxDelivery(A, Kind.STATUS, HASH, "2026-11-20", status=Status.CLOSED)


def test_what_is_new_is_fetched_and_what_is_here_is_confirmed() -> None:
    """A submission is stored once, however often it is offered."""
    free = 1 << 40
    assert rules.decide(LISTED, NOTHING, free) is rules.Step.FETCH
    assert rules.decide(LISTED, replace(NOTHING, opened=True), free) is rules.Step.CONFIRM
    assert rules.decide(LISTED, replace(NOTHING, in_post={C: HASH}, named=(C,)), free) is rules.Step.CONFIRM


@pytest.mark.parametrize("held", [{}, {C: "1" * 64}, {D: HASH}, {C: HASH, D: HASH}])
def test_what_is_held_is_never_replaced(held: dict[str, str]) -> None:
    """The same submission with other contents is refused, and is not confirmed either."""
    with pytest.raises(DoorDistrusted):
        rules.decide(LISTED, replace(NOTHING, in_post=held), 1 << 40)


def test_a_blob_of_another_submission_is_refused() -> None:
    """Its file would take the place of one that somebody else sent."""
    with pytest.raises(DoorDistrusted):
        rules.decide(LISTED, replace(NOTHING, named=(C,)), 1 << 40)


def test_nothing_is_fetched_that_would_fill_the_disk() -> None:
    """The room kept free is kept; what is here already needs none."""
    assert rules.decide(LISTED, NOTHING, rules.KEPT_FREE + 10) is rules.Step.FETCH
    with pytest.raises(NoRoomForIt):
        rules.decide(LISTED, NOTHING, rules.KEPT_FREE + 9)
    assert rules.decide(LISTED, replace(NOTHING, opened=True), 0) is rules.Step.CONFIRM


@pytest.mark.parametrize(("size", "sha256"), [(9, HASH), (11, HASH), (10, "1" * 64)])
def test_a_blob_is_what_was_listed_or_is_refused(size: int, sha256: str) -> None:
    """Size and SHA-256 both."""
    rules.check_blob(LISTED.parts[0], 10, HASH)
    with pytest.raises(DoorDistrusted):
        rules.check_blob(LISTED.parts[0], size, sha256)


def answers(name: str, *found: tuple[str, str]) -> bytes:
    """Spell the answers to a post."""
    return json.dumps({"candour_door": 1, name: [{"id": one, "answer": word} for one, word in found]}).encode()


@pytest.mark.parametrize("word", ["erased", "gone"])
def test_a_confirmation_is_done_when_the_source_host_holds_nothing_more(word: str) -> None:
    """Erased now or erased before is the same to us."""
    rules.read_confirmed(answers("submissions", (B, word)), (LISTED,))


@pytest.mark.parametrize(
    "found", [((B, "differs"),), ((A, "erased"),), (), ((B, "erased"), (C, "erased")), ((B, "no"),)]
)
def test_a_strange_answer_to_a_confirmation_is_refused(found: tuple[tuple[str, str], ...]) -> None:
    """Answers must be those to what was sent, in its order."""
    with pytest.raises(DoorDistrusted):
        rules.read_confirmed(answers("submissions", *found), (LISTED,))


WORDS = {"applied": True, "already": True, "unknown source": False, "too old": False}


@pytest.mark.parametrize("word", WORDS)
def test_each_answer_to_a_delivery_says_whether_it_arrived(word: str) -> None:
    """Sent twice and applied once is arrived."""
    assert rules.read_delivered(answers("deliveries", (A, word)), (STATUS,)) == (WORDS[word],)


@pytest.mark.parametrize("found", [(), ((B, "applied"),), ((A, "applied"), (A, "applied")), ((A, "lost"),)])
def test_a_strange_answer_to_a_delivery_is_refused(found: tuple[tuple[str, str], ...]) -> None:
    """Nothing leaves the outbox on the word of an answer that was not to it."""
    with pytest.raises(DoorDistrusted):
        rules.read_delivered(answers("deliveries", *found), (STATUS,))


def test_the_largest_batch_fits_into_a_document() -> None:
    """Else one long reply would stop the outbox for ever."""
    reply = OutboxDelivery(A, Kind.REPLY, HASH, "2026-11-20", reply=B, sealed=Ciphertext(bytes(LARGEST_SEALED_REPLY)))
    assert len(rules.write_deliveries([reply] * rules.MOST_DELIVERIES)) <= rules.LARGEST_DOCUMENT
