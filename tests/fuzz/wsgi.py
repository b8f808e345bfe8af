"""Asking a WSGI application in this very process, with a request as gunicorn would hand it over."""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Flask
from werkzeug.datastructures import Headers

from tests.fuzz.pieces import AwkwardBody


@dataclass(frozen=True)
class Answer:
    """What an application answered, and what it said to the log meanwhile."""

    status: int
    headers: Headers
    body: bytes
    said: str


@dataclass(frozen=True)
class Asked:
    """A request. `target` is a path with its query, percent-encoded; `length` None sends no Content-Length."""

    method: str
    target: str
    headers: dict[str, str]
    body: AwkwardBody
    length: str | None


def ask(app: Flask, asked: Asked) -> Answer:
    """Return the answer. Whatever the application raises is raised."""
    log = io.StringIO()
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], _error: object = None) -> Callable[[bytes], object]:
        started.append((status, headers))
        return lambda _piece: None

    answer: Iterable[bytes] = app(_environ(asked, log), start)
    try:
        body = b"".join(answer)
    finally:
        if callable(close := getattr(answer, "close", None)):
            close()
    ((status, headers),) = started
    return Answer(int(status[:3]), Headers(headers), body, log.getvalue())


def _environ(asked: Asked, log: io.StringIO) -> dict[str, Any]:
    path, _mark, query = asked.target.partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": asked.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": asked.target,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": asked.body,
        "wsgi.input_terminated": True,
        "wsgi.errors": log,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in asked.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    if asked.length is not None:
        environ["CONTENT_LENGTH"] = asked.length
    return environ
