"""Where processes are killed: a table. A row is a step of the product, and gives two points: before it and after it.

The scene says what is being done at that moment, and which process dies (tests/crashes/scenes_*.py). `nth` counts from
the moment when the deed of the scene begins. Rows marked `sharp` are killed at in every run of the tests; the others in
the long form. That each point is really reached is a test of its own, in every run.

Here are the rows of the reviewer host; those of the source host are in points_source.py.
"""

from collections.abc import Iterator

from tests.crashes.points_source import AT_THE_SOURCE_HOST
from tests.crashes.rows import (
    ANSWER,
    CLEAR,
    DRAFT,
    DROP_TWINS,
    ERASE,
    LINK,
    PUBLISH,
    SEALED,
    SETTLE,
    SETTLE_TWIN,
    SYNC,
    UNLINK,
    Point,
    Row,
    Scene,
)
from tests.crashes.steps import Call, Commit, Statement, Step, When

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
    *AT_THE_SOURCE_HOST,
    *_COURIER,
    *_DELIVERED_DELETED,
    *_OPENING,
    *_DESK,
)
POINTS = tuple(Point(row, when) for row in ROWS for when in When)


def all_steps() -> Iterator[Step]:
    """Yield every step that a process can be killed at."""
    yield from dict.fromkeys(row.step for row in ROWS)
