"""A preview of a reply is the source's page, byte for byte, in a frame that can do nothing; both have one template."""

import re
from html import unescape
from pathlib import Path

from flask import Flask
from sqlalchemy import insert

from journalist_interface.writing import write_reply
from keys.codename import Codename
from keys.derivation import derive
from keys.statuses import Status
from serving.look_of_source import FOLDER, SHEET
from source_interface.drop_folder import OpenDrop
from source_interface.site_app import create_site
from source_interface.site_context import EXTENSION
from store.blobs import new_blob_id
from store.desk.outbox import Kind, waiting_deliveries
from store.drop.tables import replies, sources
from tests.desk_office import Office, write_letter
from tests.desk_person import Person
from tests.desk_talk import MESSAGE, article, frame_of
from tests.replying_desk import app, ben, key, office, reference

__all__ = ["app", "ben", "key", "office", "reference"]

TEXT = "Thank you for telling us.\r\n\r\nWe <have> read it & thought about it.\r\nA second line."
QUESTIONS = ["When is it safe for you?\r\nAnd where?", "", "Is it \u201cstill\u201d going on, <b>now</b>?"]
CODENAME = "abacus abdomen abdominal abide abiding ability ablaze"


def test_a_preview_is_the_sources_page_byte_for_byte(office: Office, ben: Person, drop: OpenDrop) -> None:
    """The same reply, looked at on the desk, and in the inbox of a source who comes back with a codename."""
    keys = derive(Codename.read(CODENAME), drop.pepper)
    public = keys.reply_key().public
    reference = office.open(office.deliver(write_letter(public, MESSAGE)), cleared=("amina", "ben"))
    looked = ben.post(f"/case/{reference}/reply/look", text=TEXT, question=QUESTIONS)
    assert looked[0] == 200
    write_reply(office.desk, office.signed_in("ben"), reference, new_blob_id(), TEXT, QUESTIONS)
    with office.desk.database.reading() as connection:
        sent = [each for each in waiting_deliveries(connection, 100) if each.kind is Kind.REPLY]
    found = {"lookup_id": keys.lookup_id, "address": "a" * 64, "reply_key": public, "status": Status.QUESTION.value}
    with drop.database.writing() as connection:
        connection.execute(insert(sources).values(**found, status_day="2026-11-20"))
        for each in sent:
            row = {"id": each.reply, "lookup_id": keys.lookup_id, "sealed": each.sealed, "day": each.day}
            if each.address == sent[-1].address:
                connection.execute(insert(replies).values(**row, read=False))
    site = create_site(drop.folder.root)
    browser = site.test_client()
    token = re.search(r'name="csrf_token" value="([^"]*)"', browser.get("/return").text)
    assert token
    inbox = browser.post("/return", data={"csrf_token": unescape(token[1]), "codename": CODENAME})
    site.extensions[EXTENSION].drop.database.close()
    assert inbox.status_code == 200
    assert article(frame_of(looked[2])) == article(inbox.text)
    assert "We &lt;have&gt; read it" in article(inbox.text)


def test_a_preview_has_the_look_of_the_sources_page(app: Flask, ben: Person, drop: OpenDrop, reference: str) -> None:
    """The one style sheet, the same bytes from both; and nothing else in the frame has a look of its own."""
    site = create_site(drop.folder.root)
    sheets = [each.test_client().get(f"/static/{SHEET}", buffered=True) for each in (app, site)]
    site.extensions[EXTENSION].drop.database.close()
    assert [each.data for each in sheets] == [(FOLDER / SHEET).read_bytes()] * 2
    frame = frame_of(ben.post(f"/case/{reference}/reply/look", text="Thank you.")[2])
    assert re.findall(r"<link[^>]*>", frame) == [f'<link rel="stylesheet" href="/static/{SHEET}">']
    assert "<script" not in frame
    assert "style=" not in frame


def test_the_frame_can_do_nothing(ben: Person, reference: str) -> None:
    """No scripts, no forms, no windows, whatever was typed; its words stand as words."""
    page = ben.post(f"/case/{reference}/reply/look", text='"></iframe><script>alert(1)</script>')[2]
    frames = re.findall(r"<iframe[^>]*>", page)
    assert len(frames) == 2
    assert all('sandbox="allow-same-origin"' in each for each in frames)
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in frame_of(page)


def test_the_fragments_of_the_look_lie_in_one_place() -> None:
    """Neither interface has a reply or a box for an answer of its own."""
    for interface in ("source_interface", "journalist_interface"):
        for template in (Path(__file__).parent.parent / interface / "templates").glob("*.html"):
            assert 'class="part reply"' not in template.read_text("utf-8"), template
            assert "macro long_text" not in template.read_text("utf-8"), template
