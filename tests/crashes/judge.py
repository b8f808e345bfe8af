"""What must hold after every death, once everything was started again and everybody did again what had no answer.

Both hosts are looked at from outside: rows, files, and letters as a reviewer opens them. Nothing is taken from the
processes that died.
"""

from collections import Counter
from pathlib import Path

from sqlalchemy import select

from journalist_interface.acknowledgement import acknowledgement
from journalist_interface.case_documents import LetterDocument, ReplyDocument
from journalist_interface.case_page import CasePage, read_case
from journalist_interface.downloading import start_download
from keys.codename import Codename
from keys.derivation import SourceKeys, derive
from keys.reply import Reply, reply_address
from store.desk import case_tables, post_tables
from store.desk.outbox import ReplyState, waiting_deliveries
from store.drop import tables as drop_tables
from store.drop.inbox import read_inbox
from tests.crashes.people import Source
from tests.crashes.world import World
from tests.drop_contents import is_known

DAY_SECONDS = 86_400


def settle(world: World) -> None:
    """Let everything come to its end: collected, opened, answered. Raises AssertionError unless all of it works."""
    for _round in ("what was sent", "what the desk answered"):
        code = world.collect()
        assert code == 0, f"the courier ended with {code}: {world.courier.said()[-2000:]}"
        world.open_all()


def judge(world: World) -> None:
    """Raise AssertionError unless nothing is lost, doubled or left over on either host."""
    _take_in_new_letters(world)
    world.book.check_letters()
    _check_leftovers(world)
    for command in ("candour-drop", "candour-desk"):
        wrong = world.check(command)
        assert not wrong, f"{command} check: {wrong}"
    with world.office.desk.database.reading() as connection:
        assert not waiting_deliveries(connection, 1), "the outbox was not emptied"
    for source in world.touched:
        _check_source(world, source)
    world.touched.clear()


def _take_in_new_letters(world: World) -> None:
    cases, items = case_tables.cases, case_tables.items
    with world.office.desk.database.reading() as connection:
        found = connection.execute(
            select(items.c.id, cases.c.reference)
            .join(cases, cases.c.id == items.c.case_id)
            .where(items.c.kind == "letter", items.c.id.not_in(world.seen))
        ).all()
    for reference in dict.fromkeys(row.reference for row in found):
        page = read_case(world.office.desk, world.office.signed_in(), reference)
        for entry in page.entries:
            if isinstance(entry.document, LetterDocument) and entry.id not in world.seen:
                world.seen.add(entry.id)
                world.book.take_in(entry.document.message, _files(world, page, entry.document))


def _files(world: World, page: CasePage, letter: LetterDocument) -> dict[str, bytes]:
    desk, reader, reference = world.office.desk, world.office.signed_in(), page.case.row.reference
    found = {}
    for attachment in letter.attachments:
        assert not attachment.problem, f"{letter.message}: {attachment.name}: {attachment.problem}"
        found[attachment.name] = b"".join(start_download(desk, reader, reference, attachment.id).pieces())
    return found


def _check_leftovers(world: World) -> None:
    """Everything was collected and opened, so the source host holds no sealed file, and the desk the vault's alone."""
    with world.drop.database.reading() as connection:
        assert not connection.execute(select(drop_tables.submissions)).all(), "submissions were not collected"
        assert not connection.execute(select(drop_tables.parts)).all(), "parts without a submission"
        assert not connection.execute(select(drop_tables.notices)).all(), "notices were not collected"
        assert not connection.execute(select(drop_tables.erasing)).all(), "the source host has not finished erasing"
    with world.office.desk.database.reading() as connection:
        assert not connection.execute(select(post_tables.parcel_parts)).all(), "parts without a parcel"
        assert not connection.execute(select(post_tables.erasing)).all(), "the desk has not finished erasing"
        vault = set(connection.execute(select(case_tables.attachments.c.id)).scalars())
    blobs, paths = world.drop.folder.blobs, world.office.desk.paths
    for folder in (blobs / "incoming", blobs / "sealed", paths.post / "incoming", paths.post / "sealed"):
        assert _names(folder) == set(), f"left over in {folder}"
    # What waits for a form to be mended is nobody's twin, and is of a day, so that the housekeeper finds it.
    for held in (blobs / "held").iterdir():
        assert held.stat().st_nlink == 1, f"held and published: {held.name}"
        assert held.stat().st_mtime % DAY_SECONDS == 0, f"held since a time, not since a day: {held.name}"
    assert _names(paths.vault / "incoming") == set(), "vault drafts were left"
    assert _names(paths.vault / "sealed") == vault, "vault files and their rows differ"


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def _check_source(world: World, source: Source) -> None:
    keys = derive(Codename.read(source.codename), world.drop.pepper)
    if not is_known(world.drop.database, keys.lookup_id):
        # Nothing of this source ever arrived: what was promised was looked at with the letters.
        world.book.check_inbox(source.codename, Counter())
        return
    inbox = read_inbox(world.drop.database, keys.lookup_id)
    opened = [Reply.open(one.sealed, one.id, keys.reply_key()).text for one in inbox.replies]
    texts = Counter(opened)
    acknowledgements = 0 if source.withdrew else 1
    assert texts.pop(acknowledgement(), 0) == acknowledgements, "one for each source who was opened, until it is erased"
    world.book.check_inbox(source.codename, texts)
    page = _case_of(world, keys)
    assert inbox.status.value == page.case.row.status, "the source sees another status than the desk set"
    _check_replies(world, source, page)


def _case_of(world: World, keys: SourceKeys) -> CasePage:
    cases = case_tables.cases
    with world.office.desk.database.reading() as connection:
        query = select(cases.c.reference).where(cases.c.address == reply_address(keys.reply_key().public))
        reference = connection.execute(query).scalar_one()
    return read_case(world.office.desk, world.office.signed_in(), reference)


def _check_replies(world: World, source: Source, page: CasePage) -> None:
    kept = [(entry.document.text, entry.state) for entry in page.entries if isinstance(entry.document, ReplyDocument)]
    for reply in world.book.replies.values():
        if reply.codename != source.codename:
            continue
        states = [state for text, state in kept if text == reply.text]
        assert len(states) <= 1, f"written once, kept twice: {reply.text}"
        assert len(states) == 1 or not reply.acknowledged, f"written and lost: {reply.text}"
        if reply.delete_acknowledged:
            assert states == [ReplyState.DELETED], f"deleted by its source, and the desk says {states}: {reply.text}"
        elif reply.read_noted:
            assert states == [ReplyState.READ], f"read by its source, and the desk says {states}: {reply.text}"
