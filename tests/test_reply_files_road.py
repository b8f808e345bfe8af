"""A file's whole road: attached at the desk, sealed, brought, downloaded by its source byte for byte, erased."""

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select

from journalist_interface.case_documents import ReplyDocument
from journalist_interface.case_page import read_case
from journalist_interface.downloading import start_download
from keys.sealed_file import sealed_file_size
from serving.headers import content_security_policy
from source_interface.page_padding import SMALLEST_PAGE
from store.blobs import flatten_times
from store.desk.case_tables import attachments
from store.desk.post_tables import outgoing_files
from tests.desk_person import Person
from tests.desk_routes import form_to
from tests.reply_files import CANARY, NAME, BothHosts, attach, both_hosts, content

FIRST, SECOND = content(300_000), content(5_000)
BUTTON = re.compile(r'form="files-([0-9a-f]{32})" name="file" value="([0-9a-f]{32})"')


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BothHosts]:
    """Both hosts, on which the road is walked once, step by step, in the order of this file."""
    with both_hosts(tmp_path_factory.mktemp("files")) as made:
        yield made


@pytest.fixture(scope="module")
def amina(hosts: BothHosts) -> Person:
    """The reviewer."""
    return Person(hosts.app, hosts.office, "amina")


def everything(folder: Path) -> bytes:
    """Every byte of every file below a folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def vault_rows(hosts: BothHosts) -> int:
    """How many vault files the desk has."""
    with hosts.office.desk.database.reading() as connection:
        return len(connection.execute(select(attachments)).all())


def test_files_are_attached_and_wait_for_the_reply(hosts: BothHosts, amina: Person) -> None:
    """The page names them; what is attached twice is there once; the case's page has them beside the reply."""
    assert attach(amina, hosts.reference, (NAME, FIRST), ("map.png", SECOND)).status_code == 303
    assert attach(amina, hosts.reference, (NAME, FIRST)).status_code == 303
    page = amina.get(f"/case/{hosts.reference}/files")
    assert page.count("Take it away") == 2 == vault_rows(hosts)
    assert NAME in page
    assert "300.0 KB" in page
    assert "Files to go with it:" in amina.get(f"/case/{hosts.reference}")


def test_one_can_be_taken_away_and_is_gone_from_the_vault(hosts: BothHosts, amina: Person) -> None:
    """Its sealed file too, at once."""
    attach(amina, hosts.reference, ("a mistake.txt", b"not for them"))
    page = amina.get(f"/case/{hosts.reference}/files")
    forms = [part for part in page.split("<form") if "a mistake.txt" in part]
    assert forms
    address = f"/case/{hosts.reference}/files/take-away"
    chosen = re.findall(r'name="file" value="([0-9a-f]{32})"', page)[-1]
    assert amina.client.post(address, data=form_to(page, address).data(file=chosen)).status_code == 303
    assert not hosts.office.desk.vault.present([chosen])
    assert vault_rows(hosts) == 2


def test_nothing_of_it_stands_in_clear_on_the_reviewer_host(hosts: BothHosts) -> None:
    """Neither a word of the files nor their names, in database, log, vault or drafts."""
    found = everything(hosts.office.folder)
    assert CANARY not in found
    assert b"canary-name" not in found


def test_the_reply_takes_them_along(hosts: BothHosts, amina: Person) -> None:
    """They wait for no other reply then; sealed copies wait for the courier, which has no key for them."""
    assert hosts.reply(amina).status_code == 303
    page = amina.get(f"/case/{hosts.reference}")
    assert "Files to go with it:" not in page
    assert page.count("waiting for the courier") >= 3
    with hosts.office.desk.database.reading() as connection:
        rows = connection.execute(select(outgoing_files)).all()
    assert sorted(row.size for row in rows) == sorted(sealed_file_size(len(each)) for each in (FIRST, SECOND))
    assert CANARY not in everything(hosts.office.folder)


def test_the_courier_brings_them_before_the_reply(hosts: BothHosts, amina: Person) -> None:
    """On the source host lie sealed bytes of a size class; here the copies are gone, and the vault's stay."""
    assert hosts.collect().problems == []
    assert sorted(map(len, hosts.sealed_files().values())) == sorted(
        sealed_file_size(len(each)) for each in (FIRST, SECOND)
    )
    assert all(here for _blob, here in hosts.rows())
    assert hosts.office.desk.outgoing.published() == set()
    assert vault_rows(hosts) == 2
    assert "at the source host" in amina.get(f"/case/{hosts.reference}")
    found = everything(hosts.drop.root)
    assert CANARY not in found
    assert b"canary-name" not in found


