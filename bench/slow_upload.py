"""A report whose file comes as slowly as its sender pleases: the sender says when, and how much."""

import re
import socket
from urllib.parse import urlsplit

from bench.source_client import SentFile, SourceClient, multipart

_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) ")


class SlowUpload:
    """One report with one file, one way. Use as a context: leaving it breaks the connection off."""

    def __init__(self, url: str, content: bytes, message: str = "slowly") -> None:
        client = SourceClient(url)
        values = client.fill_in(message, codename=None)
        client.close()
        headers, parts = multipart(values, [SentFile.of("slow.bin", content)])
        headers |= {"Host": urlsplit(url).netloc, "Cookie": client.cookie_header(), "Connection": "close"}
        lines = ["POST /report HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        self._rest = memoryview(
            "\r\n".join([*lines, "", ""]).encode("ascii")
            + b"".join(part if isinstance(part, bytes) else b"".join(part.pieces) for part in parts)
        )
        address = urlsplit(url)
        self.connection = socket.create_connection((address.hostname, address.port), timeout=600)

    def __enter__(self) -> "SlowUpload":
        return self

    def __exit__(self, *_error: object) -> None:
        self.connection.close()

    def send(self, size: int) -> int:
        """Send the next bytes; return how many are left. Raises OSError if the other side has cut the connection."""
        self.connection.sendall(self._rest[:size])
        self._rest = self._rest[size:]
        return len(self._rest)

    def finish(self) -> int:
        """Send what is left and return the status of the answer. Raises OSError if there is none."""
        self.send(len(self._rest))
        return self.status()

    def status(self) -> int:
        """Read the answer to its end and return its status. Raises OSError if there is none."""
        answer = b""
        while piece := self.connection.recv(65_536):
            answer += piece
        found = _STATUS.match(answer)
        if found is None:
            raise ConnectionError("no answer")
        return int(found[1])
