"""What a row of the table of fault points is made of: a scene, words, a step; and the steps that many scenes pass."""

from dataclasses import dataclass
from enum import StrEnum

from tests.crashes.steps import Call, Step, When


class Scene(StrEnum):
    """What is being done when a process dies."""

    REPORT = "a first report with files is sent"
    MISTAKE = "a form with a mistake is sent with files"
    MENDED = "a mended form is sent with files held from before"
    MESSAGE = "a further message with files and an answer is sent"
    RETURN = "a source comes back and reads a reply"
    STOP = "the site is asked to stop, and notes what was read"
    DELETE = "a source deletes a reply"
    WITHDRAW = "a source takes back a report that was collected in part"
    WITHDRAW_ALL = "a source takes back a report that nobody collected"
    LEAVE = "a source leaves"
    SITE_START = "the site starts after a crash before the commit"
    SITE_SETTLES = "the site starts after a crash behind the commit"
    DOOR_COLLECTS = "the door gives away and erases what was collected"
    DOOR_START = "the door starts after a crash behind the commit"
    DOOR_DELIVERS = "the door applies deliveries"
    DELIVERED_DELETED = "a reply is delivered, and its source deletes it before the courier comes again"
    COURIER = "the courier delivers and collects"
    OPEN = "an officer opens a first letter with files"
    OPEN_FURTHER = "an officer opens a further letter with files"
    REPLY = "a reviewer replies and asks"
    CLOSE = "a reviewer closes a case with a reason"
    READ = "a reviewer reads a case"
    DESK_START = "the desk starts after a crash before the commit"
    DESK_SETTLES = "the desk starts after a crash behind the commit"


@dataclass(frozen=True)
class Row:
    """One step of a scene, in words."""

    scene: Scene
    words: str
    step: Step
    nth: int = 1
    sharp: bool = False


@dataclass(frozen=True)
class Point:
    """One side of a row's step: here a process dies."""

    row: Row
    when: When

    def __str__(self) -> str:
        return f"{self.row.scene}: {self.when} {self.row.words}"


# What every use of a blob folder goes through, on either host.
DRAFT = Call("store.blobs:Draft.__init__")
SEALED = Call("store.blobs:Draft.seal_finished")
PUBLISH = Call("store.blobs:BlobFolder.publish")
LINK = Call("store.blobs:BlobFolder._link")
SETTLE = Call("store.blobs:BlobFolder.settle")
DROP_TWINS = Call("store.blobs:BlobFolder._drop_twins")
HOLD = Call("store.blobs:BlobFolder.hold")
ERASE = Call("store.blobs:BlobFolder.erase")
UNLINK = Call("pathlib:Path.unlink")
CLEAR = Call("store.leftovers:clear_leftovers")
SETTLE_TWIN = Call("store.leftovers:settle_twin")
FINISH_ERASING = Call("store.erasing:finish_erasing")
SYNC = Call("store.folder:sync_folder")
SEND = Call("serving.answers:OnionResponse._send")
ANSWER = Call("serving.answers:OnionResponse.close")
