"""The whole road in a real browser without JavaScript, against the really running processes.

A source reports with three files; the courier collects; a reviewer opens, downloads, asks; the source returns and
answers; the reviewer sees the answers in the same case (tests/whole_walk.py). Afterwards the source host holds no word
of it.
"""

import hashlib
import re
import sqlite3
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright

from tests.chromium import WHOLE, start_chromium
from tests.codename_traces import traces_of
from tests.demonstration import running_demonstration
from tests.whole_walk import CANARIES, LARGE, Road, blob_bytes, walk


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The whole Chromium."""
    made = start_chromium(playwright, program=WHOLE)
    yield made
    made.close()


@pytest.fixture(scope="module")
def road(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Road]:
    """Walk the whole road once."""
    scratch = tmp_path_factory.mktemp("road")
    with running_demonstration(scratch / "data") as demonstration:
        yield walk(browser, demonstration, scratch)


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
