"""Running a WSGI application under gunicorn, in the foreground, until SIGTERM or SIGINT."""

import os
import re
import resource
from collections.abc import Callable
from gettext import gettext as _
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from serving.worker import OnionWorker

_BIND = re.compile(r"(127\.0\.0\.1:[0-9]{1,5}|\[::1\]:[0-9]{1,5}|unix:/.+|fd://[0-9]{1,4})\Z")
# Longer than the pause of a person between two pages on one circuit is not worth a connection.
_KEEP_ALIVE_SECONDS = 15
_STOP_SECONDS = 5


class BindRefused(Exception):
    """The address is not a loopback port, a unix socket or an inherited descriptor: nothing else may listen."""


def check_bind(bind: str) -> str:
    """Return `bind` if it is `127.0.0.1:PORT`, `[::1]:PORT`, `unix:/path` or `fd://N`. Raises BindRefused."""
    if not _BIND.match(bind):
        raise BindRefused(
            _("“{bind}” is not a place to listen on. Use 127.0.0.1:PORT, unix:/path or fd://N.").format(bind=bind)
        )
    return bind


class _Server(BaseApplication):
    def __init__(self, make_app: Callable[[], Flask], options: dict[str, Any]) -> None:
        self._make_app = make_app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self._make_app()


def serve(make_app: Callable[[], Flask], bind: str, *, threads: int) -> None:
    """Serve `make_app()`, called in the one worker process, on `bind`, until SIGTERM. Raises BindRefused.

    One worker with threads: what is held in memory (idle sessions, an unlocked key, caps) is held once.
    """
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _Server(
        make_app,
        {
            "bind": check_bind(bind),
            "workers": 1,
            "threads": threads,
            "worker_connections": threads * 8,
            "worker_class": OnionWorker,
            # The heartbeat file must not be on a disk; gunicorn unlinks it at once.
            "worker_tmp_dir": "/dev/shm",  # noqa: S108
            "control_socket_disable": True,
            "accesslog": None,
            "errorlog": "-",
            # Anything more talkative names addresses and paths.
            "loglevel": "critical",
            "keepalive": _KEEP_ALIVE_SECONDS,
            "graceful_timeout": _STOP_SECONDS,
            "limit_request_line": 2048,
            "limit_request_fields": 48,
            "limit_request_field_size": 4096,
            "umask": 0o077,
        },
    ).run()
