"""What an installation is made of: steps, each of which knows whether it is done, and what it is for."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from deploy.hosts.host import Host, InstallError


@dataclass(frozen=True)
class Step:
    """One thing that must be so. `undo` is what `uninstall` does; None if it stays, as Debian's packages do.

    Of a file: its `path`, and the command with which a running machine takes it up, `after`.
    """

    title: str
    why: str
    is_done: Callable[[Host], bool]
    do: Callable[[Host], None]
    undo: Callable[[Host], None] | None = None
    path: str = ""
    after: tuple[str, ...] = ()


def file_step(title: str, why: str, path: str, text: str, mode: int = 0o644, after: Iterable[str] = ()) -> Step:
    """Return the step of a file of root's. `after`: the command with which a running machine takes it up."""
    command = tuple(after)

    def do(host: Host) -> None:
        host.write(path, text, mode)
        if command and host.is_running:
            host.run(*command, why=title)

    return Step(title, why, partial(_is_file, path, text, mode), do, partial(_remove, path), path, command)


def install(host: Host, steps: Iterable[Step], say: Callable[[str], None], *, dry: bool) -> int:
    """Do what is not done yet; return how many steps that were. `dry`: only say so.

    Raises InstallError at the first that fails; those before it stay done.
    """
    changed = 0
    for number, step in enumerate(steps, 1):
        if step.is_done(host):
            say(f"{number:2}. {step.title}: done already.")
            continue
        changed += 1
        say(f"{number:2}. {step.title}{': would be done' if dry else ''}. {step.why}")
        if not dry:
            step.do(host)
            # What cannot be seen to be done must not be said to be.
            if not step.is_done(host):
                raise InstallError(f"{step.title}: done, but the machine does not show it. Nothing after it was done.")
    return changed


def uninstall(host: Host, steps: Sequence[Step], say: Callable[[str], None], *, dry: bool) -> None:
    """Undo in the opposite order what can be undone. Raises InstallError."""
    for step in reversed(steps):
        if step.undo is None:
            say(f"    {step.title}: stays.")
        elif step.is_done(host):
            say(f"    {step.title}: {'would be undone' if dry else 'undone'}.")
            if not dry:
                step.undo(host)


def _is_file(path: str, text: str, mode: int, host: Host) -> bool:
    return host.is_file(path, text, mode)


def _remove(path: str, host: Host) -> None:
    host.remove(path)
