"""Taking a case out: by deliberate steps, with a second person, and never without a word in the case and the trail."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from journalist_interface.errors import SetUpRefused, WritingRefused
from journalist_interface.takeout.asking import MOST_STANDING, STANDS_SECONDS, ask, look, take_back
from journalist_interface.takeout.consenting import agree, refuse, waiting_take_outs
from journalist_interface.takeout.rule import keep_rule
from journalist_interface.takeout.taking import take_out
from journalist_interface.takeout.wish import LONGEST_REASON
from journalist_interface.walls import withdraw
from journalist_interface.writing import write_note
from keys.errors import SealBroken
from store.blobs import new_blob_id
from store.desk.audit_reading import verify_trail
from store.desk.case_tables import take_outs
from store.desk.reviewers import suspend
from store.desk.roles import Role
from store.desk.sheets import list_sheets
from store.errors import Missing
from tests.desk_office import Office, new_office, write_letter
from tests.desk_person import letter, source
from tests.taken_out import REASON, Recipient, asked, document, recipient, taken
from tests.test_desk_work import acts, marks

PEOPLE = {"ben": (Role.REVIEWER,), "cora": (Role.REVIEWER, Role.SUPERVISOR), "dina": (Role.REVIEWER,)}
FILE = b"%PDF-1.4 canary-file"


@pytest.fixture(scope="module")
def to(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recipient]:
    """Who gets it."""
    with recipient(tmp_path_factory.mktemp("recipient") / "gnupg") as made:
        yield made


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """Amina opens the post, ben and dina are reviewers, cora is the supervisor too."""
    with new_office(tmp_path / "desk", PEOPLE) as made:
        yield made


@pytest.fixture
def reference(office: Office) -> str:
    """A case that amina and ben can read."""
    return office.open(office.deliver(write_letter(source()), {"a.pdf": FILE}), cleared=("amina", "ben"))


def test_the_recipient_alone_opens_it_and_the_sums_fit(
    office: Office, reference: str, to: Recipient, tmp_path: Path
) -> None:
    """What gpg and sha256sum say, not we."""
    files = taken(office, to, reference, attachments="yes")
    assert set(files) == {"README.txt", "case.html", "case.json", "SHA256SUMS", "attachments/001-a.pdf"}
    assert files["attachments/001-a.pdf"] == FILE
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    checked = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path, capture_output=True, text=True)
    assert (checked.returncode, checked.stdout.count(": OK")) == (0, 4)


def test_every_step_is_told_in_case_and_trail(office: Office, reference: str, to: Recipient) -> None:
    """The reason stands in the case and nowhere else; the trail has the fingerprint; the bundle names its record."""
    files = taken(office, to, reference, notes="yes")
    [wish, done] = marks(office, reference)
    assert wish == (
        "amina",
        f"This case is to be taken out, sealed to the key {to.fingerprint}: without attachments, with notes for "
        f"colleagues, colleagues without names. Reason: {REASON}",
    )
    assert done == ("amina", f"This case was taken out, sealed to the key {to.fingerprint}. cora consented.")
    assert acts(office, "case-out-asked") == [("amina", reference, to.fingerprint)]
    assert acts(office, "consent") == [("cora", reference, f"case out: {to.fingerprint}")]
    assert acts(office, "case-out") == [("amina", reference, to.fingerprint)]
    made = document(files)["made"]
    with office.desk.database.reading() as connection:
        row = connection.exec_driver_sql("SELECT act, chain FROM audit WHERE number = ?", (made["audit_record"],)).one()
        verify_trail(connection)
    assert (row.act, row.chain.hex()) == ("case-out", made["audit_chain"])
    assert made["sealed_to"] == to.fingerprint
    for content in files.values():
        assert b"canary-reason" not in content
    for path in office.folder.rglob("*"):
        assert not path.is_file() or b"canary-reason" not in path.read_bytes()


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "no reason": ({"reason": " \n"}, "Say why"),
    "a reason without an end": ({"reason": "x" * (LONGEST_REASON + 1)}, "2,000 is the most"),
    "no key": ({"recipient_key": ""}, "no OpenPGP public key"),
    "no ending": ({"ending": ""}, "not the end of the fingerprint"),
    "eight digits alone": ({"ending": "short"}, "not the end of the fingerprint"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_no_step_can_be_left_out(office: Office, reference: str, to: Recipient, name: str) -> None:
    """And nothing is kept of a wish that was refused."""
    form, sentence = REFUSED[name]
    if form.get("ending") == "short":
        form = {"ending": to.fingerprint[-8:]}
    with pytest.raises(WritingRefused, match=sentence) as refused:
        ask(office.desk, office.signed_in(), reference, to.form(**form))
    assert "othing was taken out" in refused.value.sentence
    assert look(office.desk, office.signed_in(), reference).standing == ()
    assert acts(office, "case-out-asked") == []


def test_it_waits_for_a_second_person(office: Office, reference: str, to: Recipient) -> None:
    """Who is neither the one who asked nor without a say; they see reference, name and fingerprint."""
    wanted = asked(office, to, reference)
    with pytest.raises(WritingRefused, match="waits for the consent"):
        take_out(office.desk, office.signed_in(), reference, wanted.id)
    for nobody in ("amina", "ben", "dina"):
        with pytest.raises(SetUpRefused):
            agree(office.desk, office.signed_in(nobody), wanted.id)
        assert waiting_take_outs(office.desk, office.signed_in(nobody)) is None
    waiting = waiting_take_outs(office.desk, office.signed_in("cora"))
    assert waiting
    assert waiting[0].asked == wanted
    assert waiting[0].mine
    with pytest.raises(Missing):
        look(office.desk, office.signed_in("cora"), reference)
    agree(office.desk, office.signed_in("cora"), wanted.id)
    assert waiting_take_outs(office.desk, office.signed_in("cora")) == ()
    assert take_out(office.desk, office.signed_in(), reference, wanted.id).file_name == f"case-{reference}.tar.gpg"


def test_a_supervisor_does_not_consent_to_herself(office: Office, to: Recipient) -> None:
    """Where she is the only one, an officer stands in, and sees nothing else."""
    hers = office.open(letter(office), cleared=("cora",))
    other = office.open(letter(office), cleared=("ben",))
    asked(office, to, other, "ben")
    wanted = asked(office, to, hers, "cora")
    with pytest.raises(SetUpRefused):
        agree(office.desk, office.signed_in("cora"), wanted.id)
    waiting = waiting_take_outs(office.desk, office.signed_in("amina"))
    assert waiting
    assert [each.asked.id for each in waiting] == [wanted.id]
    agree(office.desk, office.signed_in("amina"), wanted.id)
    assert take_out(office.desk, office.signed_in("cora"), hers, wanted.id).reference == hers


def test_consent_is_worth_what_its_giver_is(office: Office, reference: str, to: Recipient) -> None:
    """Suspended since, their word counts no more; another's does."""
    office.add("sue", Role.SUPERVISOR)
    wanted = asked(office, to, reference)
    agree(office.desk, office.signed_in("cora"), wanted.id)
    with office.desk.database.writing() as connection:
        suspend(connection, "cora", True)
    with pytest.raises(WritingRefused):
        take_out(office.desk, office.signed_in(), reference, wanted.id)
    agree(office.desk, office.signed_in("sue"), wanted.id)
    assert take_out(office.desk, office.signed_in(), reference, wanted.id).reference == reference


