"""A source takes the report back: what waits here is erased for good; the charity is told if it may have anything."""

import secrets
import time
from collections.abc import Iterator

import pytest

from keys.derivation import SourceKeys
from keys.memo import MEMO_SIZE
from keys.statuses import Status
from serving.form_stream import TextFields
from serving.plain_dates import plain_day
from source_interface.drop_folder import DropFolder
from source_interface.returning import NotFound, find_source
from source_interface.uploads import Upload
from source_interface.withdrawing import LONGEST_WHY, NotWithdrawn, Standing, look, withdraw, withdrawn_before
from source_interface.writing_again import take_message
from store.drop.collection import Confirmation, waiting_blob
from store.drop.withdrawing import Left
from store.errors import Missing
from tests.conftest import IntakeSecret
from tests.dying import lives_through
from tests.source_ground import SourceGround, opened_ground, today


@pytest.fixture
def ground(drop_folder: DropFolder, intake_secret: IntakeSecret) -> Iterator[SourceGround]:
    """A source host."""
    with opened_ground(drop_folder, intake_secret) as opened:
        yield opened


def form(**fields: str) -> TextFields:
    """The form of the page, with an id of its own."""
    return TextFields({name: [text] for name, text in {"submission": secrets.token_hex(16), **fields}.items()})


def write(ground: SourceGround, keys: SourceKeys, message: str, fields: TextFields | None = None) -> TextFields:
    """Send a further message from the inbox; or the same form once more."""
    fields = fields or form(message=message)
    upload = Upload("ab" * 16, "nobody", "inbox", 0, time.monotonic)
    with ground.host.receiver() as receiver:
        take_message(ground.host, keys, fields, receiver, upload, form_is_ours=True)
    return fields


def test_what_never_left_the_host_is_gone_as_if_it_had_never_been_written(ground: SourceGround) -> None:
    """No row, no file, no source; the codename opens nothing, and nobody else lost anything."""
    codename, keys = ground.source("first")
    write(ground, keys, "second")
    _other, others_keys = ground.source("somebody else's")
    assert look(ground.host, keys) == Standing("", fetched=False)
    assert withdraw(ground.host, keys, form(message="never read")) is Left.NOTHING
    with pytest.raises(NotFound):
        find_source(ground.host, codename.reveal())
    assert [letter.message for letter in ground.letters()] == ["somebody else's"]
    assert ground.sealed_files() == {str(row[0]) for row in ground.rows("parts")}
    assert [row[0] for row in ground.rows("sources")] == [others_keys.lookup_id]
    assert ground.rows("notices") == ground.rows("erasing") == []


def test_what_was_collected_is_told_and_what_waits_is_erased(ground: SourceGround) -> None:
    """One letter takes the place of everything; the answers that were here go, and the desk hears that they did."""
    _codename, keys = ground.source("first")
    ground.collect()
    reply = ground.reply(keys, "Thank you.")
    write(ground, keys, "second")
    assert look(ground.host, keys) == Standing("", fetched=True)
    assert withdraw(ground.host, keys, form(message="I am afraid.")) is Left.A_LETTER
    [letter] = ground.letters()
    assert (letter.withdraws, letter.message, letter.joins) == (True, "I am afraid.", "")
    assert letter.reply_key == keys.reply_key().public
    assert ground.sealed_files() == {str(row[0]) for row in ground.rows("parts")}
    assert [row[1:] for row in ground.rows("notices")] == [(reply.id, "deleted")]
    page = ground.inbox(keys)
    assert (page.status.value, page.replies, page.waiting) == ("withdrawn", (), True)
    assert page.status_day == page.withdrawn == plain_day(today())
    assert look(ground.host, keys) == Standing(plain_day(today()), fetched=True)


def test_a_byte_that_left_is_enough_for_the_charity_to_be_told(ground: SourceGround) -> None:
    """The courier may have it and not have said so: to say that nobody has it would be a lie."""
    _codename, keys = ground.source()
    fetched = ground.fetch()
    assert withdraw(ground.host, keys, form()) is Left.A_LETTER
    assert [letter.withdraws for letter in ground.letters()] == [True]
    assert ground.confirm(fetched) == (Confirmation.GONE,)


