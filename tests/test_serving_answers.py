"""How an answer is written: heads of one weight, head and body in one write."""

import re
from pathlib import Path

import pytest

from serving.answers import HEAD_SIZE, HEAD_STEP, pad_head
from tests.sent_sizes import sent_sizes, watched_sending
from tests.tiny_server import Tiny, head, tiny

__all__ = ["tiny"]

ASKED = {
    "a page": b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "a page, and the connection may stay open": b"GET / HTTP/1.0\r\n\r\n",
    "a page that is not there": b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "a method that is not allowed": b"PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "a page's head alone": b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "an answer in pieces": b"GET /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
}


@pytest.mark.parametrize("request_bytes", ASKED.values(), ids=ASKED.keys())
def test_every_head_has_one_weight(tiny: Tiny, request_bytes: bytes) -> None:
    """Whatever a head says, it says it in as many bytes."""
    found, _body = tiny.ask(request_bytes).split(b"\r\n\r\n", 1)
    assert len(found) + 4 == HEAD_SIZE
    assert re.fullmatch("0+", head(found + b"\r\n\r\n")["x-padding"])


@pytest.mark.parametrize(
    ("bare", "wanted"),
    [
        (20, HEAD_SIZE),
        (HEAD_SIZE - 15, HEAD_SIZE),
        (HEAD_SIZE - 14, HEAD_SIZE + HEAD_STEP),
        (HEAD_SIZE, HEAD_SIZE + HEAD_STEP),
        (HEAD_SIZE + HEAD_STEP, HEAD_SIZE + 2 * HEAD_STEP),
    ],
)
def test_heads_have_few_sizes(bare: int, wanted: int) -> None:
    """A long head falls into the next class; no head is one byte too long or too short."""
    padded = pad_head("x" * bare)
    assert len(padded) == wanted
    assert padded.endswith(b"\r\n\r\n")


def let_in(tiny: Tiny) -> int:
    """Have the worker let a tracer in, so that an ordinary user may watch it; return its process id."""
    tiny.ask(b"GET /let-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    return tiny.processes()[-1]


def test_head_and_body_leave_in_one_write(tiny: Tiny, tmp_path: Path) -> None:
    """An answer is one piece to whoever carries it: nothing tells where its head ends, or how long the page took."""
    log = tmp_path / "calls"
    with watched_sending(let_in(tiny), log):
        whole = tiny.ask(ASKED["a page"])
        alone = tiny.ask(ASKED["a page's head alone"])
    assert sent_sizes(log) == [len(whole), len(alone)] == [HEAD_SIZE + len("hello"), HEAD_SIZE]


def test_an_answer_in_pieces_leaves_piece_by_piece(tiny: Tiny, tmp_path: Path) -> None:
    """Nothing is held back of an answer that is made while it is sent."""
    log = tmp_path / "calls"
    with watched_sending(let_in(tiny), log):
        tiny.ask(ASKED["an answer in pieces"])
    assert sent_sizes(log) == [HEAD_SIZE + len("3\r\none\r\n"), len("3\r\ntwo\r\n"), len("0\r\n\r\n")]
