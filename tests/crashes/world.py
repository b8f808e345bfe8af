"""Both hosts, as folders that outlive every process, and the four commands that are killed over them."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from journalist_interface.opening import open_parcel
from journalist_interface.pairing import pair
from source_interface.drop_folder import DropFolder, OpenDrop, make_drop, open_drop
from store.desk.parcels import list_parcels
from tests.crashes.book import Book
from tests.crashes.mortal import Mortal, Nursery, open_nursery
from tests.crashes.people import Reviewer, Source
from tests.crashes.rows import Scene
from tests.desk_office import Office, new_office


class Victim(StrEnum):
    """A process that may die."""

    SITE = "site"
    DOOR = "door"
    COURIER = "courier"
    DESK = "desk"


@dataclass
class World:
    """Two hosts and those who use them. `rng` decides everything that is left to chance.

    `touched` are the sources of this round, `seen` the letters that were compared, `spoiled` says that a round has not
    come to its end, and `durations` how long each deed takes, in seconds, when nobody dies.
    """

    scratch: Path
    nursery: Nursery
    office: Office
    drop: OpenDrop
    mortals: dict[Victim, Mortal]
    book: Book
    rng: random.Random
    reviewer: Reviewer
    touched: list[Source] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    spoiled: bool = False
    durations: dict[Scene, float] = field(default_factory=dict)

    @property
    def site(self) -> Mortal:
        """The public site."""
        return self.mortals[Victim.SITE]

    @property
    def door(self) -> Mortal:
        """The door."""
        return self.mortals[Victim.DOOR]

    @property
    def courier(self) -> Mortal:
        """The courier."""
        return self.mortals[Victim.COURIER]

    @property
    def desk(self) -> Mortal:
        """The desk that reviewers use."""
        return self.mortals[Victim.DESK]

    def new_source(self, *, one_way: bool = False) -> Source:
        """Return somebody new at the site. What becomes of them is looked at when the round is judged."""
        source = Source(self.site, self.book)
        if not one_way:
            source.draw_codename()
            self.touched.append(source)
        return source

    def new_words(self, what: str) -> str:
        """Return a text that was never said before."""
        return f"{what} {self.rng.randbytes(8).hex()}"

    def new_files(self, *sizes: int) -> dict[str, bytes]:
        """Return files of about these sizes in bytes."""
        return {
            f"file-{number}.bin": self.rng.randbytes(size + self.rng.randrange(max(1, size // 10)))
            for number, size in enumerate(sizes, 1)
        }

    def open_all(self) -> None:
        """Open everything in the post, as an officer does, in this process: nobody is killed here."""
        with self.office.desk.database.reading() as connection:
            waiting = list_parcels(connection)
        for parcel in waiting:
            passphrase = self.office.passphrase()
            open_parcel(self.office.desk, self.office.signed_in(), passphrase, parcel.submission, ("amina",))

    def restart(self, victim: Victim) -> None:
        """Start what has died; when this returns it is there, or will answer as soon as it can."""
        if victim is Victim.COURIER:
            return
        self.mortals[victim].start()
        if victim is Victim.DOOR:
            self.pair()

    def stop_site(self) -> None:
        """Stop the site as an administrator does, and start it again: what was read is noted then."""
        self.site.end()
        self.site.start()

    def pair(self) -> None:
        """Tell the courier where the door is now."""
        pair(self.office.folder, self.scratch / "pairing.json", self.mortals[Victim.DOOR].url)

    def collect(self) -> int:
        """Run the courier once; return its exit code, or minus the signal that killed it."""
        self.courier.start()
        return self.courier.bury()

    def check(self, command: str) -> str:
        """Run `check` of a host as an administrator would; return what is wrong, or nothing."""
        folder = self.drop.folder.root if command == "candour-drop" else self.office.folder
        gates = self.scratch / f"{command}-check"
        checking = Mortal(self.nursery, gates, [command, "check", "--data", str(folder)])
        checking.start()
        said = "" if checking.bury() == 0 else checking.said()
        for left in gates.iterdir():
            left.unlink()
        gates.rmdir()
        return said


@contextmanager
def new_world(scratch: Path, seed: int) -> Iterator[World]:
    """Make both hosts under `scratch`, start what serves, and end everything afterwards."""
    with new_office(scratch / "desk") as office, open_nursery() as nursery:
        make_drop(scratch / "drop", office.desk.paths.intake_key, scratch / "pairing.json")
        drop = open_drop(DropFolder(scratch / "drop").root)
        mortals = {
            victim: Mortal(nursery, scratch / f"gates-{victim}", arguments)
            for victim, arguments in _arguments(drop.folder.root, office.folder).items()
        }
        reviewer = Reviewer(mortals[Victim.DESK], office)
        world = World(scratch, nursery, office, drop, mortals, Book(), random.Random(seed), reviewer)
        try:
            for victim in Victim:
                world.restart(victim)
            reviewer.sign_in()
            yield world
        finally:
            for mortal in mortals.values():
                mortal.end()
            drop.database.close()


def _arguments(drop: Path, desk: Path) -> dict[Victim, list[str]]:
    serving = ["--bind", "{bind}"]
    return {
        Victim.SITE: ["candour-drop", "serve", "--data", str(drop), *serving],
        Victim.DOOR: ["candour-drop", "door", "--data", str(drop), *serving],
        Victim.COURIER: ["candour-desk", "collect", "--data", str(desk)],
        Victim.DESK: ["candour-desk", "serve", "--data", str(desk), *serving],
    }
