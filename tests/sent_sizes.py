"""What a running process writes to its sockets, as the kernel sees it."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SENT = re.compile(r"\b(?:sendto|sendmsg|sendfile|write|writev)\((\d+)<(?:TCP|UNIX)[^\n]*\) += (\d+)")


@contextmanager
def watched_sending(pid: int, log: Path) -> Iterator[None]:
    """Have `log` say what process `pid` sends meanwhile; read it with `sent_sizes` afterwards."""
    calls = "trace=sendto,sendmsg,sendfile,write,writev"
    command = ["strace", "-f", "-yy", "-s", "0", "-e", calls, "-o", str(log), "-p", str(pid)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
        assert strace.stderr is not None
        attached = strace.stderr.readline()
        assert "attached" in attached, attached
        try:
            yield
        finally:
            strace.terminate()
            strace.stderr.read()


def sent_sizes(log: Path) -> list[int]:
    """The sizes in bytes of every write to a connection, in their order."""
    return [int(size) for _descriptor, size in _SENT.findall(log.read_text())]
