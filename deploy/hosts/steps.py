"""What an installation is made of: steps, each of which knows whether it is done, and what it is for.

A file that is right is half of it: a machine that runs must have taken it up. What took it up is run again at each
install unless it is known to have worked since the machine started, and the machine still shows what it showed then.
"""

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from deploy.hosts.host import Host, InstallError
from deploy.hosts.taken_up import forget, is_taken_up, note_change, take_up

MARK = "Written by Candour's installer"
BEFORE = ".before-candour"  # what was there of Debian's: `uninstall` puts it back


@dataclass(frozen=True)
class Step:
    """One thing that must be so. `undo` is what `uninstall` does; None if it stays, as Debian's packages do.

    `is_there` tells whether there is anything to undo, of whichever version; else what is done is there.
    Of a file: its `path`, `text` and `mode`, the command with which a running machine takes it up (`after`), and the
    one that prints what is in force then (`shows`).
    """

    title: str
    why: str
    is_done: Callable[[Host], bool]
    do: Callable[[Host], None]
    undo: Callable[[Host], None] | None = None
    path: str = ""
    after: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()
    is_there: Callable[[Host], bool] | None = None
    text: str = ""
    mode: int = 0


def file_step(
    title: str,
    why: str,
    path: str,
    text: str,
    mode: int = 0o644,
    *,
    after: Iterable[str] = (),
    shows: Iterable[str] = (),
    leaving: Iterable[str] = (),
    gone: Iterable[str] = (),
) -> Step:
    """Return the step of a file of root's. `after`, `shows`: see Step.

    `leaving` and `gone`: what is run at a machine that runs before the file is removed, and after. Both may fail: what
    they are to end may have ended.
    """
    return Step(
        title,
        why,
        partial(_is_file, path, text, mode),
        partial(_write, path, text, mode),
        partial(_take_away, path, tuple(leaving), tuple(gone)),
        path,
        tuple(after),
        tuple(shows),
        partial(is_ours, path),
        text,
        mode,
    )


def is_ours(path: str, host: Host) -> bool:
    """Tell whether a file is there that an installer of Candour wrote, of this version or of another."""
    return MARK in "\n".join(host.read(path).splitlines()[:4])


def install(host: Host, steps: Iterable[Step], say: Callable[[str], None], *, dry: bool) -> int:
    """Do what is not done yet; return how many steps that were, less those that were only taken up anew.

    `dry`: only say so.

    Raises InstallError at the first that fails; those before it stay done.
    """
    changed = 0
    for number, step in enumerate(steps, 1):
        if is_whole(host, step):
            say(f"{number:2}. {step.title}: done already.")
            continue
        is_done = step.is_done(host)
        changed += not is_done
        say(f"{number:2}. {step.title}{_what(is_done=is_done, dry=dry)}. {step.why}")
        if not dry:
            if not is_done:
                note_change(host)
                step.do(host)
            take_up(host, step.title, step.path, step.after, step.shows)
            # What cannot be seen to be done must not be said to be.
            if not is_whole(host, step):
                raise InstallError(f"{step.title}: done, but the machine does not show it. Nothing after it was done.")
    return changed


def _what(*, is_done: bool, dry: bool) -> str:
    if is_done:
        return ": would be taken up anew" if dry else ": taken up anew"
    return ": would be done" if dry else ""


def is_whole(host: Host, step: Step) -> bool:
    """Tell whether a step is done, and in force where the machine runs."""
    return step.is_done(host) and is_taken_up(host, step.path, step.after, step.shows)


def uninstall(host: Host, steps: Sequence[Step], say: Callable[[str], None], *, dry: bool) -> None:
    """Undo in the opposite order what can be undone, whichever version did it. Raises InstallError."""
    for step in reversed(steps):
        if step.undo is None:
            say(f"    {step.title}: stays.")
        elif (step.is_there or step.is_done)(host):
            say(f"    {step.title}: {'would be undone' if dry else 'undone'}.")
            if not dry:
                step.undo(host)
        elif step.path and host.path(step.path).exists():
            say(f"    {step.title}: {step.path} is not the installer's, and stays.")


def _write(path: str, text: str, mode: int, host: Host) -> None:
    _keep_debians(host, path)
    # Before the file: should the power go now, it is not known to be taken up.
    forget(host, path)
    host.write(path, text, mode)


def _take_away(path: str, before: Sequence[str], afterwards: Sequence[str], host: Host) -> None:
    _try(host, before)
    forget(host, path)
    host.remove(path)
    if host.path(path + BEFORE).is_file():
        host.path(path + BEFORE).rename(host.path(path))
    _try(host, afterwards)


def _keep_debians(host: Host, path: str) -> None:
    """Lay aside what was there, once."""
    there = host.path(path)
    if there.is_file() and not there.is_symlink() and not is_ours(path, host):
        shutil.copy2(there, host.path(path + BEFORE))


def _try(host: Host, command: Sequence[str]) -> None:
    if command and host.is_running:
        host.try_run(*command)


def _is_file(path: str, text: str, mode: int, host: Host) -> bool:
    return host.is_file(path, text, mode)
