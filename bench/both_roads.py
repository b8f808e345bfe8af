"""Both hosts as their guide sets them up, twice: on loopback, and each behind its own Tor in a private network.

What is measured on one is measured in the same way on the other. The private network and its hosts are those of the
tests.
"""

import hashlib
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.drop_site import running
from bench.serving_memory import PeakMemory
from bench.source_client import SourceClient
from keys.intake_secret import OpeningProcess
from source_interface.drop_folder import DropFolder
from store.desk.parcels import read_parcel, waiting_submissions
from tests.desk_office import Office, new_office
from tests.onion.network import running_network
from tests.onion.socks import source_through
from tests.onion.two_hosts import DESK, DROP, TwoHosts, run, two_hosts

_LOOK_SECONDS = 0.1
_OPENING_SECONDS = 3_600


@dataclass(frozen=True)
class BothHosts:
    """Both hosts and the road between them. `processes`: those whose memory is looked at, by what they are.

    `cut` breaks every connection that goes on at the source host; on loopback nothing does that.
    """

    name: str
    office: Office
    visit: Callable[[str], SourceClient]
    processes: Mapping[str, psutil.Process]
    cut: Callable[[], None] | None = None

    def collecting(self, *options: str) -> "subprocess.Popen[str]":
        """Start the courier, with neither cover nor pace."""
        command = [str(DESK), "collect", "--data", str(self.office.folder), "--least", "0", "--at-most", "0", *options]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def in_post(self) -> frozenset[str]:
        """The submissions that have come to the desk."""
        with self.office.desk.database.reading() as connection:
            return waiting_submissions(connection)

    def coming(self) -> int:
        """How many bytes of what is being collected are on the desk's disk."""
        return sum(path.stat().st_size for path in (self.office.desk.paths.post / "incoming").glob("*"))

    def digests(self, submission: str, size: int) -> list[str]:
        """SHA-256 of each file of a submission at the desk: of its first `size` bytes, for the rest is padding."""
        with self.office.desk.database.reading() as connection:
            parts = read_parcel(connection, submission).parts
        return [self._digest(part.blob, size) for part in parts if part.kind == "attachment"]

    def erase(self, submission: str) -> None:
        """Make room on the disk: what was measured is not needed any more."""
        with self.office.desk.database.reading() as connection:
            parts = read_parcel(connection, submission).parts
        for part in parts:
            self.office.desk.post.path(part.blob).unlink()

    def _digest(self, blob: str, size: int) -> str:
        digest, left = hashlib.sha256(), size
        home, passphrase = self.office.desk.paths.gnupg, self.office.passphrase()
        with (
            self.office.desk.post.path(blob).open("rb") as sealed,
            OpeningProcess(home, passphrase, sealed, longest=1 << 40, seconds=_OPENING_SECONDS) as opening,
        ):
            for piece in opening.pieces():
                digest.update(piece[:left])
                left = max(0, left - len(piece))
        return digest.hexdigest()


@contextmanager
def on_loopback(folder: Path) -> Iterator[BothHosts]:
    """Have both hosts on this machine, without Tor."""
    drop, pairing = DropFolder(folder / "drop"), folder / "pairing.json"
    with new_office(folder / "desk") as office:
        intake = office.desk.paths.intake_key
        run([DROP, "init", "--data", drop.root, "--intake-key", intake, "--pairing", pairing])
        with running("serve", drop) as (site, site_pid), running("door", drop) as (door, door_pid):
            run([DESK, "pair", "--data", office.folder, "--pairing", pairing, "--door-url", door])
            processes = {"site and its gpg": psutil.Process(site_pid), "door": psutil.Process(door_pid)}
            yield BothHosts("loopback", office, lambda _who: SourceClient(site), processes)


@contextmanager
def over_tor() -> Iterator[BothHosts]:
    """Have both hosts behind onion services, and a source with a Tor of its own."""
    with running_network() as network:
        folder = network.place("hosts")
        with new_office(folder / "desk") as office, two_hosts(network, office, folder) as hosts:
            source = network.client("source")
            network.wait_until_reachable(source, hosts.site)
            socks = source.socks
            assert socks is not None
            yield BothHosts(
                "over Tor",
                office,
                lambda who: source_through(socks, hosts.site, who),
                {**_looked_at(hosts), "the source's Tor": psutil.Process(source.process.pid)},
                lambda: hosts.cut(hosts.drop_tor),
            )


def _looked_at(hosts: TwoHosts) -> dict[str, psutil.Process]:
    started = {name: psutil.Process(process.pid) for name, process in hosts.processes.items()}
    return {
        "site and its gpg": started["site"],
        "door": started["door"],
        "Tor of the source host": _tor_below(started["drop's Tor"]),
        "Tor of the reviewer host": _tor_below(started["desk's Tor"]),
    }


def _tor_below(watch: psutil.Process) -> psutil.Process:
    (tor,) = [each for each in watch.children(recursive=True) if each.name() == "tor"]
    return tor


class Memories(AbstractContextManager["Memories"]):
    """The most that was resident of each process, looked at every tenth of a second by a thread of its own."""

    def __init__(self, processes: Mapping[str, psutil.Process]) -> None:
        self._peaks = {name: PeakMemory(process) for name, process in processes.items()}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def add(self, name: str, pid: int) -> None:
        """Look at a process that has just been started, too; of several with one name the highest counts."""
        peak = PeakMemory(psutil.Process(pid))
        peak.peak = max(peak.peak, self.peaks().get(name, 0))
        self._peaks = {**self._peaks, name: peak}

    def peaks(self) -> dict[str, int]:
        """The highest of each so far, in bytes."""
        return {name: memory.peak for name, memory in self._peaks.items()}

    def _look(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            for memory in self._peaks.values():
                with suppress(psutil.NoSuchProcess):  # a courier that is done
                    memory.look()
