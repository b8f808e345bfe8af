"""The places that a server listens on, as gunicorn can take them.

Rules:
- Whoever starts us names each place in `--bind`, the inherited ones as well: what systemd says in the environment would
  be taken once more by gunicorn, and fail (it closes each descriptor that it took).
- Beside an inherited socket gunicorn forgets all other places. So where there is one, we listen on the others, and hand
  them over as inherited.
"""

import os
import socket
import stat
from collections.abc import Sequence
from pathlib import Path

_BACKLOG = 512
_OF_SYSTEMD = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES")


def places_for_gunicorn(binds: Sequence[str]) -> list[str]:
    """Return what gunicorn is told to bind to: the same places, all of which it will listen on. Raises OSError."""
    for name in _OF_SYSTEMD:
        os.environ.pop(name, None)
    if not any(bind.startswith("fd:") for bind in binds):
        return [*binds]
    return [bind if bind.startswith("fd:") else f"fd://{_listening(bind).detach()}" for bind in binds]


def _listening(bind: str) -> socket.socket:
    if bind.startswith("unix:"):
        return _listening_at(Path(bind.removeprefix("unix:")))
    host, port = bind.rsplit(":", 1)
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    return socket.create_server((host.strip("[]"), int(port)), family=family, backlog=_BACKLOG)


def _listening_at(path: Path) -> socket.socket:
    # One that a killed server left; anything else in its place is somebody's, and stays.
    if path.exists() and stat.S_ISSOCK(path.lstat().st_mode):
        path.unlink()
    made = socket.socket(socket.AF_UNIX)
    before = os.umask(0o077)
    try:
        made.bind(str(path))
        made.listen(_BACKLOG)
    except OSError:
        made.close()
        raise
    finally:
        os.umask(before)
    return made
