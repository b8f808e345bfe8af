"""A mail relay of a few lines, on loopback or a unix socket, which remembers every word that was said to it."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

RECIPIENT, AFTER, SILENT, MUTE = "refuses the recipient", "refuses the mail", "breaks off at the end", "never answers"
DAWDLES, FLOODS = "says one line after the other and comes to no end", "says more than anybody can keep"


@dataclass
class Relay:
    """What it was told, and how it takes mail: well, or in one of the ways above."""

    where: str = ""
    ill: str = ""
    said: list[list[str]] = field(default_factory=list)  # the commands of each conversation
    mails: list[bytes] = field(default_factory=list)
    taken: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)


class _Talk(socketserver.StreamRequestHandler):
    """RFC 5321, as much of it as one mail needs."""

    relay: Relay

    def handle(self) -> None:
        """Answer until the other end goes."""
        assert isinstance(self.server, _OnLoopback | _OnSocket)
        relay = self.relay = self.server.relay
        commands: list[str] = []
        relay.said.append(commands)
        if relay.ill in (DAWDLES, FLOODS):
            self._never_come_to_an_end(*((1, 1_000, 0.005) if relay.ill == DAWDLES else (1_000, 3_000, 0)))
            return
        self._answer("220 relay")
        while line := self.rfile.readline():
            command = line.decode("ascii").rstrip("\r\n")
            commands.append(command)
            if command.upper() == "DATA":
                self._answer("354 go on")
                relay.mails.append(self._mail())
                relay.taken.set()
                if relay.ill == MUTE:
                    relay.ended.wait()
                if relay.ill in (SILENT, MUTE):
                    return
                self._answer("554 not today" if relay.ill == AFTER else "250 taken")
            elif command.startswith("rcpt") and relay.ill == RECIPIENT:
                self._answer("550 nobody here")
            else:
                self._answer("250-relay\r\n250 SIZE 1000000" if command.startswith("ehlo") else "250 well")

    def _never_come_to_an_end(self, lines: int, times: int, seconds: float) -> None:
        """Say so many lines so many times; a flood is more than any socket holds for who does not read."""
        with suppress(OSError):
            for _time in range(times):
                self._answer("\r\n".join(["220-wait"] * lines))
                self.relay.ended.wait(seconds)
            self.relay.taken.set()

    def _mail(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        return b"".join(lines)

    def _answer(self, said: str) -> None:
        self.wfile.write(f"{said}\r\n".encode("ascii"))


class _OnLoopback(socketserver.ThreadingTCPServer):
    daemon_threads = True
    relay: Relay


class _OnSocket(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    relay: Relay


@contextmanager
def small_relay(path: Path | None = None) -> Iterator[Relay]:
    """A relay on a free port of loopback, or on a socket at `path`."""
    relay = Relay()
    server: _OnLoopback | _OnSocket
    if path is None:
        server = _OnLoopback(("127.0.0.1", 0), _Talk)
        relay.where = f"127.0.0.1:{server.server_address[1]}"
    else:
        server, relay.where = _OnSocket(str(path), _Talk), f"unix:{path}"
    server.relay = relay
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield relay
    finally:
        relay.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()