def test_a_refused_request_is_gone(office: Office, reference: str, to: Recipient) -> None:
    """With its sheet; the trail has who refused."""
    wanted = asked(office, to, reference)
    refuse(office.desk, office.signed_in("cora"), wanted.id)
    with pytest.raises(Missing):
        take_out(office.desk, office.signed_in(), reference, wanted.id)
    assert acts(office, "case-out-end") == [("cora", reference, f"{to.fingerprint}: refused")]
    with office.desk.database.reading() as connection:
        assert list_sheets(connection, wanted.case_id) == []


def test_a_request_is_over_by_itself_or_taken_back(office: Office, reference: str, to: Recipient) -> None:
    """After three days nothing can be done with it; somebody else cannot take it back."""
    old, kept = asked(office, to, reference), asked(office, to, reference)
    with office.desk.database.writing() as connection:
        connection.execute(
            take_outs.update().where(take_outs.c.id == old.id).values(expires_at=old.expires_at - STANDS_SECONDS)
        )
    with pytest.raises(SetUpRefused):
        agree(office.desk, office.signed_in("cora"), old.id)
    with pytest.raises(Missing):
        take_back(office.desk, office.signed_in("ben"), reference, kept.id)
    take_back(office.desk, office.signed_in(), reference, kept.id)
    for _each in range(MOST_STANDING):
        asked(office, to, reference)
    assert [note.split(": ")[1] for _who, _case, note in acts(office, "case-out-end")] == ["taken back", "over"]
    with pytest.raises(WritingRefused, match="already"):
        asked(office, to, reference)


