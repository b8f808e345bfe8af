"""Serving: a real gunicorn that tells nothing of itself or of anybody, whatever it is asked and however."""

import re

import pytest

from serving.headers import COMMON_HEADERS, content_security_policy
from tests.tiny_server import BLAND, Tiny, head, tiny

__all__ = ["tiny"]


def test_an_answer_names_no_server_and_no_time(tiny: Tiny) -> None:
    """An answer holds its length, its type, padding and nothing by which one host is told from another."""
    answer = tiny.ask(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    wanted = {"connection", "content-type", "content-length", "x-padding"}
    assert head(answer).keys() == wanted
    assert head(tiny.ask(b"GET /nowhere HTTP/1.0\r\n\r\n")).keys() == wanted


def test_an_answer_of_unknown_length_is_chunked(tiny: Tiny) -> None:
    """A streamed answer arrives whole."""
    answer = tiny.ask(b"GET /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert head(answer)["transfer-encoding"] == "chunked"
    assert answer.endswith(b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")


def test_a_connection_serves_several_requests(tiny: Tiny) -> None:
    """A connection that is kept open answers again and again, one request after another."""
    with tiny.connect() as connection:
        for _ in range(3):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = b""
            while not answer.endswith(b"hello"):
                answer += connection.recv(4096)
            assert head(answer)["connection"] == "keep-alive"


BAD_REQUESTS = {
    "not HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    "a request without a version": b"GET /\r\n\r\n",
    "a version that is none": b"GET / HTTP/9.9\r\n\r\n",
    "a method that is none": b"G\x00T / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
    "a header with a space before its colon": b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "two lengths": b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a length that is none": b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "a length and chunks": (
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "an unknown transfer encoding": b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: cows\r\n\r\n",
    "a request line too long": b"GET /" + b"x" * 5_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a header too long": b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"x" * 9_000 + b"\r\n\r\n",
    "a head of endless length": b"GET / HTTP/1.1\r\nHost: x\r\nX-A: " + b"x" * 40_000,
    "too many headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-A: 1\r\n" * 60 + b"\r\n",
}


@pytest.mark.parametrize("request_bytes", BAD_REQUESTS.values(), ids=BAD_REQUESTS.keys())
def test_a_bad_request_gets_the_bland_page(tiny: Tiny, request_bytes: bytes) -> None:
    """What is no proper HTTP is answered with one short page that names no program, version, address or reason.

    It has the headers of any other.
    """
    answer = tiny.ask(request_bytes)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert answer.endswith(b"\r\n\r\n" + BLAND)
    assert int(head(answer)["content-length"]) == len(BLAND)
    common = {name.lower() for name in COMMON_HEADERS}
    assert set(head(answer)) == common | {"connection", "content-type", "content-length", "x-padding"}
    assert not re.search(rb"(?i)gunicorn|python|flask|werkzeug|127\.0\.0\.1|<html", answer)


def test_an_answer_to_a_body_nobody_read_promises_no_further_request(tiny: Tiny) -> None:
    """The connection will be closed, and the head says so; the answer is not lost with what was unread."""
    body = bytes(500_000)
    answer = tiny.ask(b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    assert answer.startswith(b"HTTP/1.1 404")
    assert head(answer)["connection"] == "close"


def test_requests_sent_ahead_are_answered_one_after_another(tiny: Tiny) -> None:
    """Three requests in one piece, the second with a body, get their three answers in order."""
    requests = (
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
        b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    answer = tiny.ask(requests)
    assert re.findall(rb"\r\n\r\n(hello|abc)", answer) == [b"hello", b"abc", b"hello"]


def test_the_common_headers_allow_nothing_from_elsewhere() -> None:
    """The policy is the design's, word for word; a page may add to it, and nothing is kept or told to others."""
    policy = (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    assert COMMON_HEADERS["Content-Security-Policy"] == policy
    assert content_security_policy({"frame-src": "'self'"}) == f"{policy}; frame-src 'self'"
    assert "default-src 'none'; style-src 'none';" in content_security_policy({"style-src": "'none'"})
    assert COMMON_HEADERS["Cache-Control"] == "no-store"
    assert COMMON_HEADERS["Referrer-Policy"] == "no-referrer"
    assert all("unsafe" not in value and "*" not in value for value in COMMON_HEADERS.values())
