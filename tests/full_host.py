"""A source host on a small disk of its own: the real site and the real door as processes, and a real courier."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.source_client import Answered, SourceClient
from journalist_interface.courier_report import Report
from journalist_interface.door_client import DoorClient
from source_interface.drop_folder import DropFolder, make_drop
from tests.conftest import IntakeSecret
from tests.courier.ground import DeskGround, run
from tests.small_disk import empty, fill, small_disk
from tests.source_site import running_door, running_site

DISK_MEBIBYTES = 96
# On a disk of 96 MiB, 16 of them ballast: files stop at 24 MB, text at 4 MB.
SETTINGS = {
    "free_bytes_for_files": 24_000_000,
    "free_bytes_for_text": 4_000_000,
    "submission_bytes": 20_000_000,
    "long_forms_at_once": 6,
    "short_forms_at_once": 4,
    "threads": 64,
}


class FullHost:
    """A source host whose disk can be filled. `url` is the site's while it is served; a new client is a new visit."""

    def __init__(self, disk: Path, folder: DropFolder, pairing: Path) -> None:
        self.disk = disk
        self.folder = folder
        self.url = ""
        self._pairing = pairing
        self._visits: list[SourceClient] = []

    @contextmanager
    def serving(self, **settings: int) -> Iterator[None]:
        """Serve the site."""
        # Written once: a host that starts again on a full disk finds them there.
        chosen = {} if self.folder.settings.exists() else {**SETTINGS, **settings}
        with running_site(self.folder.root, **chosen) as self.url:
            try:
                yield
            finally:
                for client in self._visits:
                    client.close()
                self._visits.clear()

    def visit(self) -> SourceClient:
        """Begin a visit."""
        client = SourceClient(self.url)
        self._visits.append(client)
        return client

    def fill(self, leave: int = 0) -> None:
        """Fill the disk, but for `leave` bytes."""
        fill(self.disk, leave)

    def empty(self) -> None:
        """Take away what filled it."""
        empty(self.disk)

    def collect(self, desk: DeskGround) -> Report:
        """Make one run of the courier through the really running door."""
        token = json.loads(self._pairing.read_bytes())["token"]
        with running_door(self.folder.root) as url:
            return run(desk, DoorClient(url, token))

    def drafts(self) -> list[Path]:
        """What lies half written."""
        return list((self.folder.blobs / "incoming").iterdir())

    def held(self) -> list[Path]:
        """What waits for a form."""
        return list((self.folder.blobs / "held").iterdir())

    def sealed(self) -> list[Path]:
        """What is part of a submission."""
        return list((self.folder.blobs / "sealed").iterdir())


@contextmanager
def small_host(tmp_path: Path, secret: IntakeSecret) -> Iterator[FullHost]:
    """Make a source host on a small disk; it is not full yet, and nothing is served."""
    with small_disk(tmp_path / "disk", DISK_MEBIBYTES) as disk:
        pairing = tmp_path / "pairing.json"
        make_drop(disk / "drop", secret.public, pairing)
        yield FullHost(disk, DropFolder(disk / "drop"), pairing)


@contextmanager
def full_host(tmp_path: Path, secret: IntakeSecret, **settings: int) -> Iterator[FullHost]:
    """Make a source host on a small disk, and serve its site."""
    with small_host(tmp_path, secret) as host, host.serving(**settings):
        yield host


def words(page: Answered) -> str:
    """The words of a page as people read them, in one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", page.text[page.text.index("<body") :]).split())


def form_of(page: Answered, **values: str) -> list[tuple[str, str]]:
    """The form of a page, filled in: what it hides, and `values`."""
    hidden = [(name, page.hidden(name)) for name in ("csrf_token", "submission", "held")]
    # The token of the page's own form, where small forms follow it.
    hidden[0] = ("csrf_token", page.hidden("csrf_token", 0))
    return [*hidden, *values.items()]
