"""What a process really asked of the kernel, and in which order: a program run under strace, and its trace read back.

`-D` makes the tracer a grandchild: the traced program stays our child, so that signals and exit codes are its own.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# Whatever makes a change durable, moves a name, or sends bytes anywhere.
DURABLE_STEPS = (
    "fsync",
    "fdatasync",
    "link",
    "linkat",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "write",
    "writev",
    "pwrite64",
    "sendto",
    "sendmsg",
)
_LINE = re.compile(r"(?P<pid>\d+) +(?P<rest>.*)\Z", re.DOTALL)
_WHOLE = re.compile(r"(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>[^=]*)\Z", re.DOTALL)
_BEGUN = re.compile(r"(?P<name>\w+)\((?P<arguments>.*) ?<unfinished \.\.\.>\Z", re.DOTALL)
_RESUMED = re.compile(r"<\.\.\. (?P<name>\w+) resumed>(?P<arguments>.*)\) += (?P<result>[^=]*)\Z", re.DOTALL)
_PATIENCE_SECONDS = 20


@dataclass(frozen=True)
class Call:
    """One call: file descriptors stand with their paths, strings are cut; `begun`, `ended`: lines of the trace."""

    pid: int
    name: str
    arguments: str
    result: str
    begun: int
    ended: int

    @property
    def failed(self) -> bool:
        """Tell whether the kernel refused."""
        return self.result.startswith("-1")


def under_strace(trace: Path, calls: Sequence[str] = DURABLE_STEPS, string_bytes: int = 64) -> list[str]:
    """Return what stands before a command so that it, its threads and its children are traced into a file."""
    what = ",".join(("execve", *calls))
    return ["strace", "-D", "-f", "-q", "-yy", "-s", str(string_bytes), "-o", str(trace), "-e", f"trace={what}"]


def read_trace(trace: Path) -> list[Call]:
    """Return every call that ended, in the order of ending, once the tracer has written the last line."""
    lines = _finished_lines(trace)
    begun: dict[int, tuple[int, str]] = {}
    calls = []
    for number, line in enumerate(lines):
        found = _LINE.match(line)
        if found is None:
            continue
        pid, rest = int(found["pid"]), found["rest"]
        if start := _BEGUN.match(rest):
            begun[pid] = (number, start["arguments"])
        elif end := _RESUMED.match(rest):
            first, arguments = begun.pop(pid)
            calls.append(Call(pid, end["name"], arguments + end["arguments"], end["result"].strip(), first, number))
        elif whole := _WHOLE.match(rest):
            calls.append(Call(pid, whole["name"], whole["arguments"], whole["result"].strip(), number, number))
    return calls


def only(calls: Sequence[Call], names: Sequence[str], told: str | Callable[[str], bool]) -> Iterator[Call]:
    """Yield the calls of these names that the kernel granted and whose arguments hold, or satisfy, `told`."""
    for call in calls:
        fits = told in call.arguments if isinstance(told, str) else told(call.arguments)
        if call.name in names and fits and not call.failed:
            yield call


def _finished_lines(trace: Path) -> list[str]:
    """Return the lines of a trace whose first process has ended: the tracer, which is not our child, may be behind."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        text = trace.read_text("utf-8", "replace") if trace.exists() else ""
        lines = text.splitlines()
        first = lines[0].split(" ", 1)[0] if lines else ""
        if first and any(line.startswith(f"{first} ") and " +++ " in line for line in lines):
            return lines
        time.sleep(0.02)
    raise AssertionError("the traced process has not ended")
