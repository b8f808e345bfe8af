"""The whole road in a real browser without JavaScript, against the really running processes.

A source reports with three files; the courier collects; a reviewer opens, downloads, asks; the source returns and
answers; the reviewer sees the answers in the same case. Afterwards the source host holds no word of it.
"""

import hashlib
import io
import random
import re
import sqlite3
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from source_interface.drop_folder import DropFolder
from tests.codename_traces import traces_of
from tests.demonstration import Demonstration, running_demonstration
from tests.drop_contents import rows

LARGE = 60_000_000  # bytes
PATIENCE_SECONDS = 90
CANARIES = {
    "message": "canary-message-7f3a",
    "answer to a guided question": "canary-guided-91bc",
    "who must not see it": "canary-mustnot-44de",
    "file name": "canary-file-c0de",
    "inside a file": "canary-inside-b33f",
    "reply": "canary-reply-5a5a",
    "question": "canary-question-77aa",
    "answer to a question": "canary-reply-answer-19ee",
    "further message": "canary-further-e4e4",
}


@dataclass(frozen=True)
class Road:
    """What the walk left behind, for the tests that look at it."""

    demonstration: Demonstration
    codename: str
    sent: dict[str, bytes]
    downloaded: dict[str, bytes]
    shown_digests: str
    inbox_before: str
    inbox_with_reply: str
    case_at_the_end: str
    waiting_sizes: int


def pdf() -> bytes:
    """A small PDF with a canary in it."""
    stream = zlib.compress(b"BT /F1 12 Tf 72 720 Td (payments) Tj ET")
    return b"%PDF-1.4\n% " + CANARIES["inside a file"].encode() + b"\n" + stream + b"\n%%EOF\n"


def jpeg() -> bytes:
    """A JPEG made here."""
    out = io.BytesIO()
    Image.effect_noise((320, 240), 80).convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--disable-background-networking", "--disable-quic"]
        )
        yield chromium
        chromium.close()


def without_scripts(browser: Browser) -> BrowserContext:
    """A fresh browser profile with JavaScript off, as at Tor Browser's level Safest."""
    return browser.new_context(java_script_enabled=False, accept_downloads=True)


