"""What a scene is: the stage is set, the deed is done while a process may die, and is done again after the restart."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar

from journalist_interface.writing import write_reply
from keys.codename import Codename
from keys.derivation import derive
from keys.reply import Reply, reply_address
from store.blobs import new_blob_id
from store.desk.cases import find_case_of_source
from store.drop.inbox import read_inbox
from tests.crashes.book import WrittenReply
from tests.crashes.mortal import Mortal
from tests.crashes.people import FILES_GONE, Cut, FilledIn, Source
from tests.crashes.rows import Scene
from tests.crashes.steps import Step, When
from tests.crashes.world import Victim, World

# bytes: many pieces of the pipes and sockets on the way; one size class; a line of text
BIG, MIDDLE, SMALL = 1_500_000, 70_000, 300


class Deed(ABC):
    """One scene, once. Deeds know nothing of where they are interrupted."""

    scene: ClassVar[Scene]
    victim: ClassVar[Victim]
    # Tells that the victim is gone when the deed is done, though nobody kills it.
    ends_by_itself: ClassVar[bool] = False

    def __init__(self, world: World) -> None:
        self.world = world

    @abstractmethod
    def prepare(self) -> None:
        """Set the stage; everything is alive."""

    @abstractmethod
    def act(self) -> None:
        """Do the deed. Raises Cut if whoever does it saw the connection break."""

    @abstractmethod
    def again(self) -> None:
        """Do what a person would do now that everything is there again, whether or not the deed had an answer."""


def die_there(mortal: Mortal, step: Step, deed: Callable[[], object]) -> None:
    """Have a process die behind a step, and stay dead: the stage for scenes in which it starts again."""
    mortal.arm(step, When.AFTER, 1)
    with suppress(Cut):
        deed()
    assert mortal.disarm()
    mortal.bury()


def send_first_report(world: World, *sizes: int) -> Source:
    """Have a new source send a report, and be told that it is in."""
    source = world.new_source()
    source.send(source.fill_in_report(world.new_words("He sells what he reads."), world.new_files(*sizes)))
    return source


def make_case(world: World, *sizes: int) -> tuple[Source, str]:
    """Have a new source send a report, collect and open it; return the source and the reference of the case."""
    source = send_first_report(world, *sizes)
    assert world.collect() == 0, world.courier.said()
    world.open_all()
    return source, reference_of(world, source)


def reference_of(world: World, source: Source) -> str:
    """Return the reference of a source's case."""
    keys = derive(Codename.read(source.codename), world.drop.pepper)
    with world.office.desk.database.reading() as connection:
        return find_case_of_source(connection, "amina", reply_address(keys.reply_key().public)).reference


def answer(world: World, source: Source, reference: str) -> WrittenReply:
    """Write a reply with a question to a source."""
    written = world.book.write(world.new_words("Thank you for writing."), source.codename)
    reviewer = world.office.signed_in()
    write_reply(world.office.desk, reviewer, reference, new_blob_id(), written.text, ["When was that?"])
    written.acknowledged = True
    return written


def answer_and_deliver(world: World, source: Source, reference: str) -> WrittenReply:
    """Write a reply with a question to a source, and have it delivered."""
    written = answer(world, source, reference)
    assert world.collect() == 0, world.courier.said()
    return written


def inbox_items(world: World, source: Source) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return what a source's browser could see in the inbox: the ids of replies and questions, by text."""
    keys = derive(Codename.read(source.codename), world.drop.pepper)
    found = {}
    for sealed in read_inbox(world.drop.database, keys.lookup_id).replies:
        reply = Reply.open(sealed.sealed, sealed.id, keys.reply_key())
        found[reply.text] = (sealed.id, tuple(question.id for question in reply.questions))
    return found


def send_until_in(source: Source, form: FilledIn) -> None:
    """Send a form that was interrupted once more; this time it must be taken, with every file that it names."""
    answer = source.send(form)
    assert FILES_GONE not in answer.text, "files that were held are gone"
    assert form.letter is not None
    assert form.letter.acknowledged, f"not taken: {answer.status}"
