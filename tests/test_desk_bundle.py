"""What is in a bundle and what never is: hostile words and names, holes said in their place, colleagues by number."""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from journalist_interface.case_access import open_case
from journalist_interface.case_page import read_case
from journalist_interface.casework.assigning import WorkForm, set_work
from journalist_interface.casework.summary import Summary, write_summary
from journalist_interface.errors import WritingRefused
from journalist_interface.takeout.consenting import agree
from journalist_interface.takeout.file_names import enclosed_name
from journalist_interface.takeout.people_named import PeopleNamed
from journalist_interface.takeout.taking import take_out
from journalist_interface.walls import clear, withdraw
from journalist_interface.writing import write_note, write_reply, write_status
from keys.ciphertext import Ciphertext
from keys.errors import SealBroken
from keys.hpke import SEED_SIZE, SecretKey
from keys.letter import Answer
from store.blobs import new_blob_id
from store.desk.case_tables import items
from store.desk.roles import Role
from tests.desk_office import Office, new_office, write_letter
from tests.taken_out import Recipient, asked, document, recipient, taken
from tests.test_keys_recipient import gather

PEOPLE = {"ben": (Role.REVIEWER,), "cora": (Role.SUPERVISOR,), "dina": (Role.REVIEWER,)}
HOSTILE_NAMES = {
    "../../etc/passwd": "attachments/001-etc_passwd",
    "/etc/cron.d/evil": "attachments/002-etc_cron.d_evil",
    "a.pdf": "attachments/003-a.pdf",
    "A.PDF": "attachments/004-A.PDF",
    "evil\u202efdp.exe": "attachments/005-evilfdp.exe",
    "line\nbreak\x1b[31m.txt": "attachments/006-linebreak_31m.txt",
    "..": "attachments/007-file",
    ".hidden": "attachments/008-hidden",
    "CON": "attachments/009-CON",
    "C:\\windows\\x.bat": "attachments/010-C__windows_x.bat",
    "Dienstplan März.ods": "attachments/011-Dienstplan_Marz.ods",
    "日本.pdf": "attachments/012-file.pdf",
    "x" * 200 + ".docx": "attachments/013-" + "x" * 80 + ".docx",
    "--checkpoint-action=exec=sh": "attachments/014---checkpoint-action_exec_sh",
    "<script>alert(1)</script>": "attachments/015-script_alert_1___script",
}
HARMFUL = "<script>alert(1)</script> <img src=http://evil.example/x> \u202eright to left \x07"
CANARIES = {
    "a note": "canary-note",
    "a reason for colleagues": "canary-why",
    "who may read it": "canary-wall",
    "a tag": "canary-tag",
    "the summary": "canary-summary",
}


@pytest.fixture(scope="module")
def to(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recipient]:
    """Who gets it."""
    with recipient(tmp_path_factory.mktemp("recipient") / "gnupg") as made:
        yield made


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Amina opens the post, ben and dina are reviewers, cora is the supervisor."""
    with new_office(tmp_path / "desk", PEOPLE) as made:
        yield made


def lived_in(office: Office) -> str:
    """A case with everything in it that a case can have; return its reference."""
    key = SecretKey(bytes(range(SEED_SIZE))).public
    first = office.deliver(write_letter(key, HARMFUL), {"a.pdf": b"canary-file"})
    reference = office.open(first, cleared=("amina", "ben"))
    amina, ben = office.signed_in(), office.signed_in("ben")
    write_reply(office.desk, ben, reference, new_blob_id(), "Thank you, we read it.", ["Which car wash?"])
    entries = read_case(office.desk, amina, reference).entries
    question = next(each.id for entry in entries for each in getattr(entry.document, "questions", ()))
    again = replace(write_letter(key, "It is the blue one."), answers=(Answer(question, "canary-answer"),))
    office.open(office.deliver(replace(again, must_not_reach="")), cleared=("amina", "ben"))
    write_note(office.desk, ben, reference, new_blob_id(), CANARIES["a note"])
    write_status(office.desk, amina, reference, new_blob_id(), "passed-on", CANARIES["a reason for colleagues"])
    clear(office.desk, amina, reference, "dina", CANARIES["who may read it"])
    set_work(office.desk, amina, reference, WorkForm("ben", "high", CANARIES["a tag"]))
    write_summary(office.desk, amina, reference, Summary(summary=CANARIES["the summary"]), "0")
    write_status(
        office.desk, amina, reference, new_blob_id(), "closed", "told-to-the-source", untrusted_outcome="misuse"
    )
    return reference


def everything(files: dict[str, bytes]) -> str:
    """All that is in the bundle, as text."""
    return "\n".join(content.decode() for content in files.values()) + json.dumps(document(files), ensure_ascii=False)


def test_the_least_leaves_unless_more_is_chosen(office: Office, to: Recipient) -> None:
    """Letters, replies, statuses; no note, no name, no file, nothing of the desk's own work, nothing of its keys."""
    reference = lived_in(office)
    files = taken(office, to, reference)
    text = everything(files)
    assert set(files) == {"README.txt", "case.html", "case.json", "SHA256SUMS"}
    for what, canary in {**CANARIES, "a file": "canary-file"}.items():
        assert canary not in text, what
    assert not re.search(r"\b(amina|ben|cora|dina)\b", text)
    for there in ("Thank you, we read it.", "Which car wash?", "canary-answer", "Sergeant Blunt", "told-to-the-source"):
        assert there in text
    with office.desk.database.reading() as connection:
        case = open_case(connection, office.signed_in(), reference)
        ids = connection.execute(items.select()).scalars().all()
    for secret in (case.card.name, case.row.id, case.row.address or "", case.key.raw.hex(), *ids):
        assert secret not in text
    found = document(files)
    kinds = [entry["kind"] for entry in found["timeline"]]
    assert kinds == ["letter", "reply", "reply", "status", "letter", "status", "reply", "status"]
    assert found["timeline"][1]["by"] == "The desk, by itself"
    assert found["timeline"][2]["by"] == "Reviewer 1"
    assert found["timeline"][2]["questions"] == [{"question": "Which car wash?", "answers": ["canary-answer"]}]
    assert found["made"]["by"] == "Reviewer 2"
    assert found["made"]["consented_by"] == "a second person"
    assert found["attachments"][0]["state"] == "left out"
    assert len(found["left_out"]) == 4


