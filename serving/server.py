"""Running a WSGI application under gunicorn, in the foreground, until SIGTERM or SIGINT."""

import ctypes
import os
import re
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from serving.language import gettext as _
from serving.listening import places_for_gunicorn
from serving.memory import begin_again_wiping, collect_for_ever, lock_memory, refuse_dumps
from serving.open_files import raise_limit
from serving.pace import Pace
from serving.refusals import ServingRefused
from serving.worker import OnionWorker

# Under this name an application's `extensions` may hold a function to call when serving ends.
CLOSE = "candour_close"
_BIND = re.compile(r"((127\.0\.0\.1|\[::1\]):(?P<port>[0-9]{1,5})|unix:/.+|fd://[0-9]{1,4})\Z")
_HIGHEST_PORT = 65_535
# Longer than the pause of a person between two pages on one circuit is not worth a connection.
_KEEP_ALIVE_SECONDS = 15
_STOP_SECONDS = 5
_SHARED_MEMORY = "/dev/shm"  # noqa: S108
_M_ARENA_MAX = -8  # malloc.h
# By default a thread reserves 8 MiB, of which it uses a hundredth: in locked memory hundreds of them would be dear.
_STACK_BYTES = 1024 * 1024


class BindRefused(ServingRefused):
    """The address is not a loopback port, a unix socket or an inherited descriptor: nothing else may listen."""


def check_bind(bind: str) -> str:
    """Return `bind` if it is `127.0.0.1:PORT`, `[::1]:PORT`, `unix:/path` or `fd://N`. Raises BindRefused."""
    found = _BIND.match(bind)
    if not found or int(found["port"] or 0) > _HIGHEST_PORT:
        raise BindRefused(
            _("“{bind}” is not a place to listen on. Use 127.0.0.1:PORT, unix:/path or fd://N.").format(bind=bind)
        )
    return bind


def check_bind_of_tor(bind: str) -> str:
    """Return `bind` if it is a place that Tor alone can be let connect to: a unix socket. Raises BindRefused.

    On a port of this machine any program could say that it comes on somebody else's circuit.
    """
    check_bind(bind)
    if not (bind.startswith("unix:") or _is_unix_socket(bind)):
        raise BindRefused(
            _(
                "Behind Tor, “{bind}” is not a place to listen on: any program of this machine can connect to a port, "
                "and say that it comes on any circuit. Use unix:/path, or fd://N of a unix socket."
            ).format(bind=bind)
        )
    return bind


def _is_unix_socket(bind: str) -> bool:
    """Tell whether an inherited descriptor is a unix socket: systemd can hand over any kind."""
    if not bind.startswith("fd:"):
        return False
    try:
        with socket.socket(fileno=os.dup(int(bind.removeprefix("fd://")))) as inherited:
            return inherited.family == socket.AF_UNIX
    except OSError:
        return False


def _try_bind(bind: str) -> None:
    """Raise BindRefused if nothing can listen there: gunicorn would try for five seconds and end without a word."""
    try:
        if bind.startswith("unix:"):
            os.stat(Path(bind.removeprefix("unix:")).parent)
        elif not bind.startswith("fd:"):
            host, port = bind.rsplit(":", 1)
            family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
            socket.create_server((host.strip("[]"), int(port)), family=family).close()
    except OSError as reason:
        raise BindRefused(_("Nothing can listen on {bind}: {why}.").format(bind=bind, why=reason.strerror)) from reason


class _Server(BaseApplication):
    def __init__(self, make_app: Callable[[], Flask], options: dict[str, Any]) -> None:
        self._make_app = make_app
        self._app: Flask | None = None
        self._options = {**options, "worker_exit": self.close}
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        self._app = self._make_app()
        return self._app

    def close(self, _arbiter: object, _worker: object) -> None:
        """Close what the application holds open, so that a database leaves no write-ahead log behind."""
        close = None if self._app is None else self._app.extensions.get(CLOSE)
        if close is not None:
            close()


def _share_one_arena() -> None:
    """Have all threads allocate from one arena of glibc's.

    By default each of a hundred threads comes to keep the 19 MiB of a derivation for itself; and in an arena of its own
    a thread gives the pages back every time, which makes the derivation half as slow again (docs/adr/0004).
    """
    ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def _stay_as_started(_arbiter: object) -> None:
    """Ignore gunicorn's signals for reloading and for more workers.

    Each would start a second worker beside the first, with a memory of its own; and a closed terminal sends SIGHUP.
    """
    for unwanted in (signal.SIGHUP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(unwanted, signal.SIG_IGN)


def _lock_memory(_arbiter: object, _worker: object) -> None:
    # Here, for a lock does not pass on to a forked process.
    lock_memory()


def _collect_for_ever(_worker: object) -> None:
    collect_for_ever()


def _worker(pace: Pace, *, from_tor: bool) -> type[OnionWorker]:
    """Return the worker that holds bodies to this least pace: gunicorn makes its worker itself."""
    return type("OnionWorker", (OnionWorker,), {"pace": pace, "from_tor": from_tor})


def heartbeat_folder(wanted: Path) -> str | None:
    """Return the folder for gunicorn's heartbeat file, or None for that of all temporary files.

    Where gunicorn cannot write, it ends without a word.
    """
    return str(wanted) if wanted.is_dir() and os.access(wanted, os.W_OK | os.X_OK) else None


def serve(
    make_app: Callable[[], Flask], *binds: str, threads: int, pace: Pace | None = None, from_tor: bool = False
) -> None:
    """Serve `make_app()`, called in the one worker process, on all `binds`, until SIGTERM. Raises ServingRefused.

    One worker with threads: what is held in memory (idle sessions, an unlocked key, caps) is held once. A body that
    comes more slowly than `pace` is cut off.
    """
    for bind in binds:
        _try_bind(check_bind(bind))
    begin_again_wiping()
    connections = raise_limit(threads)
    threading.stack_size(_STACK_BYTES)
    _share_one_arena()
    os.umask(0o077)
    refuse_dumps()
    worker = _worker(pace or Pace(), from_tor=from_tor)
    _Server(make_app, _options(binds, worker, threads=threads, connections=connections)).run()


def _options(binds: Sequence[str], worker: type[OnionWorker], *, threads: int, connections: int) -> dict[str, Any]:
    """Return what gunicorn is told: to be one worker that writes to no disk, logs nobody and believes no header."""
    return {
        "bind": places_for_gunicorn(binds),
        "when_ready": _stay_as_started,
        "post_fork": _lock_memory,
        "post_worker_init": _collect_for_ever,
        "workers": 1,
        "threads": threads,
        "worker_connections": connections,
        "worker_class": worker,
        # The heartbeat file, empty and unlinked at once, need not be on a disk.
        "worker_tmp_dir": heartbeat_folder(Path(_SHARED_MEMORY)),
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
        # Every client comes from loopback, which gunicorn would trust to say who and where it is.
        "forwarder_headers": "",
        "secure_scheme_headers": {},
    }
