"""What a custodian reads and types at a terminal: on a screen of its own, which is cleared and leaves no scrollback.

Nothing here goes through a line editor with a history, nor into an argument of a command. Without a terminal (a script,
a test) lines are read and written as they are.
"""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from serving.memory import lock_memory, refuse_dumps

# xterm's alternate screen, which has no scrollback. Where a terminal has none (a bare console), what follows clears the
# screen and the scrollback both.
_ENTER = "\x1b[?1049h\x1b[H\x1b[2J"
_LEAVE = "\x1b[H\x1b[2J\x1b[3J\x1b[?1049l"
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
UNREADABLE = "\N{REPLACEMENT CHARACTER}"
_LONGEST_LINE = 4096  # characters; a terminal gives no longer line


@contextmanager
def private_screen() -> Iterator[None]:
    """Show what is written meanwhile on a screen that is gone afterwards, whatever happens."""
    if not sys.stdout.isatty():
        yield
        return
    with _nothing_leaves_it_standing():
        click.echo(_ENTER, nl=False)
        try:
            yield
        finally:
            click.echo(_LEAVE, nl=False)


@contextmanager
def shown_once(question: str) -> Iterator[None]:
    """Show secrets on a screen of their own until its reader presses Enter; where nobody sits, just write them."""
    if not is_at_terminal():
        # Nobody to press Enter: a screen that is cleared at once would show them to nobody.
        yield
        return
    with private_screen():
        yield
        ask_line("\n" + question)


@contextmanager
def _nothing_leaves_it_standing() -> Iterator[None]:
    """Clear the screen before whatever ends the command does so; and let nobody lay it aside as it is (Ctrl-Z)."""
    ways = dict.fromkeys(_ENDING, signal.default_int_handler) | {signal.SIGTSTP: signal.SIG_IGN}
    before = {number: signal.signal(number, way) for number, way in ways.items()}
    try:
        yield
    finally:
        for number, way in before.items():
            signal.signal(number, way)


def is_at_terminal() -> bool:
    """Tell whether a person sits there who sees what is written and types the answer."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def ask_line(question: str) -> str:
    """Return one line that was typed, without its end. Raises EOFError if there will be none.

    What is no text (half a letter, after a slip at the keyboard of a bare console) comes as UNREADABLE.
    """
    click.echo(question, nl=False)
    sys.stdout.flush()
    try:
        line = sys.stdin.readline(_LONGEST_LINE)
        line.encode()  # in some locales such halves are read without an error
    except UnicodeError:
        return UNREADABLE
    if not line:
        raise EOFError
    return line.rstrip("\r\n")


@contextmanager
def stoppable(sentence: str) -> Iterator[None]:
    """Say in a sentence what it means that somebody stopped in the middle, and end with exit code 1."""
    try:
        yield
    except (KeyboardInterrupt, EOFError, click.Abort) as reason:
        raise click.ClickException(sentence) from reason


def keep_out_of_dumps() -> None:
    """Keep the secrets of a command off every disk: no core, and no swapping where permitted.

    For every command that asks for one or shows one, first of all; also in a script, which crashes like everybody.
    """
    refuse_dumps()
    lock_memory()
