"""The whole road, walked once in a browser without JavaScript: what the source and the reviewer do, step by step."""

import io
import random
import re
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from source_interface.drop_folder import DropFolder
from tests.demonstration import Demonstration
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


def without_scripts(browser: Browser) -> BrowserContext:
    """A fresh browser profile with JavaScript off, as at Tor Browser's level Safest."""
    return browser.new_context(java_script_enabled=False, accept_downloads=True)


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