def test_one_of_two_collected_is_enough(ground: SourceGround) -> None:
    """While a second submission waits the inbox still says “sent”: that does not mean that nothing was collected."""
    _codename, keys = ground.source()
    fetched = ground.fetch()
    write(ground, keys, "second")
    assert ground.confirm(fetched) == (Confirmation.ERASED,)
    assert ground.inbox(keys).status.value == "sent"
    assert withdraw(ground.host, keys, form()) is Left.A_LETTER


@pytest.mark.parametrize("collected_before", [False, True])
def test_what_was_withdrawn_is_not_given_away_any_more(ground: SourceGround, collected_before: bool) -> None:
    """A courier that listed it and comes for it afterwards finds nothing."""
    _codename, keys = ground.source()
    if collected_before:
        ground.collect()
        write(ground, keys, "second")
    blobs = [str(row[0]) for row in ground.rows("parts")]
    withdraw(ground.host, keys, form())
    for blob in blobs:
        with pytest.raises(Missing):
            waiting_blob(ground.host.drop.database, ground.host.drop.blobs, blob)


def test_the_door_notes_once_that_something_left(ground: SourceGround) -> None:
    """And only of the one whose it is; a report without a way back is nobody's."""
    _codename, keys = ground.source()
    _other, others_keys = ground.source()
    blob = next(row[0] for row in ground.rows("parts") if row[1] == _submission_of(ground, keys))
    for _twice in range(2):
        waiting_blob(ground.host.drop.database, ground.host.drop.blobs, str(blob))
    assert look(ground.host, keys).fetched
    assert not look(ground.host, others_keys).fetched


def _submission_of(ground: SourceGround, keys: SourceKeys) -> object:
    return next(row[0] for row in ground.rows("submissions") if row[1] == keys.lookup_id)


def test_writing_again_opens_it_again(ground: SourceGround) -> None:
    """What is said of a withdrawal ends with the next message."""
    _codename, keys = ground.source()
    ground.collect()
    withdraw(ground.host, keys, form())
    write(ground, keys, "I changed my mind.")
    page = ground.inbox(keys)
    assert (page.status.value, page.withdrawn) == ("collected", "")
    assert sorted(letter.withdraws for letter in ground.letters()) == [False, True]
    assert withdraw(ground.host, keys, form()) is Left.A_LETTER


def test_what_the_charity_closed_is_closed_though_it_was_withdrawn(ground: SourceGround) -> None:
    """Their last word counts, and the day of the withdrawal stays in view."""
    _codename, keys = ground.source()
    ground.collect()
    withdraw(ground.host, keys, form())
    ground.status(keys, Status.CLOSED)
    ground.reply(keys, "We kept what you wrote of the gun.")
    page = ground.inbox(keys)
    assert (page.status.value, page.withdrawn) == ("closed", plain_day(today()))
    ground.status(keys, Status.DESTROYED)
    page = ground.inbox(keys)
    assert (page.status.value, page.withdrawn) == ("destroyed", plain_day(today()))


@pytest.mark.parametrize("collected", [False, True])
def test_a_double_press_is_one(ground: SourceGround, collected: bool) -> None:
    """The same form again, also when nobody is signed in any more; and another form, from a second window."""
    _codename, keys = ground.source()
    if collected:
        ground.collect()
    left = Left.A_LETTER if collected else Left.NOTHING
    pressed = form(message="why")
    assert withdrawn_before(ground.host, pressed) is None
    assert withdraw(ground.host, keys, pressed) is left
    kept = ground.rows("submissions")
    assert withdrawn_before(ground.host, pressed) is left
    assert withdraw(ground.host, keys, pressed) is left
    assert withdraw(ground.host, keys, form(message="another window")) is left
    assert ground.rows("submissions") == kept