def test_one_person_can_be_enough_but_not_who_chose_it(office: Office, reference: str, to: Recipient) -> None:
    """A supervisor chooses; it is recorded; and their own requests still wait."""
    keep_rule(office.desk, office.signed_in("cora"), alone=True)
    keep_rule(office.desk, office.signed_in("cora"), alone=True)
    alone = asked(office, to, reference)
    assert take_out(office.desk, office.signed_in(), reference, alone.id).reference == reference
    hers = office.open(letter(office), cleared=("cora",))
    with pytest.raises(WritingRefused):
        take_out(office.desk, office.signed_in("cora"), hers, asked(office, to, hers, "cora").id)
    keep_rule(office.desk, office.signed_in("cora"), alone=False)
    with pytest.raises(WritingRefused):
        take_out(office.desk, office.signed_in(), reference, asked(office, to, reference).id)
    assert [note for _who, _case, note in acts(office, "settings")] == [
        "second person to take a case out: is needed -> is not",
        "second person to take a case out: is not needed -> is",
    ]


def test_walls_hold_at_every_step(office: Office, reference: str, to: Recipient) -> None:
    """Who is not cleared cannot ask; whoever is kept out after asking, and after consent, takes nothing out."""
    with pytest.raises(Missing):
        asked(office, to, reference, "dina")
    wanted = asked(office, to, reference, "ben")
    agree(office.desk, office.signed_in("cora"), wanted.id)
    with pytest.raises(Missing):
        take_out(office.desk, office.signed_in("amina"), reference, wanted.id)
    withdraw(office.desk, office.signed_in("amina"), reference, "ben", "A friend of his.")
    with pytest.raises(Missing):
        take_out(office.desk, office.signed_in("ben"), reference, wanted.id)


def test_a_request_outlives_a_wall_around_others(office: Office, reference: str, to: Recipient) -> None:
    """The case has a new key and its files new names; what was asked for is as it was."""
    wanted = asked(office, to, reference, attachments="yes")
    agree(office.desk, office.signed_in("cora"), wanted.id)
    withdraw(office.desk, office.signed_in("amina"), reference, "ben", "A friend of his.")
    files = to.open(b"".join(take_out(office.desk, office.signed_in(), reference, wanted.id).pieces()))
    assert files["attachments/001-a.pdf"] == FILE
    assert b"A friend of his" not in b"".join(files.values())


def test_a_key_that_was_exchanged_in_the_row_is_seen(office: Office, reference: str, to: Recipient) -> None:
    """Whoever can write to the database shows the consenter another fingerprint than the one that is sealed to."""
    wanted = asked(office, to, reference)
    with office.desk.database.writing() as connection:
        connection.execute(take_outs.update().values(fingerprint="A" * 40))
    agree(office.desk, office.signed_in("cora"), wanted.id)
    with pytest.raises(SealBroken):
        take_out(office.desk, office.signed_in(), reference, wanted.id)
    assert acts(office, "case-out") == []


def test_what_came_after_the_wish_is_not_in_it(office: Office, reference: str, to: Recipient) -> None:
    """Consent is to what was there."""
    wanted = asked(office, to, reference, notes="yes")
    write_note(office.desk, office.signed_in("ben"), reference, new_blob_id(), "canary-later")
    agree(office.desk, office.signed_in("cora"), wanted.id)
    files = to.open(b"".join(take_out(office.desk, office.signed_in(), reference, wanted.id).pieces()))
    assert b"canary-later" not in files["case.json"]
    assert document(files)["lacks"] == []
