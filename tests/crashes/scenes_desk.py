"""What reviewers do while the desk may die."""

from store.blobs import new_blob_id
from store.desk.parcels import list_parcels
from tests.crashes.book import WrittenReply
from tests.crashes.people import Source
from tests.crashes.rows import Scene
from tests.crashes.scenes import BIG, MIDDLE, SMALL, Deed, die_there, make_case, send_first_report
from tests.crashes.steps import Call, Commit, Step
from tests.crashes.world import Victim, World


class Open(Deed):
    """Opening a first letter with two files."""

    scene, victim = Scene.OPEN, Victim.DESK

    def prepare(self) -> None:
        """Bring a letter into the post, and unlock the key."""
        send_first_report(self.world, BIG, MIDDLE)
        self.submission = collect_one(self.world)

    def act(self) -> None:
        """Press Open."""
        assert self.world.reviewer.open(self.submission).status == 303

    def again(self) -> None:
        """Unlock the key, which a new process does not know, and open it, unless it was opened."""
        self.world.reviewer.unlock()
        assert self.world.reviewer.open(self.submission).status in (303, 404)
        with self.world.office.desk.database.reading() as connection:
            assert not list_parcels(connection), "it could not be opened"


class OpenFurther(Open):
    """Opening a further letter with two files, in the case of the same source."""

    scene = Scene.OPEN_FURTHER

    def prepare(self) -> None:
        """Have a source with a case write again."""
        source, _reference = make_case(self.world)
        assert self.world.collect() == 0
        words = self.world.new_words("There is more.")
        source.send(source.fill_in_message(words, self.world.new_files(MIDDLE, SMALL), {}))
        self.submission = collect_one(self.world)


class Reply(Deed):
    """Replying with a question."""

    scene, victim = Scene.REPLY, Victim.DESK

    def prepare(self) -> None:
        """Make a case, and write."""
        self.source, self.reference = make_case(self.world)
        self.written, self.item = draft_reply(self.world, self.source)

    def act(self) -> None:
        """Press Send."""
        answer = self.world.reviewer.reply(self.reference, self.item, self.written.text, "Who else knows?")
        assert answer.status == 303
        self.written.acknowledged = True

    def again(self) -> None:
        """Press Send again: the same form."""
        self.act()


class Close(Reply):
    """Closing a case: the source gets the reason as a reply, and the status."""

    scene = Scene.CLOSE

    def act(self) -> None:
        """Press "Set the status"."""
        assert self.world.reviewer.close_case(self.reference, self.item, self.written.text).status == 303
        self.written.acknowledged = True


class Read(Deed):
    """Reading a case."""

    scene, victim = Scene.READ, Victim.DESK

    def prepare(self) -> None:
        """Make a case that nobody has read."""
        _source, self.reference = make_case(self.world)

    def act(self) -> None:
        """Look at it."""
        assert self.world.reviewer.browser.get(f"/case/{self.reference}").status == 200

    def again(self) -> None:
        """Look at it again."""
        self.act()


class DeskStart(Open):
    """The start after a crash before the commit, which takes back what no case names: it may die as well."""

    scene = Scene.DESK_START
    dies_behind: Step = Call("journalist_interface.attachment_opening:move_attachments")

    def prepare(self) -> None:
        """Kill the desk in the middle of an opening, with half a draft beside it."""
        super().prepare()
        die_there(self.world.desk, self.dies_behind, lambda: self.world.reviewer.open(self.submission))
        half = self.world.office.desk.paths.vault / "incoming" / self.world.rng.randbytes(16).hex()
        half.write_bytes(b"half a draft")

    def act(self) -> None:
        """Start the desk, and look whether it is there."""
        self.world.desk.start()
        self.world.reviewer.browser.get("/post")


class DeskSettles(DeskStart):
    """The start after a crash behind the commit, which finishes what was recorded."""

    scene = Scene.DESK_SETTLES
    dies_behind = Commit("INSERT INTO opened")


def collect_one(world: World) -> str:
    """Collect, and return the one submission that came; the intake key is unlocked for it."""
    assert world.collect() == 0, world.courier.said()
    with world.office.desk.database.reading() as connection:
        [parcel] = list_parcels(connection)
    world.reviewer.unlock()
    return parcel.submission


def draft_reply(world: World, source: Source) -> tuple[WrittenReply, str]:
    """Return a text that somebody is about to write, and the id of its form."""
    return world.book.write(world.new_words("We ask you this."), source.codename), new_blob_id()
