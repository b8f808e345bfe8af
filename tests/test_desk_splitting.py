"""Splitting: letters about another matter in a case of their own, with its own readers; whole and once, or not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from journalist_interface import resealing
from journalist_interface.case_access import open_case
from journalist_interface.casework import split_case, splitting
from journalist_interface.casework.board import Board
from journalist_interface.casework.case_links import LinkKind
from journalist_interface.casework.linking import unlink
from journalist_interface.casework.one_case import read_whole_case
from journalist_interface.casework.splitting import split
from journalist_interface.desk_folder import clear_desk_leftovers, open_desk
from journalist_interface.downloading import start_download
from journalist_interface.errors import WritingRefused
from store.desk.account_tables import audit
from store.desk.roles import Role
from store.errors import Missing
from tests.desk_office import Office, new_office, read_list
from tests.desk_person import letter
from tests.two_matters import FILE, Matter, letters, page


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk: amina opens the post; ben, cora and dan are reviewers."""
    with new_office(tmp_path / "desk", dict.fromkeys(("ben", "cora", "dan"), (Role.REVIEWER,))) as made:
        yield made


@pytest.fixture
def matter(office: Office) -> Matter:
    """A source with two matters."""
    return Matter(office)


def test_letters_stand_in_a_case_of_their_own_and_where_they_came_in(office: Office, matter: Matter) -> None:
    """With their files, byte for byte, under a key and a name of its own; linked with the first."""
    made = matter.split(why="Another man.")
    [copied] = letters(office, made)
    first = letters(office, matter.reference)
    assert [each.message for each in first] == ["He sells names.", "His chief hits his wife."]
    assert copied.message == first[1].message
    assert copied.attachments[0].id != first[1].attachments[0].id
    for reference, document in ((made, copied), (matter.reference, first[1])):
        download = start_download(office.desk, office.signed_in(), reference, document.attachments[0].id)
        assert b"".join(download.pieces()) == FILE
    with office.desk.database.reading() as connection:
        old, new = (open_case(connection, office.signed_in(), each) for each in (matter.reference, made))
    assert old.key != new.key
    assert (new.card.topics, new.card.danger, new.card.unread) == (("partner",), True, 0)
    assert (new.work.received, new.work.acknowledged) == (old.work.received, old.work.acknowledged)
    assert not page(office, made).lacks_a_part
    [seen] = read_whole_case(office.desk, Board(), office.signed_in(), made)[1].beside
    assert (seen.case.reference, seen.kind) == (matter.reference, LinkKind.SPLIT)
    assert seen.event is not None
    assert seen.event.why == "Another man."
    assert office.desk.vault.published() == office.vault_files()


