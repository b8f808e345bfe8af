"""A source with two codenames says so once: in the sealed letter alone, and as dearly as coming back."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from keys.codename import Codename
from keys.derivation import DerivationQueue, Derived, SourceKeys
from keys.reply import reply_address
from serving.form_stream import TextFields
from serving.plain_dates import plain_day
from source_interface.drop_folder import DropFolder
from source_interface.joining import join
from source_interface.returning import NotFound
from source_interface.site_host import SiteHost
from source_interface.withdrawing import withdraw
from store.blobs import BlobFolder
from store.drop.withdrawing import Left
from tests.codename_traces import traces_of
from tests.conftest import IntakeSecret
from tests.source_ground import SourceGround, opened_ground, today

MISSPELT = "abacus abdomen abdominal abide abiding ability ablez"


@pytest.fixture
def ground(drop_folder: DropFolder, intake_secret: IntakeSecret) -> Iterator[SourceGround]:
    """A source host."""
    with opened_ground(drop_folder, intake_secret) as opened:
        yield opened


def form(codename: str) -> TextFields:
    """The form of the page with seven typed words."""
    return TextFields({"submission": [secrets.token_hex(16)], "codename": [codename]})


def address(keys: SourceKeys) -> str:
    """The address of a source."""
    return reply_address(keys.reply_key().public)


def test_the_older_codename_stands_in_a_sealed_letter_of_the_newer_source(ground: SourceGround) -> None:
    """And nothing else: the older source's row is as it was, and nobody is signed in as it."""
    older, older_keys = ground.source("the first report")
    _newer, keys = ground.source("the second report")
    ground.collect()
    before = [row for row in ground.rows("sources") if row[0] == older_keys.lookup_id]
    join(ground.host, keys, form(f"  {older.reveal().upper()}. "))
    [letter] = ground.letters()
    assert (letter.joins, letter.withdraws, letter.message) == (address(older_keys), False, "")
    assert letter.reply_key == keys.reply_key().public
    assert [row for row in ground.rows("sources") if row[0] == older_keys.lookup_id] == before
    assert ground.rows("sessions") == []
    assert ground.inbox(keys).joined == plain_day(today())
    assert ground.inbox(older_keys).joined == ""


def test_it_is_told_once(ground: SourceGround) -> None:
    """The same form, or another, changes nothing any more; writing again does not ask anew."""
    older, _older_keys = ground.source()
    _newer, keys = ground.source()
    ground.collect()
    pressed = form(older.reveal())
    for fields in (pressed, pressed, form(older.reveal()), form(MISSPELT)):
        join(ground.host, keys, fields)
    assert len(ground.letters()) == 1
    ground.send(keys, "more")
    assert ground.inbox(keys).joined


def test_what_was_not_collected_when_the_report_is_withdrawn_can_be_told_anew(ground: SourceGround) -> None:
    """The letter that joins is erased with the rest: the inbox must not say that the charity knows."""
    older, _older_keys = ground.source()
    _newer, keys = ground.source()
    ground.collect()
    join(ground.host, keys, form(older.reveal()))
    assert withdraw(ground.host, keys, form("")) is Left.A_LETTER
    assert ground.inbox(keys).joined == ""


def kept(ground: SourceGround) -> list[object]:
    """What lies on the host."""
    return [ground.sealed_files(), *(ground.rows(table) for table in ("submissions", "sources", "sessions"))]


REFUSED: dict[str, tuple[Callable[[Codename], str], int, str]] = {
    "a codename nobody has": (lambda _own: Codename.draw().reveal(), 404, "no report with this codename"),
    "a misspelt one": (lambda _own: MISSPELT, 422, "not ours"),
    "nothing": (lambda _own: "", 422, "seven words"),
    "the codename of this very report": (lambda own: own.reveal(), 422, "the report that is open now"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_older_codename_tells_nobody_anything(ground: SourceGround, what: str) -> None:
    """Nothing is sent, nothing is left on the disk, and the page says what to do."""
    typed, status, words = REFUSED[what]
    own, keys = ground.source()
    before = kept(ground)
    with pytest.raises(NotFound) as refused:
        join(ground.host, keys, form(typed(own)))
    assert refused.value.status == status
    assert words in refused.value.problem
    assert kept(ground) == before


def test_a_misspelt_word_gets_suggestions_from_the_list(ground: SourceGround) -> None:
    """As on the page for coming back."""
    _own, keys = ground.source()
    with pytest.raises(NotFound) as refused:
        join(ground.host, keys, form(MISSPELT))
    assert "able" in "".join(refused.value.suggestions[0].maybe)


def test_a_report_that_was_withdrawn_joins_nothing(ground: SourceGround) -> None:
    """It would be opened again by it, and its source did not ask for that."""
    older, _older_keys = ground.source()
    _newer, keys = ground.source()
    ground.collect()
    withdraw(ground.host, keys, form(""))
    with pytest.raises(NotFound, match="withdrawn this report"):
        join(ground.host, keys, form(older.reveal()))
    assert [letter.joins for letter in ground.letters()] == [""]


class CountedDerivations(DerivationQueue):
    """A real queue that counts."""

    done = 0

    def derive(self, codename: Codename) -> Derived:
        """Derive, and count."""
        self.done += 1
        return super().derive(codename)


def test_a_wrong_codename_costs_as_much_as_a_right_one(ground: SourceGround, monkeypatch: pytest.MonkeyPatch) -> None:
    """One derivation, one letter sealed and published, something written: right, unknown, misspelt or one's own."""
    published: list[int] = []
    really = BlobFolder.publish

    def counted(folder: BlobFolder, blob_ids: list[str]) -> None:
        published.append(len(blob_ids))
        really(folder, blob_ids)

    older, _older_keys = ground.source()
    own, keys = ground.source()
    monkeypatch.setattr(BlobFolder, "publish", counted)
    log = ground.folder.database.with_name(ground.folder.database.name + "-wal")
    for typed in (Codename.draw().reveal(), MISSPELT, own.reveal(), older.reveal()):
        derivations = CountedDerivations(ground.host.drop.pepper, 1, 20, 1)
        host: SiteHost = replace(ground.host, derivations=derivations)
        published.clear()
        before = log.read_bytes()
        try:
            join(host, keys, form(typed))
        except NotFound:
            assert typed != older.reveal()
        assert (derivations.done, published) == (1, [1])
        assert log.read_bytes() != before


def test_nothing_at_rest_connects_the_two(ground: SourceGround) -> None:
    """No codename, no address of the one beside the other; and the letter that joins weighs as any short one."""
    older, older_keys = ground.source()
    newer, keys = ground.source()
    ground.collect()
    ground.send(older_keys, "a short message")
    join(ground.host, keys, form(older.reveal()))
    sizes = {int(str(row[3])) for row in ground.rows("parts")}
    assert max(sizes) - min(sizes) < 32, "the letters are of one size class"
    files = [path.read_bytes() for path in ground.folder.root.rglob("*") if path.is_file()]
    for codename in (older, newer):
        assert not [
            name for name, trace in traces_of(codename.reveal()).items() if any(trace in file for file in files)
        ]
    for row in ground.rows("sources"):
        both = (address(keys).encode(), address(older_keys).encode())
        assert sum(one in b"".join(_bytes(value) for value in row) for one in both) == 1
    tables = ("submissions", "parts", "sent_forms", "replies", "notices", "deliveries", "sessions", "erasing")
    found = b"".join(_bytes(value) for table in tables for row in ground.rows(table) for value in row)
    assert address(older_keys).encode() not in found


def _bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes) else str(value).encode()
