"""The commands of both hosts as programs of their own: at the terminal of whoever practises, or answered for them.

The source host's command is run, never imported: here too the two hosts share bytes, not objects.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click

from journalist_interface.errors import SetUpRefused
from journalist_interface.rehearsing.answers import Answers
from serving.language import gettext as _

DROP, DESK = "candour-drop", "candour-desk"
_PROMPT = b"> "
_SECONDS_TO_END = 30


def program(name: str) -> str:
    """Return where a command of this very installation is. Raises SetUpRefused if it is not there."""
    # Of this environment alone: another version elsewhere on the path would rehearse something else.
    found = Path(sys.executable).with_name(name)
    if not found.is_file():
        raise SetUpRefused(
            _("{name} is not installed beside this program, so nothing can be rehearsed. Nothing was made.").format(
                name=name
            )
        )
    return str(found)


def run_command(words: Sequence[str], answers: Answers | None, typed: str = "") -> tuple[int, str]:
    """Run a command to its end; return its exit code, and what it said if `answers` typed. None: people type.

    `typed` is there from the beginning, for what is asked without a prompt.
    """
    line = [program(words[0]), *words[1:]]
    if answers is None:
        with _left_to_the_command():
            return subprocess.run(line, check=False).returncode, ""
    with _piped(line) as process:
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018  (pipes were asked for)
        process.stdin.write(typed.encode())
        process.stdin.flush()
        said = _converse(process.stdin, process.stdout, answers)
        process.stdin.close()
        return process.wait(_SECONDS_TO_END), said


@contextmanager
def running(words: Sequence[str]) -> Iterator[None]:
    """Have a server run for as long as the context lasts."""
    process = subprocess.Popen([program(words[0]), *words[1:]], stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _left_to_the_command() -> Iterator[None]:
    """Leave Ctrl-C to the command that runs at the terminal: stopping and going on is practised too."""
    # A function of ours, not SIG_IGN, which the command would be born with.
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _piped(line: Sequence[str]) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None and not pipe.closed:
                pipe.close()


def _converse(typed: IO[bytes], heard: IO[bytes], answers: Answers) -> str:
    """Answer each prompt until the command has nothing more to say; return all that it said."""
    whole, fresh = b"", b""
    while piece := os.read(heard.fileno(), 65536):
        whole, fresh = whole + piece, fresh + piece
        if fresh.endswith(_PROMPT):
            line = answers.to(fresh.decode("utf-8", "replace"))
            click.echo(f"{fresh.decode('utf-8', 'replace')}{_hidden(line)}")
            typed.write(line.encode() + b"\n")
            typed.flush()
            fresh = b""
    text = fresh.decode("utf-8", "replace")
    answers.listen(text)
    click.echo(text)
    return whole.decode("utf-8", "replace")


def _hidden(line: str) -> str:
    """Return what is shown of a typed line: of 33 words, that they were typed."""
    words = line.split()
    return f"({len(words)} words)" if len(words) > 7 else line
