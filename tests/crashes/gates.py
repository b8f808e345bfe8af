"""Inside a process that is to die: gates around the steps of the product. One that is armed kills the whole group.

Every gate that is passed is written into `passed`; if `armed` names it for the n-th time, `fired` is written and the
process group is killed with SIGKILL: arbiter, worker and every gpg at once, as when the power goes. Without a folder a
gate does nothing.
"""

import functools
import importlib
import os
import pkgutil
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FunctionType
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

from tests.crashes.steps import Call, Commit, Statement, Step, When, gate_name

_OURS = ("keys", "store", "serving", "source_interface", "journalist_interface")


class Gates:
    """The gates of this process. `watch` says in which folder its killer looks."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._passed = -1
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def watch(self, folder: Path) -> None:
        """From now on, write down what is passed, and die when `armed` says so."""
        self._passed = os.open(folder / "passed", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._folder = folder

    def reach(self, name: str) -> None:
        """Pass a gate, or die."""
        if self._folder is None:
            return
        os.write(self._passed, name.encode("ascii") + b"\n")
        try:
            wanted, nth, token = (self._folder / "armed").read_text("ascii").split("\n")
        except FileNotFoundError:
            return
        if wanted != name:
            return
        with self._lock:
            self._counts[token, name] += 1
            if self._counts[token, name] == int(nth):
                (self._folder / "fired").write_text(name, "ascii")
                os.killpg(0, signal.SIGKILL)


GATES = Gates()


def build(steps: Iterable[Step]) -> None:
    """Put gates around these steps, once per process, before anything of the product runs."""
    statements: list[str] = []
    commits: list[str] = []
    for step in dict.fromkeys(steps):
        match step:
            case Call():
                _wrap(step)
            case Statement():
                statements.append(step.begins)
            case Commit():
                commits.append(step.of)
    _listen(statements, commits)


def _wrap(step: Call) -> None:
    module, _colon, name = step.where.partition(":")
    importlib.import_module(module)
    holder_name, _dot, last = name.rpartition(".")
    holder = pkgutil.resolve_name(f"{module}:{holder_name}" if holder_name else module)
    real = vars(holder)[last]
    if not isinstance(real, FunctionType):
        raise TypeError(f"{step.where} is not a function")
    gated = _gated(real, step)
    setattr(holder, last, gated)
    if not holder_name:
        _replace_imported(real, gated)


def _gated(real: FunctionType, step: Call) -> Callable[..., Any]:
    before, after = gate_name(step, When.BEFORE), gate_name(step, When.AFTER)

    @functools.wraps(real)
    def gated(*arguments: Any, **options: Any) -> Any:
        GATES.reach(before)
        result = real(*arguments, **options)
        GATES.reach(after)
        return result

    return gated


def _replace_imported(real: FunctionType, gated: Callable[..., Any]) -> None:
    """Put the gate wherever `from ... import` has carried the function."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in _OURS:
            for attribute, value in list(vars(module).items()):
                if value is real:
                    setattr(module, attribute, gated)


def _listen(statements: list[str], commits: list[str]) -> None:
    said = threading.local()

    def begins(_connection: Any) -> None:
        said.statements = []

    def before(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said.statements = [*getattr(said, "statements", ()), statement]
        _reach_all(When.BEFORE, statements, statement)

    def after(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        _reach_all(When.AFTER, statements, statement)

    event.listen(Engine, "begin", begins)
    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    real = DefaultDialect.do_commit

    def do_commit(dialect: DefaultDialect, connection: Any) -> None:
        ended = getattr(said, "statements", [])
        found = [of for of in commits if any(statement.startswith(of) for statement in ended)]
        for of in found:
            GATES.reach(gate_name(Commit(of), When.BEFORE))
        real(dialect, connection)  # type: ignore[no-untyped-call]
        for of in found:
            GATES.reach(gate_name(Commit(of), When.AFTER))

    DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]


def _reach_all(when: When, beginnings: list[str], statement: str) -> None:
    for beginning in beginnings:
        if statement.startswith(beginning):
            GATES.reach(gate_name(Statement(beginning), when))