def test_what_is_chosen_leaves(office: Office, to: Recipient) -> None:
    """Notes with reasons written for colleagues, names, and files; never the walls and the desk's own work."""
    reference = lived_in(office)
    text = everything(taken(office, to, reference, attachments="yes", notes="yes", names="yes"))
    for what in ("a note", "a reason for colleagues"):
        assert CANARIES[what] in text
    for what in ("who may read it", "a tag", "the summary"):
        assert CANARIES[what] not in text
    for there in ("canary-file", "amina", "ben", "cora"):
        assert there in text


def test_the_page_runs_and_fetches_nothing(office: Office, to: Recipient, browser: Browser, tmp_path: Path) -> None:
    """With scripts on, and hostile words in it: no request leaves, no script runs, directions are made visible."""
    page_file = tmp_path / "case.html"
    page_file.write_bytes(taken(office, to, lived_in(office), attachments="yes")["case.html"])
    text = page_file.read_text()
    assert not re.search(r"<script|<img|\son\w+=|\sstyle=|<link|\ssrc=", text.replace("&lt;img src=", ""))
    assert "&lt;script&gt;" in text
    assert "⟨U+202E⟩right to left ⟨U+0007⟩" in text
    said: list[str] = []
    wanted: list[str] = []
    page = browser.new_page(viewport={"width": 320, "height": 700})
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: wanted.append(request.url))
    page.goto(page_file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.locator("h1").evaluate("e => getComputedStyle(e).breakAfter") == "avoid"  # the style is let in
    page.close()
    assert said == []
    assert wanted == [page_file.as_uri()]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_hostile_name_does_no_harm(name: str) -> None:
    """Below one folder, plain, short, and the only one of its kind on any disk."""
    assert enclosed_name(list(HOSTILE_NAMES).index(name) + 1, name) == HOSTILE_NAMES[name]


def test_hostile_files_come_out_and_keep_their_true_names(office: Office, to: Recipient) -> None:
    """As tar unpacks them; the names as the source wrote them stand in case.json alone."""
    contents = {name: f"content {number}".encode() for number, name in enumerate(HOSTILE_NAMES)}
    reference = office.open(office.deliver(write_letter(None), contents))
    files = taken(office, to, reference, attachments="yes")
    for each in document(files)["attachments"]:
        assert files[each["file"]] == contents[each["name"]]
    assert {name for name in files if "/" in name} == set(HOSTILE_NAMES.values())
    assert len({name.lower() for name in files}) == len(files)


def _alter(office: Office, kind: str) -> None:
    with office.desk.database.writing() as connection:
        connection.execute(items.update().where(items.c.kind == kind).values(sealed=Ciphertext(b"\x00")))


def _hole(office: Office, harm: str) -> None:
    vault = office.desk.vault
    [blob] = office.vault_files()
    match harm:
        case "a file is gone":
            vault.path(blob).unlink()
        case "a file was altered":
            content = bytearray(vault.path(blob).read_bytes())
            content[-1] ^= 1
            vault.path(blob).write_bytes(content)
        case "a letter does not open" | "a reply does not open":
            _alter(office, harm.split()[1])
        case "an item was taken away":
            with office.desk.database.writing() as connection:
                connection.execute(items.delete().where(items.c.kind == "reply"))


HOLES = {
    "a file is gone": "Attachment 1 cannot be given: its file is not in the vault any more.",
    "a file was altered": "Attachment 1 cannot be given: its file in the vault was altered.",
    "a letter does not open": "Entry 1 of the timeline does not open.",
    "a reply does not open": "Entry 2 of the timeline does not open.",
    "an item was taken away": "a part of it was taken away, moved or put in.",
}


@pytest.mark.parametrize("harm", HOLES)
def test_a_hole_is_said_in_its_place(office: Office, to: Recipient, harm: str) -> None:
    """On the cover, in its place, in the text file and for programs; everything else is there."""
    reference = office.open(office.deliver(write_letter(SecretKey(bytes(SEED_SIZE)).public), {"a.pdf": b"a"}))
    _hole(office, harm)
    files = taken(office, to, reference, attachments="yes")
    found = document(files)
    assert any(HOLES[harm] in sentence for sentence in found["lacks"])
    for name in ("case.html", "README.txt"):
        assert "This is not whole" in files[name].decode()
        assert HOLES[harm] in files[name].decode()
    assert ("attachments/001-a.pdf" in files) == (harm in ("a reply does not open", "an item was taken away"))
    if "file" in harm:
        assert found["attachments"][0] == found["attachments"][0] | {"state": "damaged", "file": None, "name": "a.pdf"}
    if "does not open" in harm:
        assert any(entry["kind"] == "unreadable" for entry in found["timeline"])


def test_an_altered_note_is_no_hole_where_no_note_leaves(office: Office, to: Recipient) -> None:
    """And one where notes do."""
    reference = office.open(office.deliver(write_letter(None)))
    write_note(office.desk, office.signed_in(), reference, new_blob_id(), "a note")
    _alter(office, "note")
    assert document(taken(office, to, reference))["lacks"] == []
    assert document(taken(office, to, reference, notes="yes"))["lacks"] != []


def test_what_goes_wrong_on_the_way_is_no_whole_bundle(office: Office, to: Recipient) -> None:
    """A file that is altered after it was looked at: the bundle is torn off, and gpg does not take it for whole."""
    reference = office.open(office.deliver(write_letter(None), {"a.bin": bytes(2_000_000)}))
    wanted = asked(office, to, reference, attachments="yes")
    agree(office.desk, office.signed_in("cora"), wanted.id)
    bundle = take_out(office.desk, office.signed_in(), reference, wanted.id)
    _hole(office, "a file was altered")
    got = bytearray()
    with pytest.raises(SealBroken):
        gather(bundle.pieces(), got)
    assert len(got) > 100_000
    with pytest.raises(subprocess.CalledProcessError):
        to.open(bytes(got))


def test_a_wall_between_two_looks_stops_it(office: Office, to: Recipient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files under new names: what was read through is not what would be sent."""
    reference = office.open(office.deliver(write_letter(None), {"a.pdf": b"a"}), cleared=("amina", "ben"))
    wanted = asked(office, to, reference, attachments="yes")
    agree(office.desk, office.signed_in("cora"), wanted.id)

    def meanwhile(*_arguments: Any, **_more: Any) -> dict[str, str]:
        withdraw(office.desk, office.signed_in(), reference, "ben", "Just now.")
        return {}

    with monkeypatch.context() as patched:
        patched.setattr("journalist_interface.takeout.taking.find_faults", meanwhile)
        with pytest.raises(WritingRefused, match="changed meanwhile"):
            take_out(office.desk, office.signed_in(), reference, wanted.id)
    assert take_out(office.desk, office.signed_in(), reference, wanted.id).reference == reference


def test_people_have_numbers_in_the_order_in_which_they_come() -> None:
    """The same person is the same number throughout; the desk itself is nobody."""
    people = PeopleNamed(by_name=False)
    said = [people(name) for name in ("ben", "amina", "", "ben")]
    assert said == ["Reviewer 1", "Reviewer 2", "The desk, by itself", "Reviewer 1"]
    assert PeopleNamed(by_name=True)("ben") == "ben"
