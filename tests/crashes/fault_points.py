"""Where processes are killed: a table. A row is a step of the product, and gives two points: before it and after it.

The scene says what is being done at that moment, and which process dies (tests/crashes/scenes_*.py). `nth` counts from
the moment when the deed of the scene begins. Rows marked `sharp` are killed at in every run of the tests; the others in
the long form. That each point is really reached is a test of its own, in every run.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from tests.crashes.steps import Call, Commit, Statement, Step, When


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

_R = Scene.REPORT
_REPORT = (
    Row(_R, "the first file's draft", DRAFT),
    Row(_R, "gpg is started for the first file", Call("keys.openpgp:SealingProcess.__init__")),
    Row(_R, "a piece in the middle of a file goes to gpg", Call("keys.openpgp:SealingProcess.write"), 6, sharp=True),
    Row(_R, "gpg ends with the first file", Call("keys.openpgp:SealingProcess.finish")),
    Row(_R, "the first file is durable", SEALED),
    Row(_R, "the first file is held", HOLD),
    Row(_R, "the last file is held", HOLD, 3, sharp=True),
    Row(_R, "the codename is derived", Call("keys.derivation:DerivationQueue.derive")),
    Row(_R, "the letter's draft", DRAFT, 4),
    Row(_R, "gpg seals the letter", Call("keys.openpgp:seal_bytes")),
    Row(_R, "the letter is durable", SEALED, 4),
    Row(_R, "everything is published", PUBLISH),
    Row(_R, "the letter gets its second name", LINK),
    Row(_R, "the second file gets its second name", LINK, 3, sharp=True),
    Row(_R, "the folder of held files is synced", SYNC),
    Row(_R, "the folder of drafts is synced", SYNC, 4),
    Row(_R, "the folder of sealed files is synced", SYNC, 5),
    Row(_R, "the form is noted", Statement("INSERT INTO sent_forms")),
    Row(_R, "the source is noted", Statement("INSERT INTO sources")),
    Row(_R, "the submission is noted", Statement("INSERT INTO submissions")),
    Row(_R, "the parts are noted", Statement("INSERT INTO parts")),
    Row(_R, "the submission is committed", Commit("INSERT INTO parts"), sharp=True),
    Row(_R, "the twins are dropped", SETTLE),
    Row(_R, "the second twin is dropped", DROP_TWINS, 2),
    Row(_R, "the session is noted", Statement("INSERT INTO sessions")),
    Row(_R, "the session is committed", Commit("INSERT INTO sessions")),
    Row(_R, "the head of the answer and its first piece are sent", SEND),
    Row(_R, "the whole answer is sent", ANSWER),
)

_MISTAKE = (
    Row(Scene.MISTAKE, "the second file is held", HOLD, 2),
    Row(Scene.MISTAKE, "the ticket is written", Call("source_interface.attachments:TicketSealer.write")),
    Row(Scene.MISTAKE, "the page with the ticket is sent", ANSWER),
)

_E = Scene.MENDED
_MENDED = (
    Row(_E, "the held files are looked for", Call("source_interface.held_files:still_held")),
    Row(_E, "everything is published", PUBLISH, sharp=True),
    Row(_E, "the first held file gets its second name", LINK, 2),
    Row(_E, "the folder of sealed files is synced", SYNC, 2),
    Row(_E, "the submission is committed", Commit("INSERT INTO parts")),
    Row(_E, "the twin of the first held file is dropped", DROP_TWINS, 2),
    Row(_E, "the whole answer is sent", ANSWER),
)

_M = Scene.MESSAGE
_MESSAGE = (
    Row(_M, "the first file is held", HOLD),
    Row(_M, "the letter is durable", SEALED, 3),
    Row(_M, "everything is published", PUBLISH),
    Row(_M, "the parts are noted", Statement("INSERT INTO parts")),
    Row(_M, "the submission is committed", Commit("INSERT INTO parts")),
    Row(_M, "the question is noted as answered", Statement("UPDATE replies SET answered")),
    Row(_M, "that it was answered is committed", Commit("UPDATE replies SET answered"), sharp=True),
    Row(_M, "the whole answer is sent", ANSWER),
)

_W = Scene.WITHDRAW
_A = Scene.WITHDRAW_ALL
_WITHDRAW = (
    Row(_W, "the letter that says so is durable", SEALED),
    Row(_W, "it is published", PUBLISH),
    Row(_W, "the form is noted", Statement("INSERT INTO sent_forms")),
    Row(_W, "what is to be erased is noted", Statement("INSERT INTO erasing")),
    Row(_W, "the parts that wait are erased", Statement("DELETE FROM parts")),
    Row(_W, "the submission that waits is erased", Statement("DELETE FROM submissions")),
    Row(_W, "the replies are erased", Statement("DELETE FROM replies")),
    Row(_W, "it is remembered for the source", Statement("UPDATE sources SET memo")),
    Row(_W, "the letter is noted", Statement("INSERT INTO parts")),
    Row(_W, "the withdrawal is committed", Commit("DELETE FROM submissions"), sharp=True),
    Row(_W, "the sealed files are erased", ERASE),
    Row(_W, "the end of the erasing is committed", Commit("DELETE FROM erasing")),
    Row(_W, "the whole answer is sent", ANSWER),
    Row(_A, "the source is erased", Statement("DELETE FROM sources")),
    Row(_A, "the withdrawal is committed", Commit("DELETE FROM sources"), sharp=True),
    Row(_A, "the letter that nobody needs goes", UNLINK, sharp=True),
    Row(_A, "the sealed files are erased", ERASE),
    Row(_A, "the session is erased", Statement("DELETE FROM sessions")),
    Row(_A, "the whole answer is sent", ANSWER),
)

_SOURCE = (
    Row(Scene.RETURN, "the session is committed", Commit("INSERT INTO sessions")),
    Row(Scene.RETURN, "the whole answer is sent", ANSWER),
    Row(Scene.STOP, "the reply is noted as read", Statement("UPDATE replies SET read")),
    Row(Scene.STOP, "the notice is written", Statement("INSERT INTO notices")),
    Row(Scene.STOP, "that it was read is committed", Commit("UPDATE replies SET read")),
    Row(Scene.DELETE, "that they were read is committed", Commit("UPDATE replies SET read")),
    Row(Scene.DELETE, "the reply is erased", Statement("DELETE FROM replies")),
    Row(Scene.DELETE, "the notice of its erasure is written", Statement("INSERT INTO notices"), 4),
    Row(Scene.DELETE, "the erasure is committed", Commit("DELETE FROM replies"), sharp=True),
    Row(Scene.DELETE, "the whole answer is sent", ANSWER),
    Row(Scene.LEAVE, "the session is erased", Statement("DELETE FROM sessions")),
    Row(Scene.LEAVE, "its end is committed", Commit("DELETE FROM sessions")),
    Row(Scene.LEAVE, "the whole answer is sent", ANSWER),
    Row(Scene.SITE_START, "leftovers are cleared", CLEAR),
    Row(Scene.SITE_START, "it is asked which of them a row names", Call("store.drop.intake:blobs_named")),
    Row(Scene.SITE_START, "the second sealed file that no row names goes", UNLINK, 2, sharp=True),
    Row(Scene.SITE_START, "the folder of sealed files is synced", SYNC),
    Row(Scene.SITE_START, "the first draft goes", UNLINK, 4),
    Row(Scene.SITE_START, "what was being erased is erased", FINISH_ERASING),
    Row(Scene.SITE_SETTLES, "leftovers are cleared", CLEAR),
    Row(Scene.SITE_SETTLES, "the first twin is settled", SETTLE_TWIN),
    Row(Scene.SITE_SETTLES, "the second twin is settled", SETTLE_TWIN, 2),
)

_D = Scene.DOOR_COLLECTS
_V = Scene.DOOR_DELIVERS
_DOOR = (
    Row(_V, "the first delivery is remembered", Statement("INSERT INTO deliveries")),
    Row(_V, "a status is set", Statement("UPDATE sources SET status")),
    Row(_V, "a reply is kept", Statement("INSERT INTO replies")),
    Row(_V, "the first delivery is committed", Commit("INSERT INTO deliveries"), sharp=True),
    Row(_V, "the last delivery is committed", Commit("INSERT INTO deliveries"), 2),
    Row(_V, "the answer is sent", ANSWER),
    Row(_D, "old forms are forgotten", Call("store.drop.collection:forget_old")),
    Row(_D, "what waits is listed", Call("store.drop.collection:list_waiting")),
    Row(_D, "the first blob is looked up", Call("store.drop.collection:waiting_blob")),
    Row(_D, "that something of its source left is committed", Commit("UPDATE sources SET fetched")),
    Row(_D, "a piece in the middle of a blob is sent", SEND, 5, sharp=True),
    Row(_D, "what was collected is judged", Call("store.drop.collection:confirm")),
    Row(_D, "the parts are erased", Statement("DELETE FROM parts")),
    Row(_D, "the submission is erased", Statement("DELETE FROM submissions")),
    Row(_D, "the source is told that it was collected", Statement("UPDATE sources SET status")),
    Row(_D, "what is to be erased is noted", Statement("INSERT INTO erasing")),
    Row(_D, "the confirmation is committed", Commit("DELETE FROM submissions"), sharp=True),
    Row(_D, "the blobs are erased", ERASE),
    Row(_D, "the second blob is unlinked", UNLINK, 4, sharp=True),
    Row(_D, "the folder is synced", SYNC),
    Row(_D, "the note of what is to be erased goes", Statement("DELETE FROM erasing")),
    Row(_D, "its end is committed", Commit("DELETE FROM erasing")),
    Row(_D, "the answer to the confirmation is sent", Call("source_interface.door_messages:write_confirmed")),
    Row(Scene.DOOR_START, "what was being erased is erased", FINISH_ERASING),
    Row(Scene.DOOR_START, "the second blob is unlinked", UNLINK, 4, sharp=True),
    Row(Scene.DOOR_START, "the end of the erasing is committed", Commit("DELETE FROM erasing")),
)

_C = Scene.COURIER
_COURIER = (
    Row(_C, "the desk is told that it begins", Commit("UPDATE courier SET")),
    Row(_C, "leftovers are cleared", CLEAR),
    Row(_C, "openings are finished", Call("store.desk.parcels:finish_openings")),
    Row(_C, "the outbox is delivered", Call("journalist_interface.door_client:DoorClient.deliver")),
    Row(_C, "a delivery leaves the outbox", Statement("DELETE FROM outbox")),
    Row(_C, "the outbox is committed", Commit("DELETE FROM outbox"), sharp=True),
    Row(_C, "what waits is listed", Call("journalist_interface.door_client:DoorClient.list_waiting")),
    Row(_C, "the drafts of a submission", DRAFT, 2),
    Row(_C, "a blob is fetched", Call("journalist_interface.door_client:DoorClient.fetch_blob"), 2),
    Row(_C, "a piece in the middle of a blob has come", Call("journalist_interface.courier_duty:Duty.bytes_came"), 3),
    Row(_C, "a blob is durable", SEALED, 2),
    Row(_C, "everything is published", PUBLISH),
    Row(_C, "the second blob gets its second name", LINK, 2, sharp=True),
    Row(_C, "the folder of drafts is synced", SYNC, 2),
    Row(_C, "the folder of sealed files is synced", SYNC, 3),
    Row(_C, "the parcel is noted", Statement("INSERT INTO parcels")),
    Row(_C, "its parts are noted", Statement("INSERT INTO parcel_parts")),
    Row(_C, "the parcel is committed", Commit("INSERT INTO parcel_parts"), sharp=True),
    Row(_C, "the twins are dropped", SETTLE),
    Row(_C, "the second twin is dropped", DROP_TWINS, 2),
    Row(_C, "the collection is confirmed", Call("journalist_interface.door_client:DoorClient.confirm")),
    Row(_C, "the desk is told that it is over", Call("store.desk.courier_state:say_finished")),
)

_DELIVERED_DELETED = (
    Row(
        Scene.DELIVERED_DELETED,
        "the outbox is delivered",
        Call("journalist_interface.door_client:DoorClient.deliver"),
        sharp=True,
    ),
    Row(Scene.DELIVERED_DELETED, "a delivery leaves the outbox", Statement("DELETE FROM outbox")),
    Row(Scene.DELIVERED_DELETED, "the outbox is committed", Commit("DELETE FROM outbox")),
)

_O = Scene.OPEN
_F = Scene.OPEN_FURTHER
_OPENING = (
    Row(_O, "the letter is opened", Call("journalist_interface.letter_opening:open_letter")),
    Row(_O, "the files are moved", Call("journalist_interface.attachment_opening:move_attachments")),
    Row(_O, "the first vault draft", DRAFT),
    Row(_O, "a piece in the middle of a file is sealed", Call("keys.sealed_file:SealedFileWriter.write"), 4),
    Row(_O, "the last vault file is durable", SEALED, 2),
    Row(_O, "the first vault file is published", PUBLISH),
    Row(_O, "the last vault file is published", PUBLISH, 2),
    Row(_O, "the parcel's parts are taken out", Statement("DELETE FROM parcel_parts")),
    Row(_O, "the parcel is taken out", Statement("DELETE FROM parcels")),
    Row(_O, "the opening is remembered", Statement("INSERT INTO opened")),
    Row(_O, "the case is made", Statement("INSERT INTO cases")),
    Row(_O, "an officer is cleared", Statement("INSERT INTO clearances")),
    Row(_O, "the letter is kept", Statement("INSERT INTO items")),
    Row(_O, "a file is noted", Statement("INSERT INTO attachments")),
    Row(_O, "the status is queued", Statement("INSERT INTO outbox")),
    Row(_O, "the acknowledgement is queued", Statement("INSERT INTO outbox"), 2),
    Row(_O, "the act is recorded", Statement("INSERT INTO audit")),
    Row(_O, "what is to be erased is noted", Statement("INSERT INTO erasing")),
    Row(_O, "the opening is committed", Commit("INSERT INTO opened"), sharp=True),
    Row(_O, "the second twin is dropped", DROP_TWINS, 2),
    Row(_O, "the sealed originals are erased", ERASE, sharp=True),
    Row(_O, "the end of the erasing is committed", Commit("DELETE FROM erasing")),
    Row(_O, "the answer is sent", ANSWER),
    Row(_F, "the files are moved", Call("journalist_interface.attachment_opening:move_attachments")),
    Row(_F, "the case is changed", Statement("UPDATE cases SET")),
    Row(_F, "the opening is committed", Commit("INSERT INTO opened")),
    Row(_F, "the sealed originals are erased", ERASE),
)

_DESK = (
    Row(Scene.REPLY, "the reply is kept", Statement("INSERT INTO items")),
    Row(Scene.REPLY, "the reply is queued", Statement("INSERT INTO outbox")),
    Row(Scene.REPLY, "the act is recorded", Statement("INSERT INTO audit")),
    Row(Scene.REPLY, "the status is queued", Statement("INSERT INTO outbox"), 2),
    Row(Scene.REPLY, "the case is changed", Statement("UPDATE cases SET")),
    Row(Scene.REPLY, "the reply is committed", Commit("INSERT INTO outbox"), sharp=True),
    Row(Scene.REPLY, "the answer is sent", ANSWER),
    Row(Scene.CLOSE, "the reason is queued", Statement("INSERT INTO outbox")),
    Row(Scene.CLOSE, "the status is queued", Statement("INSERT INTO outbox"), 2),
    Row(Scene.CLOSE, "the closing is committed", Commit("INSERT INTO outbox"), sharp=True),
    Row(Scene.CLOSE, "the answer is sent", ANSWER),
    Row(Scene.READ, "the card is changed", Statement("UPDATE cases SET sealed_card")),
    Row(Scene.READ, "the act is recorded", Statement("INSERT INTO audit")),
    Row(Scene.READ, "the reading is committed", Commit("INSERT INTO audit")),
    Row(Scene.READ, "the whole answer is sent", ANSWER),
    Row(Scene.DESK_START, "leftovers are cleared", CLEAR),
    Row(Scene.DESK_START, "it is asked which of them a case names", Call("store.desk.items:blobs_named")),
    Row(Scene.DESK_START, "the second vault file that no case names goes", UNLINK, 2, sharp=True),
    Row(Scene.DESK_SETTLES, "the second twin is settled", SETTLE_TWIN, 2),
    Row(Scene.DESK_SETTLES, "openings are finished", Call("store.desk.parcels:finish_openings")),
    Row(Scene.DESK_SETTLES, "the sealed originals are erased", ERASE),
    Row(Scene.DESK_SETTLES, "the end of the erasing is committed", Commit("DELETE FROM erasing")),
)

ROWS = (
    *_REPORT,
    *_MISTAKE,
    *_MENDED,
    *_MESSAGE,
    *_WITHDRAW,
    *_SOURCE,
    *_DOOR,
    *_COURIER,
    *_DELIVERED_DELETED,
    *_OPENING,
    *_DESK,
)
POINTS = tuple(Point(row, when) for row in ROWS for when in When)


def all_steps() -> Iterator[Step]:
    """Yield every step that a process can be killed at."""
    yield from dict.fromkeys(row.step for row in ROWS)
