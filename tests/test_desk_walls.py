"""Walls: let in, kept out, stepped back. Who is kept out finds nothing, password and whole disk in hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from journalist_interface import resealing, walls
from journalist_interface.case_documents import AccessDocument
from journalist_interface.case_places import attachment_place, card_place, item_place
from journalist_interface.checking import check_desk
from journalist_interface.desk_app import create_desk
from journalist_interface.desk_folder import clear_desk_leftovers, open_desk
from journalist_interface.downloading import start_download
from journalist_interface.errors import WritingRefused
from journalist_interface.walls import clear
from journalist_interface.writing import write_note, write_reply
from keys.case_key import CaseKey
from keys.errors import SealBroken
from keys.vault import VaultReader
from serving.server import CLOSE
from store.blobs import new_blob_id
from store.desk.cases import find_case
from store.desk.items import attachments_of, list_items
from store.desk.roles import Role
from store.errors import Missing
from tests.case_of_two import FILES, FRIEND, MESSAGE, Case, case_of_two, keep_out, raw
from tests.custodians import key_of
from tests.desk_office import Office, new_office, read_list, sign_in, write_letter


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with three reviewers."""
    with new_office(tmp_path / "desk", {"bartek": (), "cora": (Role.REVIEWER,)}) as made:
        yield made


@pytest.fixture
def case(office: Office) -> Case:
    """The case, with a letter, two files, a note and a reply."""
    return case_of_two(office)


def test_who_is_kept_out_finds_no_row_and_no_count(case: Case) -> None:
    """The list, the case, its attachments: as if it had never been."""
    office = case.office
    (name, *_more) = [file.id for entry in case.read().entries for file in getattr(entry.document, "attachments", ())]
    keep_out(case)
    assert read_list(office.desk, office.signed_in("bartek")).total == 0
    with pytest.raises(Missing):
        case.read("bartek")
    with pytest.raises(Missing):
        start_download(office.desk, office.signed_in("bartek"), case.reference, name)
    with pytest.raises(Missing):
        write_note(office.desk, office.signed_in("bartek"), case.reference, new_blob_id(), "x")
    with pytest.raises(Missing):
        write_reply(office.desk, office.signed_in("bartek"), case.reference, new_blob_id(), "x", ())


def test_with_the_password_and_the_whole_disk_nothing_opens(case: Case) -> None:
    """Neither bartek's own key nor the case key that he kept opens a byte of what is there now, or finds what was."""
    before = raw(case.office)
    # Long values are cut into pages, the first bytes never: what is looked for would be seen.
    assert all(sealed[:32] in before for sealed in (*case.old_rows, *case.old_files))
    keep_out(case)
    after = raw(case.office)
    kept = [*case.old_rows, *case.old_files]
    pieces = [sealed[at : at + 32] for sealed in kept for at in range(0, len(sealed) - 32, 2_000)]
    assert [piece for piece in pieces if piece in after] == []
    with case.office.desk.database.reading() as connection:
        row = find_case(connection, "amina", case.reference)
        items = list_items(connection, row.id)
        names = attachments_of(connection, row.id)
    with pytest.raises(SealBroken):
        CaseKey.open(row.sealed_key, case.office.secrets["bartek"].key(), row.id)
    with pytest.raises(SealBroken):
        case.old_key.open_item(row.sealed_card, card_place(row.id))
    for item in items:
        with pytest.raises(SealBroken):
            case.old_key.open_item(item.sealed, item_place(row.id, item.id))
    assert len(names) == len(FILES)
    for name in names:
        with case.office.desk.vault.path(name).open("rb") as source, pytest.raises(SealBroken):
            VaultReader(case.old_key, attachment_place(row.id, name), source)


