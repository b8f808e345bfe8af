"""One Tor that runs in the private network."""

import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from onion.control import Control, open_control
from onion.errors import OnionError
from tests.onion.socks import PATIENCE_SECONDS, connect_through

_STOP_SECONDS = 10


@dataclass(frozen=True)
class RunningTor:
    """A Tor, the file it was started from, and, of a client, its SOCKS port: a unix socket."""

    name: str
    torrc: Path
    process: "subprocess.Popen[bytes]"
    socks: Path | None = None

    @property
    def folder(self) -> Path:
        """The folder that Tor keeps its things in."""
        return Path(self._value("DataDirectory"))

    def hostname(self, service: Path) -> str:
        """Return the address of the onion service in this folder. Raises FileNotFoundError before Tor has made it."""
        return (service / "hostname").read_text("ascii").strip()

    def connect(self, host: str, port: int, who: str, patience: float = PATIENCE_SECONDS) -> socket.socket:
        """Return a connection through this client; another `who` is another circuit. Raises Refused, OSError."""
        assert self.socks is not None, f"{self.name} is no client"
        return connect_through(self.socks, host, port, who, patience)

    @contextmanager
    def control(self) -> Iterator[Control]:
        """Open its control socket. Raises TorSilent as long as there is none."""
        path = self._value("ControlSocket").removeprefix("unix:").split()[0]
        cookie = self._value("CookieAuthFile") or str(self.folder / "control_auth_cookie")
        with open_control(Path(path), Path(cookie)) as opened:
            yield opened

    def is_ready(self, relays: int) -> bool:
        """Tell whether it knows this many relays that keep descriptors of onion services, and enough of each."""
        assert self.process.poll() is None, f"{self.name} has stopped: {self._log()}"
        try:
            with self.control() as control:
                known = re.findall(r"^s .*HSDir", control.info("ns/all"), re.MULTILINE)
                return control.info("status/enough-dir-info") == "1" and len(known) >= relays
        except OnionError:
            return False

    def stop(self) -> None:
        """Stop it, and wait until it is gone."""
        self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _log(self) -> str:
        said = self.folder / "said.txt"
        notices = self.folder / "notices.log"
        return "".join(path.read_text("utf-8", "replace") for path in (said, notices) if path.exists())[-2000:]

    def _value(self, option: str) -> str:
        """The last value of an option in its file, or nothing."""
        found = re.findall(rf"^{option} (.+)$", self.torrc.read_text("utf-8"), re.MULTILINE)
        return found[-1].strip().strip('"') if found else ""