def test_only_those_chosen_can_read_it_and_the_trail_says_who(office: Office, matter: Matter) -> None:
    """Cora still reads the letter in the first case, and nothing of the other."""
    made = matter.split()
    assert len(letters(office, made, "ben")) == 1
    for who in ("cora", "dan"):
        with pytest.raises(Missing):
            page(office, made, who)
    assert read_whole_case(office.desk, Board(), office.signed_in("cora"), matter.reference)[1].is_empty
    assert [each.message for each in letters(office, matter.reference, "cora")][1] == "His chief hits his wife."
    assert read_list(office.desk, office.signed_in("cora")).total == 1
    with office.desk.database.reading() as connection:
        rows = connection.execute(audit.select().where(audit.c.act == "split").order_by(audit.c.number)).all()
    assert [(row.case_reference, row.note) for row in rows] == [(matter.reference, ""), (made, "amina, ben")]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"readers": ("ben",)}, "Stay among its readers"),
        ({"readers": ()}, "Stay among its readers"),
        ({"readers": ("amina", "dan")}, "Choose among those who can read"),
        ({"readers": ("amina", "recovery")}, "Choose among those who can read"),
        ({"letters": ["0" * 32]}, "Choose at least one letter"),
        ({"case_id": "none"}, "not complete"),
        ({"why": "x" * 501}, "501 characters"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_made(
    office: Office, matter: Matter, more: dict[str, object], sentence: str
) -> None:
    """No row, no file."""
    before = office.desk.vault.published()
    with pytest.raises(WritingRefused, match=sentence):
        matter.split(**more)
    assert read_list(office.desk, office.signed_in()).total == 1
    assert office.desk.vault.published() == before


def test_who_cannot_read_the_case_splits_nothing(office: Office, matter: Matter) -> None:
    """Nor does anybody copy into a case that is not theirs, or that was not split off."""
    with pytest.raises(Missing):
        split(office.desk, office.signed_in("dan"), matter.reference, matter.form())
    other = office.open(letter(office), cleared=("amina", "dan"))
    with pytest.raises(WritingRefused, match="not split off"):
        matter.split(into=other)
    theirs = office.open(letter(office), cleared=("dan",))
    for into in (theirs, "0000-0000"):
        with pytest.raises(Missing):
            matter.split(into=into)
    made = matter.split()
    with pytest.raises(Missing):
        split(office.desk, office.signed_in("cora"), matter.reference, matter.form(matter.letters(), into=made))
    unlink(office.desk, office.signed_in(), matter.reference, made)
    with pytest.raises(WritingRefused, match="not split off"):
        matter.split(letters=matter.letters(), into=made)


def test_the_same_form_makes_one_case(office: Office, matter: Matter) -> None:
    """Also when its id is another's: then the case gets one of its own, and nobody learns it."""
    form = matter.form()
    made = split(office.desk, office.signed_in(), matter.reference, form)
    assert split(office.desk, office.signed_in(), matter.reference, form) == made
    assert read_list(office.desk, office.signed_in()).total == 2
    with office.desk.database.reading() as connection:
        theirs = open_case(connection, office.signed_in("dan"), office.open(letter(office), cleared=("dan",))).row.id
    again = matter.split(case_id=theirs)
    assert again != made
    assert len(letters(office, again)) == 1


def test_a_damaged_file_is_said_and_nothing_is_copied(office: Office, matter: Matter) -> None:
    """Both letters were asked for: neither is copied, and no file stays."""
    damaged = letters(office, matter.reference)[1].attachments[0].id
    path = office.desk.vault.path(damaged)
    path.write_bytes(path.read_bytes()[:-40] + bytes(40))
    before = office.desk.vault.published()
    with pytest.raises(WritingRefused, match="damaged or missing"):
        matter.split(letters=matter.letters())
    assert office.desk.vault.published() == before
    assert read_list(office.desk, office.signed_in()).total == 1


class Crash(BaseException):
    """What a test raises where a process might die."""


STEPS = {
    "in the middle of the files": (resealing, "VaultWriter", 2),
    "before the case is made": (split_case, "add_case", 1),
    "before a letter is kept": (split_case, "add_item", 2),
    "before a file is named": (split_case, "add_attachment", 2),
    "before the two are linked": (splitting, "link_split", 1),
    "before the record": (splitting, "record_act", 1),
    "after it is committed": (splitting, "settle", 1),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("tidies_up", [True, False], ids=["exception", "sudden death"])
def test_a_crash_at_any_step_leaves_nothing_half_done(
    office: Office, matter: Matter, monkeypatch: pytest.MonkeyPatch, step: str, tidies_up: bool
) -> None:
    """After the crash and a new start there is no new case, or a whole one, once; the first is as it was."""
    form = matter.form(matter.letters())
    module, name, times = STEPS[step]
    really, count = getattr(module, name), [times]

    def crash(*given: object, **more: object) -> object:
        count[0] -= 1
        if not count[0]:
            raise Crash
        return really(*given, **more)

    with monkeypatch.context() as broken:
        broken.setattr(module, name, crash)
        if not tidies_up:
            broken.setattr(splitting, "forget", lambda *_: None)
        with pytest.raises(Crash):
            split(office.desk, office.signed_in(), matter.reference, form)
    office.desk.database.close()
    again = Office(open_desk(office.folder), office.secrets, office.recovery)
    clear_desk_leftovers(again.desk)
    assert again.desk.vault.published() == again.vault_files()
    assert len(again.vault_files()) == (4 if name == "settle" else 2)
    made = split(again.desk, again.signed_in(), matter.reference, form)
    assert [each.message for each in letters(again, made)] == ["He sells names.", "His chief hits his wife."]
    assert [each.message for each in letters(again, matter.reference)] == [
        each.message for each in letters(again, made)
    ]
    assert read_list(again.desk, again.signed_in()).total == 2
    assert again.desk.vault.published() == again.vault_files()
    for folder in (again.desk.vault.incoming, again.desk.vault.held):
        assert [*folder.iterdir()] == []
    again.desk.database.close()
