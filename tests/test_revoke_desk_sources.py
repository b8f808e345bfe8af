"""After `candour-drop revoke-desk`: which answers a source sees, what it is told, and whether its letter is taken."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.source_client import SentFile, SourceClient
from source_interface.drop_folder import DropFolder, open_drop
from source_interface.intake_key_history import key_in_force
from source_interface.lost_desk import LostDesk, is_closed, read_lost_desk, tell_lost_desk
from store.drop.reply_files import forget_files
from store.drop.tables import replies, reply_files
from store.folder import write_private_file
from tests.keys_fixtures import CURVE25519, gpg_home
from tests.revoked_host import days_ago, deliver, held, is_shut_out, lived, place, revoke, run, site, texts
from tests.source_ground import today

__all__ = ["lived", "place"]


def test_what_is_held_back_is_shown_or_erased(place: Path, lived: tuple[Path, str]) -> None:
    """Released it is as it was. Erased it is gone, and the same answer does not come back."""
    assert revoke(place / "drop", "--since", days_ago(3)).exit_code == 0
    for neither_or_both in ((), ("--release", "--remove"), ("--remove", "--release")):
        assert run(place / "drop", "after-revoking", "answers", *neither_or_both).exit_code == 2
    done = run(place / "drop", "after-revoking", "answers", "--release")
    assert "2 answers that were held back are shown" in done.stdout
    with site(place) as url:
        assert "A backdated one" in texts(url, lived[1])
    done = revoke(place / "drop", "--since", days_ago(3), "--answers", "remove")
    assert "2 answers that were held back are erased" in done.stdout
    folder = DropFolder(place / "drop")
    deliver(folder, lived[1], "A backdated one", came=2, dated=40)
    drop = open_drop(folder.root)
    with drop.database.reading() as connection:
        assert len(connection.execute(replies.select()).all()) == 1
    drop.database.close()


def test_the_files_of_an_answer_wait_with_it(place: Path) -> None:
    """However long somebody takes to say whose it is. Released, they are there for as long as those of a new answer."""
    assert revoke(place / "drop", "--since", days_ago(3)).exit_code == 0
    drop = open_drop(place / "drop")
    with drop.database.writing() as connection:
        answer = connection.execute(replies.select().where(replies.c.held)).first()
        assert answer is not None
        row = {"reply": answer.id, "lookup_id": answer.lookup_id, "size": 4, "sha256": "0" * 64, "here": True}
        connection.execute(reply_files.insert().values(blob="b" * 32, day=days_ago(90), **row))

    def left(days_on: int = 0) -> list[str]:
        forget_files(drop.database, drop.reply_files, days_ago(-days_on), 60)
        with drop.database.reading() as connection:
            return [row.day for row in connection.execute(reply_files.select())]

    assert left() == [days_ago(90)]
    assert run(place / "drop", "after-revoking", "answers", "--release").exit_code == 0
    assert left(60) == [today()]
    assert left(61) == []
    drop.database.close()


def test_a_source_cannot_reach_what_is_held_back(place: Path, lived: tuple[Path, str]) -> None:
    """Not by the form that deletes an answer either: it is not theirs to erase until somebody knows whose it is."""
    assert revoke(place / "drop", "--since", days_ago(3)).exit_code == 0
    drop = open_drop(place / "drop")
    with drop.database.reading() as connection:
        [*hidden] = connection.execute(replies.select().where(replies.c.held)).all()
    with site(place) as url:
        source = SourceClient(url)
        page = source.come_back(lived[1])
        values = {"csrf_token": page.hidden("csrf_token"), "act": "delete", "reply": hidden[0].id}
        source.post("/inbox", values)
        source.close()
    assert held(place) == 2
    drop.database.close()


def test_every_source_is_told_until_that_ends(place: Path, lived: tuple[Path, str]) -> None:
    """Since when, that answers may not be ours, that none comes from there any more. It ends by hand, or in time."""
    with site(place) as url:
        assert "Please read this first" not in texts(url, lived[1])
    assert revoke(place / "drop", "--since", days_ago(3)).exit_code == 0
    with site(place) as url:
        told = texts(url, lived[1])
        assert "Please read this first" in told
        assert "Perhaps it was not from us. Please do not do what it asked." in told
        done = run(place / "drop", "after-revoking", "end-notice")
        assert "Sources are told no longer." in done.stdout
        assert "Please read this first" not in texts(url, lived[1])
    assert "Nothing was changed" in run(place / "drop", "after-revoking", "end-notice").stdout
    for days, tells in ((180, True), (181, False)):
        assert LostDesk(days_ago(200), days_ago(days)).is_told(today()) is tells


def test_a_closed_site_takes_nothing_until_it_has_another_key(place: Path, lived: tuple[Path, str]) -> None:
    """Said where a report begins; words that were on their way come back to who wrote them, a file is not sealed;
    answers can be read. Opened again by hand, or by another intake key.
    """
    blobs = place / "drop" / "blobs"
    with site(place) as url:
        writing = SourceClient(url)
        form = writing.fill_in("I had begun already.", codename=writing.take_codename())
        assert revoke(place / "drop", "--close").exit_code == 0
        before = sorted(path.name for path in blobs.rglob("*"))
        answer = writing.post_multipart("/report", form, [SentFile.of("a.txt", b"evidence")])
        assert (answer.status, "I had begun already." in answer.text) == (507, True)
        assert "Nothing is wrong with what you wrote." in answer.text
        answer = writing.post_multipart("/report", form)
        assert (answer.status, "Nothing is wrong with what you wrote." in answer.text) == (507, True)
        page = writing.get("/codename").text
        writing.close()
        assert "We have to change our locks first." in page
        assert "There is no room" not in page
        inbox = texts(url, lived[1])
        assert "An old answer" in inbox
        assert "We take no messages at the moment." in inbox
        assert sorted(path.name for path in blobs.rglob("*")) == before
        checked = run(place / "drop", "check").output
        assert "warn  The site is closed for as long as it has the intake key" in checked
        assert "The site takes letters again." in run(place / "drop", "after-revoking", "reopen").stdout
        source = SourceClient(url)
        assert source.report("Now it is taken.", codename=source.take_codename()).status == 200
        source.close()
    assert "was not closed. Nothing was changed" in run(place / "drop", "after-revoking", "reopen").stdout
    assert revoke(place / "drop", "--close").exit_code == 0
    # Without --close a closed site stays closed: the same line again must not open it.
    assert revoke(place / "drop").exit_code == 0
    lost = read_lost_desk(place / "drop" / "desk-lost.json")
    assert lost is not None
    assert lost.is_closed(key_in_force(DropFolder(place / "drop")))
    assert not is_closed(place / "drop" / "desk-lost.json", "A" * 40)


def test_a_damaged_note_closes_the_site_and_only_a_person_opens_it(place: Path) -> None:
    """What is sent to a key that a thief has cannot be called back. The line that mends the note, which `check` names,
    leaves the site closed, and says which day was lost with it.
    """
    note, key = place / "drop" / "desk-lost.json", key_in_force(DropFolder(place / "drop"))
    assert revoke(place / "drop", "--close", "--since", days_ago(9)).exit_code == 0
    write_private_file(note, note.read_bytes()[:-1])
    assert is_closed(note, "A" * 40)
    assert "FAULT The note of the lost reviewer host" in run(place / "drop", "check").output
    done = revoke(place / "drop")
    assert (done.exit_code, is_closed(note, key), is_closed(note, "A" * 40)) == (0, True, False)
    assert f"If that was earlier than {days_ago(1)}, type the same line again with --since" in done.stdout
    assert "The site stays closed" in done.stdout
    assert "The site takes letters again" in run(place / "drop", "after-revoking", "reopen").stdout
    assert not is_closed(note, key)


def have_key(place: Path, key: bytes) -> str | None:
    """Seal to another intake key, however it came; return its fingerprint."""
    folder = DropFolder(place / "drop")
    write_private_file(folder.intake_key, key)
    return key_in_force(folder)


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bytes]:
    """Another intake key."""
    with gpg_home(tmp_path_factory.mktemp("another") / "gnupg") as home:
        yield home.public(home.make("another", CURVE25519.format(expiry=0)))


def test_closed_means_closed_for_the_key_that_is_here(place: Path, another: bytes) -> None:
    """With another key the site is open, and nothing says that it is closed. Whoever comes back to a key that was
    lost, also after a second theft, finds it closed again.
    """
    first, note = DropFolder(place / "drop").intake_key.read_bytes(), place / "drop" / "desk-lost.json"
    done = revoke(place / "drop", "--close")
    assert "The site is closed" in done.stdout
    assert "Then the site opens by itself" in done.stdout
    assert "Then the site opens by itself" in revoke(place / "drop").stdout
    second = have_key(place, another)
    done = revoke(place / "drop")
    assert done.exit_code == 0, done.output
    assert "The site goes on taking letters" in done.stdout
    assert "Then the site opens by itself" not in done.stdout
    assert "The site is closed" not in run(place / "drop", "check").output
    assert not is_closed(note, second)
    assert "The site is closed" in revoke(place / "drop", "--close").stdout
    assert is_closed(note, second)
    assert is_closed(note, have_key(place, first))
    assert "warn  The site is closed" in run(place / "drop", "check").output
    # The first turned out to be safe: that says nothing of the second.
    assert "The site takes letters again" in run(place / "drop", "after-revoking", "reopen").stdout
    assert (is_closed(note, key_in_force(DropFolder(place / "drop"))), is_closed(note, second)) == (False, True)


def test_a_key_that_nobody_can_read_leaves_the_site_closed_whatever_key_is_put_there(place: Path) -> None:
    """Sources are told all the same. Put back, it does not open the site; the same line then names it."""
    key, note = DropFolder(place / "drop").intake_key.read_bytes(), place / "drop" / "desk-lost.json"
    (place / "drop" / "intake-key.asc").unlink()
    done = revoke(place / "drop", "--close")
    assert (done.exit_code, is_shut_out(place)) == (0, True), done.output
    assert "The site is closed. The intake key cannot be read" in done.stdout
    told = tell_lost_desk(note)
    assert told is not None
    assert run(place / "drop", "after-revoking", "reopen").exit_code == 1
    fingerprint = have_key(place, key)
    assert (is_closed(note, fingerprint), is_closed(note, "A" * 40)) == (True, True)
    assert "The site is closed, for whatever intake key it has" in run(place / "drop", "check").output
    assert revoke(place / "drop").exit_code == 0
    assert is_closed(note, "A" * 40)
    assert revoke(place / "drop", "--close").exit_code == 0
    assert (is_closed(note, fingerprint), is_closed(note, "A" * 40)) == (True, False)
