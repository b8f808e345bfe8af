"""The pages on which a case is taken out, in a browser's way; and how much memory it takes."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from journalist_interface.takeout.consenting import agree
from journalist_interface.takeout.taking import take_out
from store.desk.roles import Role
from tests.desk_office import Office, new_office, write_letter
from tests.desk_person import Person, source
from tests.desk_routes import form_to, forms_of
from tests.taken_out import REASON, Recipient, asked, document, recipient

PEOPLE = {"ben": (Role.REVIEWER,), "cora": (Role.SUPERVISOR,), "dina": (Role.REVIEWER,)}
MB = 1_000_000
LARGE = 64 * MB
MOST_GROWTH = 16 * MB


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


def test_the_road_of_a_case_that_leaves(app: Flask, office: Office, to: Recipient) -> None:
    """Choosing, comparing, asking, consent, the file; each page says how far it is."""
    reference = office.open(office.deliver(write_letter(source()), {"a.pdf": b"a"}), cleared=("amina", "ben"))
    address = f"/case/{reference}/take-out"
    ben, cora = Person(app, office, "ben"), Person(app, office, "cora")
    assert f'href="{address}"' in ben.get(f"/case/{reference}")
    page = ben.get(address)
    assert "checked" not in page  # the least leaves
    _status, _to, compared = ben.post(
        f"{address}/check", recipient_key=to.armoured, reason=REASON, with_attachments="yes"
    )
    groups = re.findall("....", to.fingerprint)
    assert " ".join(groups[:6]) in compared
    for hidden in (to.ending, " ".join(groups[-4:]), groups[-1]):
        assert hidden not in compared
    assert "Anti-corruption command" in compared
    sent = form_to(compared, address).data(ending=to.ending)
    assert ben.client.post(address, data=sent).location == f"{address}?done=1#asked"
    assert "waits for a second person" in ben.get(address)
    assert "Take it out now" not in ben.get(address)
    consents = cora.get("/consents")
    assert " ".join(groups) in consents
    assert '>Consents <span class="count">1<' in consents
    for secret in (REASON, "Sergeant Blunt", "He sells"):
        assert secret not in consents
    agreed = form_to(consents, "/consents/case-out/agree").data(taken=_asked_on(consents))
    assert cora.client.post("/consents/case-out/agree", data=agreed).location == "/consents?done=agreed"
    assert "cora consented." in ben.get(address)
    page = ben.get(address)
    wish = form_to(page, f"{address}/file").data(taken=_asked_on(page))
    taken = ben.client.post(f"{address}/file", data=wish)
    assert taken.headers["Content-Type"] == "application/octet-stream"
    assert f'filename="case-{reference}.tar.gpg"' in taken.headers["Content-Disposition"]
    files = to.open(taken.data)
    assert document(files)["attachments"][0]["sha256"] == hashlib.sha256(b"a").hexdigest()
    assert "This case was taken out, sealed to the key" in ben.get(f"/case/{reference}")


def _asked_on(page: str) -> str:
    """The request whose button stands on a page."""
    found = re.search(r'name="taken" value="([0-9a-f]{32})"', page)
    assert found
    return found[1]


@pytest.mark.parametrize("step", ["check", "keep"])
def test_what_was_typed_is_there_again(app: Flask, office: Office, to: Recipient, step: str) -> None:
    """A key that was not taken, an end that does not fit: the page has key, reason and choices as they were."""
    reference = office.open(office.deliver(write_letter(None)), cleared=("ben",))
    address = f"/case/{reference}/take-out"
    key = "no key <at> all" if step == "check" else to.armoured
    where = f"{address}/check" if step == "check" else address
    ben = Person(app, office, "ben")
    status, _to, page = ben.post(where, recipient_key=key, reason="Because & so.", with_notes="yes", ending="0" * 16)
    assert status == 422
    assert "Nothing was taken out." in page
    form = next(each for each in forms_of(page) if any(name == "recipient_key" for name, _value in each.fields))
    told = dict(form.fields)
    assert (told["recipient_key"].strip(), told["reason"], told["with_notes"]) == (key.strip(), "Because & so.", "yes")
    assert "with_names" not in told


def test_words_outlive_the_session(app: Flask, office: Office, to: Recipient) -> None:
    """Signed out meanwhile: key and reason come back, with what was chosen."""
    reference = office.open(office.deliver(write_letter(None)), cleared=("ben",))
    ben = Person(app, office, "ben")
    address = f"/case/{reference}/take-out/check"
    ben.client.delete_cookie("candour_desk")
    page = ben.client.post(
        address, data={"recipient_key": to.armoured, "reason": REASON, "with_names": "yes", "writer": "ben"}
    )
    assert page.status_code == 403
    told = dict(form_to(page.text, address).fields)
    assert told["recipient_key"].strip() == to.armoured.strip()
    assert (told["reason"], told["with_names"]) == (REASON, "yes")


def test_nobody_else_finds_a_page(app: Flask, office: Office) -> None:
    """A reviewer who is not cleared, and a supervisor: that of a case that never was."""
    reference = office.open(office.deliver(write_letter(None)), cleared=("ben",))
    for who in ("dina", "cora"):
        person = Person(app, office, who)
        got = person.client.get(f"/case/{reference}/take-out")
        never = person.client.get("/case/0000-0000/take-out")
        assert (got.status_code, got.text) == (404, never.text)


def _peak() -> int:
    found = re.search(r"^VmHWM:\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) * 1024


def _growth(office: Office, to: Recipient, size: int) -> int:
    """Take out a case with a file of this size; return how far the process's peak went above where it began."""
    content = bytes(range(256)) * (size // 256)
    reference = office.open(office.deliver(write_letter(None), {"large.bin": content}))
    digest = hashlib.sha256(content).hexdigest()
    del content
    wanted = asked(office, to, reference, attachments="yes")
    agree(office.desk, office.signed_in("cora"), wanted.id)
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew (proc(5))
    before, path = _peak(), to.gpg.home / "large.tar.gpg"
    with path.open("wb") as received:
        for piece in take_out(office.desk, office.signed_in(), reference, wanted.id).pieces():
            received.write(piece)
    grown = _peak() - before
    assert hashlib.sha256(to.open(path.read_bytes())["attachments/001-large.bin"]).hexdigest() == digest
    return grown


def test_memory_does_not_grow_with_what_leaves(office: Office, to: Recipient) -> None:
    """64 MB, read from the vault twice, archived and sealed: as the kernel remembers it, far less than the file."""
    assert _growth(office, to, MB) < MOST_GROWTH
    assert _growth(office, to, LARGE) < MOST_GROWTH
