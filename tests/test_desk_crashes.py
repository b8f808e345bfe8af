"""Opening the post and dying on the way: nothing is lost, nothing is doubled, nothing is left over."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from journalist_interface import attachment_opening, opening
from journalist_interface.case_documents import LetterDocument
from journalist_interface.case_page import read_case
from journalist_interface.desk_folder import clear_desk_leftovers, open_desk
from journalist_interface.downloading import start_download
from keys.hpke import SecretKey
from store.errors import Missing
from tests.desk_office import Office, new_office, read_list, sent_replies, write_letter


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with real keys."""
    with new_office(tmp_path / "desk") as made:
        yield made


@pytest.fixture
def source_key() -> SecretKey:
    """Return a source's reply key."""
    return SecretKey(secrets.token_bytes(96))


class Crash(BaseException):
    """What a test raises where a process might die. Not an Exception: nothing may take it for an error."""


STEPS = {
    "before the letter is opened": (opening, "open_letter"),
    "before the attachments are moved": (opening, "move_attachments"),
    "in the middle of the attachments": (attachment_opening, "_keep_sealed"),
    "before the parcel is taken out": (opening, "erase_opened"),
    "before the case is made": (opening, "add_case"),
    "before the letter is kept": (opening, "keep_item"),
    "before the acknowledgement": (opening, "send_reply"),
    "before the record": (opening, "record_act"),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("tidies_up", [True, False], ids=["exception", "sudden death"])
def test_a_crash_at_any_step_loses_nothing_and_doubles_nothing(
    office: Office, source_key: SecretKey, monkeypatch: pytest.MonkeyPatch, step: str, tidies_up: bool
) -> None:
    """After the crash and a new start the letter opens, once, with everything in it, and no file is left over."""
    letter = office.deliver(write_letter(source_key.public), {"a.pdf": b"a" * 90_000, "b.pdf": b"b" * 10})
    path = office.desk.post.path(letter.attachments[1].blob)
    path.write_bytes(path.read_bytes()[:-40] + bytes(40))

    def crash(*_arguments: object, **_more: object) -> None:
        raise Crash

    with monkeypatch.context() as broken:
        module, name = STEPS[step]
        broken.setattr(module, name, crash)
        if not tidies_up:
            broken.setattr(attachment_opening, "forget", lambda *_: None)
            broken.setattr(opening, "forget", lambda *_: None)
        with pytest.raises(Crash):
            office.open(letter)
    office.desk.database.close()
    again = Office(open_desk(office.folder), office.secrets, office.recovery)
    clear_desk_leftovers(again.desk)
    assert again.desk.vault.published() == set()
    reference = again.open(letter)
    entries = read_case(again.desk, again.signed_in(), reference).entries
    [opened] = [entry.document for entry in entries if isinstance(entry.document, LetterDocument)]
    assert read_list(again.desk, again.signed_in()).total == 1
    assert sent_replies(again) == 1
    whole = start_download(again.desk, again.signed_in(), reference, opened.attachments[0].id)
    assert b"".join(whole.pieces()) == b"a" * 90_000
    assert again.desk.vault.published() == again.vault_files()
    with pytest.raises(Missing):
        again.open(letter)
    again.desk.database.close()


def test_a_crash_after_the_commit_leaves_the_case_and_a_note_of_what_is_to_go(
    office: Office, source_key: SecretKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The case is there once; the sealed originals are noted, and the next start erases them and settles the vault."""
    letter = office.deliver(write_letter(source_key.public), {"a.pdf": b"a"})
    with monkeypatch.context() as broken:

        def crash(*_arguments: object) -> None:
            raise Crash

        broken.setattr(opening, "settle", crash)
        with pytest.raises(Crash):
            office.open(letter)
    assert read_list(office.desk, office.signed_in()).total == 1
    with pytest.raises(Missing):
        office.open(letter)
    assert len(office.desk.post.published()) == 2
    clear_desk_leftovers(office.desk)
    assert office.desk.post.published() == set()
    assert office.desk.vault.published() == office.vault_files()
    assert len(office.vault_files()) == 1
    for folder in (office.desk.vault, office.desk.post):
        assert [*folder.incoming.iterdir(), *folder.held.iterdir()] == []


def test_a_file_that_cannot_be_erased_does_not_hide_the_case(
    office: Office, source_key: SecretKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The officer gets the case; the sealed originals go with the next opening."""
    letter = office.deliver(write_letter(source_key.public))
    with monkeypatch.context() as broken:

        def refuse(*_arguments: object) -> None:
            raise OSError("the disk does not erase")

        broken.setattr(type(office.desk.post), "erase", refuse)
        assert office.open(letter)
    assert len(office.desk.post.published()) == 1
    office.open(office.deliver(write_letter(source_key.public)))
    assert office.desk.post.published() == set()
