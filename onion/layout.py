"""Where Tor's own files of one host lie. The folder belongs to whoever runs Tor, and to nobody else."""

from dataclasses import dataclass
from pathlib import Path

from onion.errors import FolderTooDeep
from serving.language import gettext as _

_LONGEST_SOCKET_PATH = 107  # bytes: sun_path of unix(7), less its closing NUL
_LONGEST_NAME_BELOW = len("/state/control")


@dataclass(frozen=True)
class TorFolder:
    """The paths below `root`, which must be absolute. Raises FolderTooDeep if no socket fits below it."""

    root: Path

    def __post_init__(self) -> None:
        if len(str(self.root).encode()) + _LONGEST_NAME_BELOW > _LONGEST_SOCKET_PATH:
            raise FolderTooDeep(
                _("{path} is too long a path for a socket below it. Use a folder nearer to the root.").format(
                    path=self.root
                )
            )

    @property
    def torrc(self) -> Path:
        """What this Tor is to do, as we wrote it."""
        return self.root / "torrc"

    @property
    def state(self) -> Path:
        """Tor's own data directory."""
        return self.root / "state"

    @property
    def control_socket(self) -> Path:
        """Where Tor takes commands: beside the cookie, in a folder that nobody but Tor and its watch is shown.

        The socket is another file at each start; a folder can be hidden from other programs for good.
        """
        return self.state / "control"

    @property
    def cookie(self) -> Path:
        """What proves that one may give them."""
        return self.state / "control_auth_cookie"

    @property
    def socks(self) -> Path:
        """Where the courier's connections begin, on the reviewer host."""
        return self.root / "socks.sock"

    @property
    def entrances(self) -> Path:
        """Keys that open other hosts' onion services to this one (ClientOnionAuthDir)."""
        return self.root / "entrances"

    @property
    def health(self) -> Path:
        """What the watch last saw of this Tor."""
        return self.root / "health.json"

    @property
    def laid_aside(self) -> Path:
        """Keys of addresses that were given up, each in a folder with the address for its name."""
        return self.root / "laid-aside"

    def service(self, name: str) -> Path:
        """Return the folder of one onion service: its keys, its address, who may come (HiddenServiceDir)."""
        return self.root / name