@pytest.fixture(scope="module")
def road(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    """Walk the whole road once."""
    scratch = tmp_path_factory.mktemp("road")
    with running_demonstration(scratch / "data") as demonstration:
        yield walk(browser, demonstration, scratch)


def walk(browser: Browser, demonstration: Demonstration, scratch: Path) -> Road:
    """Report, collect, open, ask, return, answer, collect, read."""
    sent = {
        f"{CANARIES['file name']}.pdf": pdf(),
        "photo.jpg": jpeg(),
        "recording.bin": random.Random(60).randbytes(LARGE),
    }
    for name, content in sent.items():
        (scratch / name).write_bytes(content)
    with without_scripts(browser) as source_browser:
        page = source_browser.new_page()
        codename = report(page, demonstration, [scratch / name for name in sent])
        inbox_before = page.content()
    waiting = blob_bytes(demonstration)
    with without_scripts(browser) as desk_browser, without_scripts(browser) as source_browser:
        desk = desk_browser.new_page()
        sign_in(desk, demonstration)
        collect(desk, demonstration)
        case_url = open_the_only_letter(desk, demonstration)
        downloaded, digests = download_all(desk)
        ask(desk)
        collect(desk, demonstration)
        page = source_browser.new_page()
        inbox_with_reply = return_and_answer(page, demonstration, codename)
        wait_until_reading_is_noted(demonstration)
        collect(desk, demonstration)
        open_everything(desk, demonstration)
        desk.goto(case_url)
        case_at_the_end = desk.content()
    return Road(
        demonstration,
        codename,
        sent,
        downloaded,
        digests,
        inbox_before,
        inbox_with_reply,
        case_at_the_end,
        waiting,
    )


def report(page: Page, demonstration: Demonstration, files: list[Path]) -> str:
    """Make a report as a source does; return the codename."""
    page.goto(demonstration.source_url)
    page.get_by_role("link", name="Make a report").first.click()
    codename = page.inner_text("#codename")
    page.get_by_role("link", name=re.compile("written it down")).click()
    page.fill("[name=codename_check]", codename)
    page.check("[name=topic][value=money]")
    page.check("[name=topic][value=partner]")
    page.fill("[name=message]", f"He sells names.\n{CANARIES['message']} & <b>")
    page.get_by_text("When, where and who").click()
    page.fill("[name=q-where]", CANARIES["answer to a guided question"])
    page.fill("[name=must_not_reach]", CANARIES["who must not see it"])
    page.set_input_files("[name=attachments]", [str(file) for file in files])
    page.get_by_role("button", name="Send").last.click(timeout=120_000)
    expect(page.get_by_role("heading", level=1)).to_contain_text("We have your report")
    page.get_by_role("link", name="See my report").click()
    return codename


def sign_in(page: Page, demonstration: Demonstration) -> None:
    """Sign in to the desk."""
    page.goto(demonstration.desk_url)
    page.fill("[name=username]", demonstration.username)
    page.fill("[name=password]", demonstration.password)
    page.fill("[name=code]", demonstration.fresh_code())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Post").first).to_be_visible()


def collect(page: Page, demonstration: Demonstration) -> None:
    """Press "Collect now" and wait until the courier is back; the page refreshes itself."""
    page.goto(f"{demonstration.desk_url}/post")
    button = page.get_by_role("button", name="Collect now")
    expect(button).to_be_enabled(timeout=90_000)
    button.click()
    expect(page.locator("#courier ~ div [role=status]")).to_have_count(0, timeout=90_000)
    expect(page.get_by_role("button", name="Collect now")).to_be_enabled(timeout=90_000)


def open_everything(page: Page, demonstration: Demonstration) -> None:
    """Unlock the intake key if it is locked, and open the letter that waits."""
    page.goto(f"{demonstration.desk_url}/post")
    unlock = page.get_by_role("button", name="Unlock the intake key")
    if unlock.count():
        unlock.click()
    page.get_by_role("button", name="Open", exact=True).click(timeout=90_000)


def open_the_only_letter(page: Page, demonstration: Demonstration) -> str:
    """Open the post; return the address of the case."""
    page.goto(f"{demonstration.desk_url}/post")
    page.get_by_role("button", name="Unlock the intake key").click()
    queue = page.locator("ol.queue")
    expect(queue).to_contain_text(CANARIES["who must not see it"], timeout=30_000)
    expect(queue).not_to_contain_text(CANARIES["message"])
    queue.get_by_role("link", name="Choose who may read it").click()
    expect(page.get_by_role("main")).to_contain_text(CANARIES["who must not see it"])
    expect(page.get_by_role("main")).not_to_contain_text(CANARIES["message"])
    page.check(f"[name=cleared][value={demonstration.username}]")
    page.get_by_role("button", name="Open for those ticked").click(timeout=90_000)
    page.wait_for_url(re.compile("/case/"), timeout=90_000)
    return page.url.split("#")[0]


def download_all(page: Page) -> tuple[dict[str, bytes], str]:
    """Download every attachment; return their bytes by name, and the page."""
    found = {}
    for entry in page.locator("ul.attachments li").all():
        name = entry.locator(".file").inner_text()
        with page.expect_download(timeout=120_000) as waiting:
            entry.get_by_role("link", name="Download").click()
        found[name] = Path(waiting.value.path()).read_bytes()
    return found, page.content()


def ask(page: Page) -> None:
    """Write a reply with two questions."""
    page.fill("[name=text]", f"Thank you. {CANARIES['reply']}")
    boxes = page.locator("[name=question]")
    boxes.nth(0).fill(f"Where was it? {CANARIES['question']}")
    boxes.nth(1).fill("Is it still going on?")
    page.get_by_role("button", name="Send with the next collection").click()
    # The canaries of the letter and of the reply have a word in common that few can know: that is said first.
    page.get_by_role("button", name="Send all the same").click()
    expect(page.locator(".timeline").get_by_text(CANARIES["reply"])).to_be_visible()


def return_and_answer(page: Page, demonstration: Demonstration, codename: str) -> str:
    """Come back with the codename written carelessly, read, answer both questions, and leave."""
    page.goto(demonstration.source_url)
    page.get_by_role("link", name="I have a codename").first.click()
    page.fill("[name=codename]", codename.upper().replace(" ", " - "))
    page.locator("main button").click()
    expect(page.get_by_text(CANARIES["reply"])).to_be_visible()
    shown = page.content()
    boxes = page.locator("textarea[name^=answer-]")
    assert boxes.count() == 2
    boxes.nth(0).fill(f"Behind the station. {CANARIES['answer to a question']}")
    boxes.nth(1).fill("Yes.")
    page.fill("[name=message]", CANARIES["further message"])
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_contain_text("Your message is in")
    page.get_by_role("button", name="Leave").first.click()
    page.wait_for_url(re.compile("/left"))
    page.goto(f"{demonstration.source_url}/inbox")
    expect(page.get_by_role("heading", name="Come back to your report")).to_be_visible()
    return shown


def wait_until_reading_is_noted(demonstration: Demonstration) -> None:
    """Wait for the site's housekeeper, who notes twice a minute what was read."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not rows(DropFolder(demonstration.data / "drop"), "notices"):
        assert time.monotonic() < deadline, "nobody noted that the reply was read"
        time.sleep(0.2)


def blob_bytes(demonstration: Demonstration) -> int:
    """How many bytes of sealed files the source host holds."""
    return sum(path.stat().st_size for path in (demonstration.data / "drop" / "blobs").rglob("*") if path.is_file())


def test_what_was_sent_is_what_the_reviewer_downloads(road: Road) -> None:
    """Byte for byte, and the SHA-256 that the page shows is that of the bytes."""
    assert set(road.downloaded) == set(road.sent)
    for name, content in road.sent.items():
        assert road.downloaded[name] == content, name
        assert hashlib.sha256(content).hexdigest() in road.shown_digests


def test_the_letter_is_laid_out_for_the_reviewer(road: Road) -> None:
    """Topics, answers, the message as it was typed, and who must not see it."""
    page = road.shown_digests
    for what in ("message", "answer to a guided question", "who must not see it", "file name"):
        assert CANARIES[what] in page, what
    assert "&amp; &lt;b&gt;" in page


def test_the_answers_are_in_the_same_case(road: Road) -> None:
    """The source came back, and the desk knew whose answers these were."""
    assert CANARIES["answer to a question"] in road.case_at_the_end
    assert CANARIES["further message"] in road.case_at_the_end
    assert CANARIES["message"] in road.case_at_the_end


def test_the_reviewer_sees_that_the_reply_was_read(road: Road) -> None:
    """As the source's site says openly."""
    assert re.search(r'class="state read"', road.case_at_the_end)


def test_the_source_sees_where_the_report_stands(road: Road) -> None:
    """Sent at first; a question once there is one; replies with a box under each question."""
    assert "has not collected it yet" in road.inbox_before
    assert "question" in road.inbox_with_reply.lower()
    assert CANARIES["question"] in road.inbox_with_reply


def test_collected_means_erased_on_the_source_host(road: Road) -> None:
    """After confirmation no sealed file and no submission row is left there."""
    assert road.waiting_sizes > LARGE
    assert blob_bytes(road.demonstration) == 0
    connection = sqlite3.connect(road.demonstration.data / "drop" / "drop.sqlite")
    for table in ("submissions", "parts"):
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)  # noqa: S608
    connection.close()


def test_no_canary_and_no_codename_is_at_rest_on_the_source_host(road: Road) -> None:
    """Every file of the folder, database pages and write-ahead log included, searched as bytes."""
    needles = {name: [canary.encode()] for name, canary in CANARIES.items()}
    needles["codename"] = list(traces_of(road.codename).values())
    needles["large file"] = [road.sent["recording.bin"][offset : offset + 48] for offset in (0, LARGE // 2)]
    needles["photo"] = [road.sent["photo.jpg"][200:240]]
    files = [path for path in (road.demonstration.data / "drop").rglob("*") if path.is_file()]
    assert any(path.name == "drop.sqlite" for path in files)
    for path in files:
        content = path.read_bytes()
        for name, found in needles.items():
            assert not any(needle in content for needle in found), f"{name} stands in {path.name}"


def test_no_canary_is_in_clear_on_the_reviewer_host_either(road: Road) -> None:
    """What was opened lies in the vault under the case's key."""
    files = [path for path in (road.demonstration.data / "desk").rglob("*") if path.is_file()]
    for path in files:
        content = path.read_bytes()
        for name, canary in CANARIES.items():
            assert canary.encode() not in content, f"{name} stands in {path.name}"
        assert road.sent["recording.bin"][:48] not in content