def test_who_is_signed_in_elsewhere_is_signed_in_no_more(ground: SourceGround) -> None:
    """Another browser with a live session finds nothing to be signed in to, and makes nothing anew."""
    _codename, keys = ground.source()
    elsewhere = ground.host.sign_in(keys)
    assert ground.host.signed_in(elsewhere) == keys
    assert withdraw(ground.host, keys, form()) is Left.NOTHING
    assert ground.host.signed_in(elsewhere) is None


def test_a_form_whose_message_was_withdrawn_is_not_thanked_for_when_it_comes_again(ground: SourceGround) -> None:
    """Sent once more it is a message of its own, under another id: the courier may hold the first one."""
    _codename, keys = ground.source()
    ground.collect()
    fields = write(ground, keys, "second")
    withdraw(ground.host, keys, form())
    write(ground, keys, "", fields)
    found = {str(row[0]) for row in ground.rows("submissions")}
    assert sorted(letter.message for letter in ground.letters()) == ["", "second"]
    assert fields.get("submission") not in found


def test_a_thief_of_the_host_cannot_tell_who_withdrew(ground: SourceGround) -> None:
    """Two sources who wrote again on one day, one of whom withdrew: their rows differ in random bytes alone."""
    sources = [ground.source()[1], ground.source()[1]]
    ground.collect()
    withdraw(ground.host, sources[0], form(message="why"))
    write(ground, sources[1], "I forgot something.")
    ground.collect()
    one, other = ground.rows("sources")
    assert one[3:6] == other[3:6]
    assert len(bytes(one[6])) == len(bytes(other[6])) == MEMO_SIZE  # type: ignore[call-overload]
    everything = b"".join(path.read_bytes() for path in ground.folder.root.rglob("*") if path.is_file())
    assert b"withdrawn" not in everything


def test_too_long_a_reason_erases_nothing_and_comes_back(ground: SourceGround) -> None:
    """A mistake in what may be left out is no withdrawal."""
    _codename, keys = ground.source()
    long = "x" * (LONGEST_WHY + 1)
    with pytest.raises(NotWithdrawn) as refused:
        withdraw(ground.host, keys, form(message=long))
    assert (refused.value.status, refused.value.form.values["message"]) == (422, long)
    assert len(ground.letters()) == 1


def test_a_letter_that_cannot_be_sealed_erases_nothing(ground: SourceGround) -> None:
    """What was not told must not be erased: the source is told that nothing has changed."""
    _codename, keys = ground.source()
    ground.collect()
    write(ground, keys, "second")
    ground.folder.intake_key.write_bytes(b"no key")
    with pytest.raises(NotWithdrawn) as refused:
        withdraw(ground.host, keys, form())
    assert "nothing was deleted" in refused.value.form.errors["form"]
    assert len(ground.rows("submissions")) == 1
    assert ground.inbox(keys).withdrawn == ""


def test_a_death_at_any_statement_leaves_everything_or_has_done_it(ground: SourceGround) -> None:
    """Never is it said to be withdrawn while something still waits, or erased while nobody is told."""
    _codename, keys = ground.source()
    ground.collect()
    write(ground, keys, "second")
    said = False
    for nth in range(1, 100):
        over = lives_through(ground.host.drop.database, nth, lambda: withdraw(ground.host, keys, form()))
        waiting = [(letter.withdraws, letter.message) for letter in ground.letters()]
        said = bool(ground.inbox(keys).withdrawn)
        assert waiting == ([(True, "")] if said else [(False, "second")]), f"statement {nth}"
        if over:
            break
    assert said
    assert nth > 10, "there are more statements than that"


@pytest.mark.parametrize("status", [Status.CLOSED, Status.DESTROYED])
def test_who_writes_again_is_told_to_keep_the_codename(ground: SourceGround, status: Status) -> None:
    """Nobody is told to tear up the words with which an answer will be read."""
    _codename, keys = ground.source()
    ground.collect()
    ground.status(keys, status)
    assert "tear up" in ground.inbox(keys).status.todo
    ground.send(keys, "One thing more.")
    shown = ground.inbox(keys).status
    assert (shown.value, shown.todo) == (status.value, "Keep your codename.")
    assert "Then your report is open again" in shown.following