def test_the_source_downloads_them_byte_for_byte(hosts: BothHosts) -> None:
    """Under a plain name, as an attachment that no browser shows; the inbox weighs what it always weighs."""
    source, inbox = hosts.come_back()
    assert len(inbox.text.encode()) == SMALLEST_PAGE
    assert NAME in inbox.text
    assert "Stop and think first" in inbox.text
    assert "deleted here after 60 days" in inbox.text
    got = []
    for reply, blob in BUTTON.findall(inbox.text):
        head, status, there = hosts.download(source, inbox, reply, blob)
        assert status == 200
        assert head["Content-Type"] == "application/octet-stream"
        policy = content_security_policy({"style-src": "'none'", "img-src": "'none'", "sandbox": ""})
        assert head["Content-Security-Policy"] == policy.strip()
        assert head["Cache-Control"] == "no-store"
        got.append((head["Content-Disposition"].split(";")[1].strip(), sha256(there).digest()))
    assert got == [
        ('filename="document-1.pdf"', sha256(FIRST).digest()),
        ('filename="document-2.png"', sha256(SECOND).digest()),
    ]
    source.close()


def test_the_download_leaves_no_time_and_no_note(hosts: BothHosts) -> None:
    """Whoever takes the source host learns neither when a file was read nor that it was."""
    for path in (hosts.drop.reply_files / "sealed").iterdir():
        flatten_times(path)  # these tests have looked into it
    source, inbox = hosts.come_back()
    for reply, blob in BUTTON.findall(inbox.text):
        assert hosts.download(source, inbox, reply, blob)[1] == 200
    source.close()
    for path in (hosts.drop.reply_files / "sealed").iterdir():
        assert (path.stat().st_atime, path.stat().st_mtime) == (0, 0)
    assert b"document-1" not in everything(hosts.drop.root)


def test_colleagues_find_what_was_sent_in_the_case(hosts: BothHosts) -> None:
    """The vault keeps it, under the key of the case; the download is recorded as every other."""
    reader = hosts.office.signed_in()
    [sent] = [
        entry.document
        for entry in read_case(hosts.office.desk, reader, hosts.reference).entries
        if isinstance(entry.document, ReplyDocument) and entry.document.files
    ]
    assert [file.name for file in sent.files] == [NAME, "map.png"]
    found = [
        b"".join(start_download(hosts.office.desk, reader, hosts.reference, file.id).pieces()) for file in sent.files
    ]
    assert found == [FIRST, SECOND]


def test_a_stranger_and_another_source_get_nothing(hosts: BothHosts) -> None:
    """Not signed in, a file of no reply, a reply of nobody, a file that is no id: all lead to one place."""
    source, inbox = hosts.come_back()
    [(reply, blob), _second] = BUTTON.findall(inbox.text)
    for asked in ((reply, "0" * 32), ("0" * 32, blob), ("", ""), (reply, "../../drop.sqlite"), (blob, reply)):
        head, status, there = hosts.download(source, inbox, *asked)
        assert (status, head["Location"]) == (303, "/inbox")
        assert CANARY not in there
    source.cookies.clear()
    assert hosts.download(source, inbox, reply, blob)[1] == 400
    source.close()


def test_deleting_the_answer_erases_them_from_the_disk(hosts: BothHosts, amina: Person) -> None:
    """The rows, the files, and every byte of them; the desk is told that the reply was deleted, and keeps its own."""
    sealed = list(hosts.sealed_files().values())
    source, inbox = hosts.come_back()
    reply = BUTTON.findall(inbox.text)[0][0]
    form = {"csrf_token": inbox.hidden("csrf_token"), "act": "delete", "reply": reply}
    assert source.post("/inbox", form).status == 303
    assert hosts.sealed_files() == {}
    assert hosts.rows() == []
    left = everything(hosts.drop.root)
    assert not any(piece[:64] in left for piece in sealed)
    assert hosts.download(source, inbox, *(reply, "0" * 32))[1] == 303
    source.close()
    assert hosts.collect().problems == []
    assert amina.get(f"/case/{hosts.reference}").count("deleted by the source") >= 3
    assert vault_rows(hosts) == 2


def test_a_file_that_was_harmed_on_the_source_host_is_not_given_out(hosts: BothHosts, amina: Person) -> None:
    """Its source is told on the next page; nothing of the rest is hidden."""
    attach(amina, hosts.reference, ("small.txt", b"x" * 10))
    assert hosts.reply(amina, "Another one.").status_code == 303
    assert hosts.collect().problems == []
    [path] = (hosts.drop.reply_files / "sealed").iterdir()
    harmed = bytearray(path.read_bytes())
    harmed[5_000] ^= 1
    path.write_bytes(harmed)
    source, inbox = hosts.come_back()
    [(reply, blob)] = BUTTON.findall(inbox.text)
    head, status, _there = hosts.download(source, inbox, reply, blob)
    assert (status, head["Location"]) == (303, "/inbox")
    path.unlink()
    assert hosts.download(source, inbox, reply, blob)[1] == 303
    source.close()
