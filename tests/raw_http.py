"""HTTP spelt out byte by byte over a socket, at a really running process; and such a process for the door."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PATIENCE_SECONDS = 30
BLAND = b"Something your browser sent was damaged. Nothing was kept.\n"
# What no answer may hold: names of programs, versions, addresses, lines of code. "flask" and "python" alone are words
# of the list that codenames are made of.
TELLING = re.compile(
    rb"(?i:gunicorn|werkzeug|jinja2|sqlite|traceback|127\.0\.0\.1|localhost|/work/|/tmp/)"
    rb"|Flask|Python|flask[._/]|python[0-9._/-]"
)


@dataclass(frozen=True)
class RawAnswer:
    """One answer, as it came over the wire."""

    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> list[str]:
        """Return every value of a header."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return [value for found, value in (line.split(": ", 1) for line in lines) if found.lower() == name.lower()]


def exchange(url: str, *pieces: bytes) -> list[RawAnswer]:
    """Send pieces on one connection, say that no more will come, and return every answer that came."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), PATIENCE_SECONDS) as connection:
        came = b""
        try:
            for piece in pieces:
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65_536):
                came += piece
        except (BrokenPipeError, ConnectionResetError):
            pass  # closed while we were still sending: what was answered before counts
    return split(came, pieces[0][:5] == b"HEAD ")


def split(came: bytes, of_head: bool = False) -> list[RawAnswer]:
    """Return the answers in what came over one connection."""
    found = []
    while came:
        head, _blank, came = came.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1."), head[:200]
        answer = RawAnswer(int(head.split(b" ")[1]), head, b"")
        if answer.status == 100:
            found.append(answer)
            continue
        length = 0 if of_head else int(answer.header("Content-Length")[0])
        found.append(RawAnswer(answer.status, head, came[:length]))
        came = came[length:]
    return found


@contextmanager
def running_door(folder: Path) -> Iterator[str]:
    """Serve the door of the source host in `folder` and give its address; it must have said nothing at its end."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        os.set_inheritable(listener.fileno(), True)
        command = [str(Path(sys.executable).parent / "candour-drop"), "door", "--data", str(folder)]
        process = subprocess.Popen(
            [*command, "--bind", f"fd://{listener.fileno()}"],
            pass_fds=(listener.fileno(),),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _answers(url):
            assert process.poll() is None, "the door stopped"
            assert time.monotonic() < deadline, "the door does not answer"
        yield url
    finally:
        process.terminate()
        said, _nothing = process.communicate(timeout=PATIENCE_SECONDS)
    assert said == b"", said.decode("utf-8", "replace")


def _answers(url: str) -> bool:
    try:
        return exchange(url, b"GET / HTTP/1.0\r\n\r\n") != []
    except OSError:
        time.sleep(0.05)
        return False