def test_those_who_stay_read_everything(case: Case) -> None:
    """Letter, note, reply, files byte for byte; the reason stands in the timeline and nowhere in clear."""
    keep_out(case)
    page = case.read()
    assert case.contents() == FILES
    kinds = [entry.kind for entry in page.entries]
    assert kinds == ["letter", "reply", "note", "reply", "status", "access"]
    assert page.entries[-1].document == AccessDocument("amina", "bartek", cleared=False, reason=FRIEND)
    assert page.readers == ("amina",)
    assert page.others == ("bartek", "cora")
    assert b"football" not in raw(case.office)
    assert all(finding.sound for finding in check_desk(case.office.folder))


def test_a_further_letter_comes_into_the_case_under_its_new_key(case: Case) -> None:
    """The source notices nothing, and what comes from now on is closed to who was kept out."""
    keep_out(case)
    letter = case.office.deliver(write_letter(case.source.public, "and more"), {"c.pdf": b"c"})
    assert case.office.open(letter) == case.reference
    assert case.contents() == {**FILES, "c.pdf": b"c"}


def test_the_recovery_key_opens_what_has_a_new_key(case: Case) -> None:
    """The way back is not walled off."""
    recovery = key_of(case.office)
    keep_out(case)
    with case.office.desk.database.reading() as connection:
        row = find_case(connection, "recovery", case.reference)
        first = list_items(connection, row.id)[0]
    key = CaseKey.open(row.sealed_key, recovery, row.id)
    assert MESSAGE.encode() in key.open_item(first.sealed, item_place(row.id, first.id))


def test_a_colleague_is_let_in_and_reads_all(case: Case) -> None:
    """Also what was written before; it is recorded, and a form sent twice is one change."""
    desk = case.office.desk
    for _copy in range(2):
        clear(desk, case.office.signed_in(), case.reference, "cora", "knows the force")
    assert case.contents("cora") == FILES
    assert [entry.kind for entry in case.read("cora").entries].count("access") == 1
    assert read_list(desk, case.office.signed_in("cora")).total == 1


def test_a_reviewer_steps_back(case: Case) -> None:
    """One's own choice, with a reason that colleagues see."""
    keep_out(case, who="bartek", by="bartek", reason="he is my cousin")
    with pytest.raises(Missing):
        case.read("bartek")
    last = case.read().entries[-1].document
    assert last == AccessDocument("bartek", "bartek", cleared=False, reason="he is my cousin")


REFUSED = {
    "without a reason": ("withdraw", "bartek", "  "),
    "a reason without end": ("withdraw", "bartek", "x" * 2_001),
    "letting in without a reason": ("clear", "cora", ""),
    "letting in nobody": ("clear", "", "because"),
    "letting in a name that nobody has": ("clear", "zoe", "because"),
    "letting in somebody who is no reviewer": ("clear", "officer", "because"),
    "letting in the recovery key": ("clear", "recovery", "because"),
}


@pytest.mark.parametrize("row", REFUSED)
def test_what_is_refused_changes_nothing(case: Case, row: str) -> None:
    """One sentence, and not a row differs."""
    case.office.add("officer", Role.INTAKE_OFFICER)
    what, who, reason = REFUSED[row]
    before = case.read().entries
    with pytest.raises(WritingRefused):
        getattr(walls, what)(case.office.desk, case.office.signed_in(), case.reference, who, reason)
    assert case.read().entries == before
    assert case.read().readers == ("amina", "bartek")


def test_a_case_is_never_left_without_a_reader(case: Case) -> None:
    """The last one cannot step back before a colleague was let in; nobody outside can be kept out."""
    keep_out(case)
    keep_out(case, who="bartek")
    keep_out(case, who="recovery")
    with pytest.raises(WritingRefused, match="Clear a colleague first"):
        keep_out(case, who="amina")
    assert case.contents() == FILES


def test_a_stranger_to_the_case_changes_nothing_in_it(case: Case) -> None:
    """Not even whether it is there is told."""
    for act in (walls.clear, walls.withdraw):
        for reference in (case.reference, "0000-0000"):
            with pytest.raises(Missing):
                act(case.office.desk, case.office.signed_in("cora"), reference, "cora", "curious")


