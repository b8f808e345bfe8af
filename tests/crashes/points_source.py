"""Where the site and the door are killed: the rows of the source host, as tests/crashes/fault_points.py has them."""

from tests.crashes.rows import (
    ANSWER,
    CLEAR,
    DRAFT,
    DROP_TWINS,
    ERASE,
    FINISH_ERASING,
    HOLD,
    LINK,
    PUBLISH,
    SEALED,
    SEND,
    SETTLE,
    SETTLE_TWIN,
    SYNC,
    UNLINK,
    Row,
    Scene,
)
from tests.crashes.steps import Call, Commit, Statement

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

AT_THE_SOURCE_HOST = (*_REPORT, *_MISTAKE, *_MENDED, *_MESSAGE, *_WITHDRAW, *_SOURCE, *_DOOR)
