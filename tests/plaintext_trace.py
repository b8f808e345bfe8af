"""Where plaintext went, read from a trace: every file opened for writing, every call that carried what a source typed.

Rules:
- Plaintext may be written into a pipe that a gpg reads as its standard input, and to a client that connected.
- No other call may carry it: neither bytes to another descriptor, nor a file's name, nor a program's argument.
- Calls that move bytes without showing them, and files without a name, are refused whatever they carry.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from tests.system_calls import Call

_OPENS = ("open", "openat", "openat2", "open_by_handle_at", "creat")
_WRITES = ("write", "writev", "pwrite64", "pwritev", "pwritev2", "sendto", "sendmsg", "sendmmsg")
_NAMES = (
    *("link", "linkat", "symlink", "symlinkat", "rename", "renameat", "renameat2", "unlink", "unlinkat"),
    *("mkdir", "mkdirat", "mknod", "mknodat", "setxattr", "lsetxattr", "fsetxattr"),
)
_PLUMBING = ("dup", "dup2", "dup3", "accept", "accept4")
_UNSEEN = ("sendfile", "splice", "vmsplice", "tee", "copy_file_range", "memfd_create", "memfd_secret", "io_uring_setup")
# A processor without one of them has no such call to make: `?` says so to strace.
TRACED = tuple(f"?{name}" for name in (*_OPENS, *_WRITES, *_NAMES, *_PLUMBING, *_UNSEEN, "mmap"))
LONGEST_STRING = 4 * 1024 * 1024  # bytes; more than any process here writes at once
_FOR_WRITING = re.compile(r"\bO_(WRONLY|RDWR|CREAT|TMPFILE)\b")
_DESCRIPTOR = re.compile(r"\A\d+<(?P<what>.*?)>(?:\(deleted\))?(?:, |\Z)", re.DOTALL)
_SHARED = re.compile(r"MAP_SHARED(?:_VALIDATE)?(?:\|\w+)*, \d+<(?P<what>.*?)>(?:\(deleted\))?, ")
_STANDARD_INPUT = re.compile(r"\A0<(?P<what>pipe:\[\d+\])>")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)


def opened_for_writing(calls: Sequence[Call]) -> list[str]:
    """Return the path of each opening for writing that was granted, as the kernel names it."""
    return [
        _what(call.result)
        for call in calls
        if call.name in _OPENS and not call.failed and (call.name == "creat" or _FOR_WRITING.search(call.arguments))
    ]


def mapped_for_writing(calls: Sequence[Call]) -> set[str]:
    """Return the files whose memory is their content: what is put there is written by the kernel, in no call."""
    shared = [call for call in calls if call.name == "mmap" and "PROT_WRITE" in call.arguments]
    found = (_SHARED.search(call.arguments) for call in shared if not call.failed)
    return {mapping["what"] for mapping in found if mapping is not None}


def at_the_start(calls: Sequence[Call]) -> list[Call]:
    """Return the calls that ended before anybody was let in: no source has typed anything yet."""
    first = min(call.ended for call in calls if call.name in ("accept", "accept4") and not call.failed)
    return [call for call in calls if call.ended < first]


def refused(calls: Sequence[Call]) -> list[str]:
    """Return what nothing may do: move bytes unseen, make a file without a name."""
    return [
        f"{call.name}({call.arguments[:200]})"
        for call in calls
        if call.name in _UNSEEN or (call.name in _OPENS and "O_TMPFILE" in call.arguments)
    ]


def cut_short(calls: Sequence[Call]) -> list[str]:
    """Return the calls of which the trace does not hold all that was written: what it does not hold, nobody finds."""
    return [f"{call.name}({call.arguments[:200]})" for call in calls if call.name in _WRITES and _is_cut(call)]


def leaks(calls: Sequence[Call], needles: Mapping[str, str]) -> list[str]:
    """Return a sentence for each needle and each place where it must not be. Needles are printable ASCII."""
    fitting = gpg_inputs(calls) | client_connections(calls)
    found: dict[str, None] = {}
    for call in calls:
        if call.name in _WRITES and _what(call.arguments) in fitting:
            continue
        carried = _carried(call)
        for name, needle in needles.items():
            if needle in carried:
                found[f"{name}: in {call.name} of process {call.pid} to {call.arguments[:100]}"] = None
    return list(found)


def bytes_given(calls: Sequence[Call], ends: Collection[str], needle: str) -> int:
    """Return how many bytes were in the writes into these ends that carried the needle."""
    return sum(
        int(call.result)
        for call in calls
        if call.name in _WRITES and not call.failed and _what(call.arguments) in ends and needle in _carried(call)
    )


def gpg_inputs(calls: Sequence[Call]) -> set[str]:
    """Return the pipes that were the standard input of a gpg when it began."""
    inputs: dict[int, str] = {}
    found = set()
    for call in calls:
        if call.failed:
            continue
        if call.name in ("dup2", "dup3") and (end := _STANDARD_INPUT.match(call.result)):
            inputs[call.pid] = end["what"]
        elif call.name == "execve" and call.arguments.startswith('"/usr/bin/gpg"') and call.pid in inputs:
            found.add(inputs[call.pid])
    return found


def client_connections(calls: Sequence[Call]) -> set[str]:
    """Return the connections that were accepted."""
    return {_what(call.result) for call in calls if call.name in ("accept", "accept4") and not call.failed}


def _what(descriptor: str) -> str:
    """Return what a descriptor, or the first argument of a call, is open on. strace shows it after the number."""
    found = _DESCRIPTOR.match(descriptor)
    if found is None:
        raise AssertionError(f"the trace does not tell what is open: {descriptor[:200]}")
    return found["what"]


def _carried(call: Call) -> str:
    """Return every string of a call in one piece: the parts of a gathered write are one text."""
    return "".join(_strings(call.arguments)) if "iov_base" in call.arguments else call.arguments


def _strings(arguments: str) -> Iterator[str]:
    return (found[1] for found in _STRING.finditer(arguments))


def _is_cut(call: Call) -> bool:
    # Inside a string a quotation mark has a backslash before it.
    return re.search(r'(?<!\\)"\.\.\.(?=[,}\]])|, \.\.\.\]', call.arguments) is not None