class Crash(BaseException):
    """What a test raises where a process might die. Not an Exception: nothing may take it for an error."""


STEPS = {
    "in the middle of the files": ("reseal_file", False),
    "before the card": ("put_card", False),
    "before the clearances": ("replace_clearances", False),
    "before the old files go": ("finish_erasing", True),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_loses_nothing_and_leaves_nothing(case: Case, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Before the change is committed the case is as it was; after it, it is under its new key; no file is left over."""
    name, is_done = STEPS[step]
    whole, calls = getattr(resealing, name), iter(range(99))

    def crash(*arguments: object, **more: object) -> object:
        if name == "reseal_file" and next(calls) == 0:
            return whole(*arguments, **more)
        raise Crash

    with monkeypatch.context() as broken:
        broken.setattr(resealing, name, crash)
        broken.setattr(resealing, "forget", lambda *_: None)
        broken.setattr(walls, "forget", lambda *_: None)
        with pytest.raises(Crash):
            keep_out(case)
    case.office.desk.database.close()
    case.office.desk = open_desk(case.office.folder)
    clear_desk_leftovers(case.office.desk)
    assert case.contents() == FILES
    assert case.read().readers == (("amina",) if is_done else ("amina", "bartek"))
    assert len(case.office.desk.vault.published()) == len(FILES)
    assert all(finding.sound for finding in check_desk(case.office.folder))


@pytest.mark.parametrize("harm", ["altered", "missing"])
def test_a_damaged_attachment_is_not_made_unreadable_for_ever(case: Case, harm: str) -> None:
    """Sealed under a key that nobody has any more, a file from the backup would be lost: so it is mended first."""
    with case.office.desk.database.reading() as connection:
        name = min(attachments_of(connection, case.case_id))
    path = case.office.desk.vault.path(name)
    content = path.read_bytes()
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(WritingRefused, match="put the file back from the backup"):
        keep_out(case)
    assert len(case.office.desk.vault.published()) == len(FILES) - (harm == "missing")
    path.write_bytes(content)
    keep_out(case)
    assert case.contents() == FILES


@pytest.fixture
def client(case: Case) -> Iterator[FlaskClient]:
    """A browser in which amina is signed in."""
    app = create_desk(case.office.folder)
    browser = app.test_client()
    sign_in(browser, case.office)
    yield browser
    app.extensions[CLOSE]()


def test_the_pages_let_in_and_keep_out(case: Case, client: FlaskClient) -> None:
    """Names to choose from, a refusal that keeps what was typed, and the way to the list after stepping back."""
    address = f"/case/{case.reference}"
    page = client.get(address).text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    assert '<option value="cora">' in page.split("clear-who")[2]
    refused = client.post(f"{address}/withdraw", data={"csrf_token": token, "who": "", "reason": " "})
    assert refused.status_code == 422
    assert "Give a reason." in refused.text
    twice = {"csrf_token": token, "who": "bartek", "reason": "x" * 2_500}
    assert "x" * 2_500 in client.post(f"{address}/withdraw", data=twice).text
    let_in = client.post(f"{address}/clear", data={"csrf_token": token, "who": "cora", "reason": "knows <b> them"})
    assert (let_in.status_code, let_in.location) == (303, f"{address}#access")
    assert "cora was let in" in client.get(address).text
    assert "knows &lt;b&gt; them" in client.get(address).text
    kept_out = client.post(f"{address}/withdraw", data={"csrf_token": token, "who": "bartek", "reason": "a friend"})
    assert kept_out.location == f"{address}#access"
    gone = client.post(f"{address}/withdraw", data={"csrf_token": token, "who": "amina", "reason": "my cousin"})
    assert (gone.status_code, gone.location) == (303, "/")
    assert client.get(address).status_code == 404
