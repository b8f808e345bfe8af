"""What the tests do to a machine that is right (tests.made_up_machine), and what is not right of it then."""

from collections.abc import Callable

from posture.line import Grade, Line
from posture.looking import look_at
from tests.made_up_machine import DATA, MadeUp
from tests.printed_by_debian import HEAD

Break = Callable[[MadeUp], None]
# By what it is, in words: the lines that name it then, a space between, and how it is done.
Harms = dict[str, tuple[str, Break]]


def look_over(made: MadeUp) -> list[Line]:
    """All lines."""
    return list(look_at(made, made.plan, DATA))


def not_right(made: MadeUp) -> dict[str, Grade]:
    """The names of what is not right, with how bad it is."""
    return {line.name: line.grade for line in look_over(made) if line.grade is not Grade.RIGHT}


def chmod(path: str, mode: int) -> Break:
    """Open a file or folder to others."""
    return lambda made: made.place(path).chmod(mode)


def give(path: str, owner: str) -> Break:
    """Give a file or folder away."""
    return lambda made: made.owners.update({path: owner})


def change(path: str, old: str, new: str) -> Break:
    """Put other words in a file."""
    return lambda made: made.change(path, old, new)


def put(path: str, text: str) -> Break:
    """Put a file there."""
    return lambda made: made.write(path, text)


def retell(command: str, old: str, new: str) -> Break:
    """Have a program say otherwise."""
    return lambda made: made.retell(command, old, new)


def both(one: Break, other: Break) -> Break:
    """Do two things."""

    def do(made: MadeUp) -> None:
        one(made)
        other(made)

    return do


def linked(path: str) -> Break:
    """Have a file be a link to one with the same words."""

    def do(made: MadeUp) -> None:
        there = made.place(path)
        there.rename(there.with_name("elsewhere"))
        there.symlink_to("elsewhere")

    return do


def listen(table: str, address: str, state: str = "0A") -> Break:
    """Have something wait at an address, as the kernel spells it."""
    return put(f"/proc/net/{table}", f"{HEAD}   0: {address} 00000000:0000 {state} 0:0 0:0 0 0 0 1 1\n")


def added(command: str, text: str, path: str = "/etc/systemd/system/candour-site.service.d/mine.conf") -> Break:
    """Add a file to a unit, which systemd has read."""
    return both(put(path, text), retell(command, "DropInPaths=", f"DropInPaths={path}"))


def nowhere(path: str) -> Break:
    """Have a file's name lead to /dev/null."""

    def do(made: MadeUp) -> None:
        made.remove(path)
        made.place(path).symlink_to("/dev/null")

    return do


def hide(path: str) -> Break:
    """Have a file be not ours to read."""
    return lambda made: made.hidden.add(path)
