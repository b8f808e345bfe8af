"""The road between the hosts, on which the door or the courier may die."""

from tests.crashes.people import Browser
from tests.crashes.rows import Scene
from tests.crashes.scenes import (
    BIG,
    MIDDLE,
    SMALL,
    Deed,
    answer,
    answer_and_deliver,
    die_there,
    inbox_items,
    make_case,
    send_first_report,
)
from tests.crashes.steps import Commit
from tests.crashes.world import Victim


class Collection(Deed):
    """A report with three files is collected."""

    scene, victim = Scene.DOOR_COLLECTS, Victim.DOOR

    def prepare(self) -> None:
        """Send a report."""
        send_first_report(self.world, BIG, MIDDLE, SMALL)

    def act(self) -> None:
        """Collect. What becomes of it, the courier knows; people see it at the next collection."""
        self.world.collect()

    def again(self) -> None:
        """Collect again: as the courier does anyway."""
        self.world.collect()


class DoorStart(Collection):
    """The start after a crash behind the commit of a confirmation: what was collected is still to be erased."""

    scene = Scene.DOOR_START

    def prepare(self) -> None:
        """Kill the door when a confirmation is committed and nothing is erased."""
        super().prepare()
        die_there(self.world.door, Commit("DELETE FROM submissions"), self.world.collect)

    def act(self) -> None:
        """Start the door, tell the courier where it is, and knock."""
        self.world.door.start()
        self.world.pair()
        Browser(self.world.door).get("/")


class Delivery(Collection):
    """A status and an acknowledgement are delivered."""

    scene, victim = Scene.DOOR_DELIVERS, Victim.DOOR

    def prepare(self) -> None:
        """Open a first letter: it queues both."""
        make_case(self.world)


class Courier(Collection):
    """Something is on its way in each direction: deliveries, a notice that a reply was read, a report with files."""

    scene, victim, ends_by_itself = Scene.COURIER, Victim.COURIER, True

    def prepare(self) -> None:
        """Put everything on its way."""
        reader, reference = make_case(self.world)
        written = answer_and_deliver(self.world, reader, reference)
        send_first_report(self.world)
        self.world.collect()
        send_first_report(self.world, BIG, MIDDLE, SMALL)
        self.world.open_all()
        assert written.text in reader.browser.get("/inbox").text
        self.world.stop_site()
        written.read_noted = True


class DeliveredDeleted(Collection):
    """A reply is delivered, and its source deletes it while the desk believes that it is still to be delivered."""

    scene, victim, ends_by_itself = Scene.DELIVERED_DELETED, Victim.COURIER, True

    def prepare(self) -> None:
        """Write two replies: one stays."""
        self.source, reference = make_case(self.world)
        answer(self.world, self.source, reference)
        self.written = answer(self.world, self.source, reference)

    def again(self) -> None:
        """Delete the reply if it has arrived, then collect; it must not come back."""
        inbox = self.source.browser.get("/inbox")
        if self.written.text in inbox.text:
            reply_id, _questions = inbox_items(self.world, self.source)[self.written.text]
            self.source.delete(inbox, reply_id, self.written)
        self.world.collect()
