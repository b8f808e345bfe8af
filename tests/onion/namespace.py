"""A network namespace of our own: in it there is `lo`, and nothing that leads anywhere else.

Rules:
- Only Tor runs inside. What it offers outside are unix sockets on the file system, which know no namespaces.
- A process that was started inside dies with the thread that started it, however that ends (PR_SET_PDEATHSIG): start
  them from the main thread.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_HOLDER = Path(__file__).with_name("hold_namespace.py")
# As root; and as anybody else, where the kernel lets everybody have namespaces.
_WAYS = {
    "as root": (("--net",), ("--net=/proc/{pid}/ns/net",)),
    "as anybody": (
        ("--map-root-user", "--net"),
        ("--user=/proc/{pid}/ns/user", "--preserve-credentials", "--net=/proc/{pid}/ns/net"),
    ),
}


class NoNamespace(Exception):
    """This machine gives nobody a network namespace; the sentence says what to do."""


@dataclass(frozen=True)
class Namespace:
    """A namespace that is there. `enter` are the arguments of nsenter(1) that lead into it."""

    enter: tuple[str, ...]

    def command(self, command: Sequence[str]) -> list[str]:
        """Return the command that runs `command` inside. Its process keeps its id, and dies with who starts it."""
        return ["nsenter", *self.enter, "--", "setpriv", "--pdeathsig", "KILL", "--", *command]


@contextmanager
def private_namespace() -> Iterator[Namespace]:
    """Have a namespace with loopback up and nothing else. Raises NoNamespace."""
    refused = []
    for way in ["as root", "as anybody"] if os.geteuid() == 0 else ["as anybody"]:
        unshare, enter = _WAYS[way]
        holder = subprocess.Popen(
            ["unshare", *unshare, "--", sys.executable, "-I", str(_HOLDER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        with holder:
            assert holder.stdout is not None
            if holder.stdout.readline() == b"up\n":
                yield Namespace(tuple(each.format(pid=holder.pid) for each in enter))
                return
            assert holder.stderr is not None
            refused.append(holder.stderr.read().decode("utf-8", "replace").strip())
    raise NoNamespace(
        "These tests need a network namespace, and this machine gives none: run them as root, or allow unprivileged "
        f"user namespaces (kernel.unprivileged_userns_clone = 1). It said: {'; '.join(refused)}"
    )
