"""Commands killed at any one of the system calls by which they change files: really, by the kernel, at that call.

`python -m tests.killed_calls` has loaded the product, and forks off a process for each order: it stops itself, strace
takes hold of it (of its first thread: no Tor, no gpg), and sends it SIGKILL as it enters the chosen call. JSON lines:
an order in, an answer out.
"""

import gc
import importlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

# Whatever makes, names, fills or erases something, and what makes it durable.
CHANGES = (
    "chmod",
    "fchmod",
    "fchmodat",
    "fdatasync",
    "fsync",
    "ftruncate",
    "link",
    "linkat",
    "mkdir",
    "mkdirat",
    "pwrite64",
    "rename",
    "renameat",
    "renameat2",
    "rmdir",
    "unlink",
    "unlinkat",
    "write",
)
_CALL = re.compile(r"^(\w+)\(", re.MULTILINE)
_CHECKOUT = Path(__file__).resolve().parent.parent
_PATIENCE_SECONDS = 120


@dataclass(frozen=True)
class Blow:
    """Where a process is killed: as it enters the nth call of this name."""

    call: str
    nth: int

    def __str__(self) -> str:
        return f"{self.call} {self.nth}"


@dataclass(frozen=True)
class Ended:
    """How it went: the exit code, negative for a signal; what was said; the calls that change files, in order."""

    status: int
    said: str
    calls: tuple[str, ...]

    def blows(self) -> Iterator[Blow]:
        """Yield every place where the same process can be killed."""
        seen: Counter[str] = Counter()
        for call in self.calls:
            seen[call] += 1
            yield Blow(call, seen[call])


class Killer:
    """The process that forks them off. Made by `open_killer`."""

    def __init__(self, process: "subprocess.Popen[str]", scratch: Path) -> None:
        self._process = process
        self._scratch = scratch

    def run(self, what: str, arguments: Sequence[object], blow: Blow | None = None) -> Ended:
        """Run `module:function` with these arguments, as texts, and kill it there, or nowhere; return how it ended."""
        trace, said = self._scratch / "trace", self._scratch / "said"
        order = {"what": what, "arguments": [*map(str, arguments)], "trace": str(trace), "said": str(said)}
        order["inject"] = f"inject={blow.call}:signal=KILL:when={blow.nth}" if blow else ""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        if not select.select([self._process.stdout], [], [], _PATIENCE_SECONDS)[0]:
            raise AssertionError(f"not done after {_PATIENCE_SECONDS} seconds: {what}, {blow}")
        status = int(json.loads(self._process.stdout.readline()))
        return Ended(status, said.read_text("utf-8"), tuple(_CALL.findall(trace.read_text("utf-8", "replace"))))


@contextmanager
def open_killer(scratch: Path) -> Iterator[Killer]:
    """Give such a process, and end it afterwards."""
    command = [sys.executable, "-m", "tests.killed_calls"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_CHECKOUT) as process:
        try:
            yield Killer(process, scratch)
        finally:
            process.kill()


def drop(*arguments: str) -> None:
    """Run `candour-drop`."""
    importlib.import_module("source_interface.commands").main(arguments, prog_name="candour-drop")


def desk(*arguments: str) -> None:
    """Run `candour-desk`."""
    importlib.import_module("journalist_interface.commands").main(arguments, prog_name="candour-desk")


def main() -> None:
    """Take orders until standard input ends."""
    for module in ("source_interface.commands", "journalist_interface.commands"):
        importlib.import_module(module).main.load_all()
    # What is forked off would otherwise look through all of it, and have it copied.
    gc.freeze()
    for line in sys.stdin:
        print(json.dumps(_bear(json.loads(line))), flush=True)


def _bear(order: dict[str, Any]) -> int:
    Path(order["said"]).write_text("")
    pid = os.fork()
    if not pid:
        _live(order)
    os.waitpid(pid, os.WUNTRACED)
    command = ["strace", "-p", str(pid), "-o", order["trace"], "-e", f"trace={','.join(CHANGES)}"]
    command += ["-e", order["inject"]] if order["inject"] else []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
        assert strace.stderr is not None
        assert "attached" in strace.stderr.readline()
        os.kill(pid, signal.SIGCONT)
        _pid, status = os.waitpid(pid, 0)
        strace.communicate()
    return os.waitstatus_to_exitcode(status)


def _live(order: dict[str, Any]) -> NoReturn:
    status = 1
    try:
        said = os.open(order["said"], os.O_WRONLY | os.O_APPEND)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for number, descriptor in ((0, nothing), (1, said), (2, said)):
            os.dup2(descriptor, number)
        os.kill(os.getpid(), signal.SIGSTOP)
        module, _colon, name = order["what"].partition(":")
        getattr(importlib.import_module(module), name)(*order["arguments"])
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
