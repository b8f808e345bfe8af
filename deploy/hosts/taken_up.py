"""Has the machine taken up what was installed since it started, and is that still in force?

`/run` is empty after each start. What is noted there of a file is a SHA-256 over the file, the command that took it up,
and what the machine showed afterwards. Where nothing is noted, or another thing shows, it is taken up again: each of
these commands may be run as often as one likes.
"""

from collections.abc import Sequence
from hashlib import sha256

from deploy.hosts.host import Host, InstallError

_NOTES = "/run/candour-install"
_RESTART = f"{_NOTES}/+restart"


def is_taken_up(host: Host, path: str, after: Sequence[str], shows: Sequence[str]) -> bool:
    """Tell whether a machine that runs has taken a file up, and shows what it showed then."""
    if not after or not host.is_running:
        return True
    noted = host.read(_note(path))
    return bool(noted) and noted == _seen(host, path, after, shows)


def take_up(host: Host, title: str, path: str, after: Sequence[str], shows: Sequence[str]) -> None:
    """Have a machine that runs take a file up, and note what it shows. Raises InstallError."""
    if not after or not host.is_running:
        return
    host.run(*after, why=title)
    seen = _seen(host, path, after, shows)
    if not seen:
        raise InstallError(f"{title}: taken up, but “{' '.join(shows)}” does not show it")
    host.write(_note(path), seen, 0o600)


def forget(host: Host, path: str) -> None:
    """Note that a file is not taken up: another one is about to take its place."""
    host.remove(_note(path))


def note_change(host: Host) -> None:
    """Note that what runs was started before something was changed: the next step may fail, and end this run."""
    if host.is_running:
        host.write(_RESTART, "", 0o600)


def is_restart_due(host: Host) -> bool:
    """Tell whether something was changed since the services were started again, in this run or in one that failed."""
    return host.path(_RESTART).exists()


def forget_change(host: Host) -> None:
    """Note that what runs was started since."""
    host.remove(_RESTART)


def _seen(host: Host, path: str, after: Sequence[str], shows: Sequence[str]) -> str:
    """Return what is noted while all is well; nothing if the machine cannot show it."""
    found = ""
    if shows:
        done = host.try_run(*shows)
        if done.returncode:
            return ""
        found = done.stdout
    return sha256("\0".join([host.read(path), *after, *shows, found]).encode()).hexdigest()


def _note(path: str) -> str:
    return f"{_NOTES}/{path.strip('/').replace('/', '+')}"
