"""Circuits that break in the middle: what a source is told then, what is kept, and where the courier goes on.

Nothing here is simulated: Tor itself closes the circuits, on either host, as it does when a relay on the way dies.
"""

import random
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

import pytest

from bench.source_client import SentFile
from tests.drop_contents import rows
from tests.firefox import Firefox, running_firefox, through_tor
from tests.gated_road import gated_socket
from tests.gated_upload import MB, FilesPage, Gate, PlainForm, Sending, progress_says, to_files_page
from tests.onion.around import Around, around
from tests.onion.cutting import Carried, joined_circuits
from tests.onion.running_tor import RunningTor
from tests.onion.two_hosts import TwoHosts

__all__ = ["around"]

FIRST, SECOND = random.Random(1).randbytes(2 * MB), random.Random(2).randbytes(MB)
PHOTO = random.Random(3).randbytes(90_000)
LARGE = random.Random(4).randbytes(8 * MB)
# Whose Tor loses its circuits, and how fast the courier goes: at a pace files come in pieces, else in one.
COLLECTIONS = {
    "at the source host, in pieces": ("drop_tor", "2MB/s"),
    "at the reviewer host, in one piece": ("desk_tor", "0"),
}


RUN_SECONDS = 300  # of the courier; by itself it takes fifteen


def test_a_plain_form_that_broke_is_not_sent_and_goes_again(around: Around) -> None:
    """Nothing of it counts, nothing of it stays, its codename opens nothing; sent once more, it is there once."""
    source = around.visit("plain")
    codename = source.take_codename()
    form, gate = PlainForm(source.fill_in("canary-plain", codename=codename)), Gate()
    sending = Sending("", source, form, [gate.file("big.mp4", FIRST, SECOND)], around.visit("plain"))
    gate.wait()
    incoming = around.hosts.drop.blobs / "incoming"
    around.hosts.network.wait_until(lambda: any(incoming.iterdir()), "half of the file has come")
    around.cut_visits()
    around.wait_until_nothing_is_left()
    gate.open()
    assert sending.finish() is None
    assert around.written("canary-plain") == []
    source.close()
    assert source.come_back(codename).status == 404
    answer = form.send(source, [SentFile.of("big.mp4", FIRST + SECOND)])
    assert (answer.status, "We have your report" in answer.text) == (200, True)
    source.close()
    (letter,) = around.written("canary-plain")
    assert around.files_of(letter) == {"big.mp4": FIRST + SECOND}
    around.wait_until_nothing_is_left()


def test_the_page_for_files_tells_what_was_kept_and_goes_on_from_there(around: Around) -> None:
    """The whole file is still here, the half one is asked for again, and nobody is told that anything was sent."""
    source = around.visit("files")
    ready, gate = to_files_page(source, "canary-files", codename_check=source.take_codename()), Gate()
    files = [SentFile.of("photo.jpg", PHOTO), gate.file("big.mp4", FIRST, SECOND)]
    sending = Sending("", source, ready, files, around.visit("files"))
    gate.wait()
    progress_says(source, ready, "photo.jpg")
    around.cut_visits()
    source.close()
    said = progress_says(source, ready, "The connection broke").text
    assert "It has not been sent yet." in said
    assert "We have kept your words and 1 file. You need not send them again." in said
    assert "big.mp4" not in said
    gate.open()
    assert sending.finish() is None
    assert around.written("canary-files") == []
    again = FilesPage(source.get(f"/again?upload={ready.upload}"), "/report")
    assert "We already have these files" in again.page.text
    answer = again.send(source, [SentFile.of("big.mp4", FIRST + SECOND)])
    assert "We have your report" in answer.text
    source.close()
    (letter,) = around.written("canary-files")
    assert around.files_of(letter) == {"photo.jpg": PHOTO, "big.mp4": FIRST + SECOND}
    around.wait_until_nothing_is_left()


def test_whose_answer_was_lost_is_told_that_everything_is_in(around: Around) -> None:
    """All of it had come when the circuit broke: the frame says so, and sending it again makes no second report."""
    source = around.visit("answer")
    ready, gate = to_files_page(source, "canary-answer-lost", codename_check=source.take_codename()), Gate()
    stored = len(rows(around.hosts.drop, "submissions"))
    sending = Sending("", source, ready, [gate.file("big.mp4", FIRST, SECOND)], around.visit("answer"))
    gate.wait()
    gate.open()
    around.hosts.network.wait_until(lambda: len(rows(around.hosts.drop, "submissions")) > stored, "it is stored")
    around.cut_visits()
    sending.finish()  # with an answer if that was quicker; a source who sees none looks at the frame
    source.close()
    assert "Done. We have everything, locked." in progress_says(source, ready, "Done").text
    assert "Your report is in" in source.get(f"/again?upload={ready.upload}").text
    answer = ready.send(source, [SentFile.of("big.mp4", FIRST + SECOND)])
    assert "We have your report" in answer.text
    source.close()
    assert len(around.written("canary-answer-lost")) == 1
    around.wait_until_nothing_is_left()


def test_in_firefox_the_frame_says_what_was_kept(around: Around, client: RunningTor, tmp_path: Path) -> None:
    """Scripts off: the frame comes by itself over a new circuit, and leads on; one report comes of it."""
    assert client.socks is not None
    files = {tmp_path / "photo.jpg": PHOTO, tmp_path / "big.mp4": FIRST + SECOND}
    for path, content in files.items():
        path.write_bytes(content)
    gate_at = around.hosts.network.place("gate") / "socks"
    with (
        gated_socket(gate_at, client.socks, len(PHOTO) + len(FIRST)) as road,
        running_firefox(tmp_path, through_tor(gate_at)) as firefox,
    ):
        _to_the_page_for_files(firefox, f"http://{around.hosts.site}")
        firefox.choose_files("[name=attachments]", list(files))
        firefox.click("#files-form button")
        assert road.reached.wait(60)
        firefox.wait_for("photo.jpg", "progress")
        around.cut_visits()
        # Firefox sends a form that broke again by itself: those tries break too, until we say otherwise.
        road.cut()
        said = firefox.wait_for("The connection broke", "progress")
        assert "your words and 1 file" in said
        assert around.written("canary-firefox") == []
        firefox.follow("a.button", "progress", "We already have these files")
        firefox.choose_files("[name=attachments]", [tmp_path / "big.mp4"])
        road.open()
        firefox.click("#files-form button")
        firefox.wait_for("We have your report", "answer")
    (letter,) = around.written("canary-firefox")
    assert around.files_of(letter) == {"photo.jpg": PHOTO, "big.mp4": FIRST + SECOND}
    around.wait_until_nothing_is_left()


def _to_the_page_for_files(firefox: Firefox, url: str) -> None:
    firefox.goto(f"{url}/report")
    firefox.wait_for_all("What is it about?")
    firefox.fill("[name=message]", "canary-firefox")
    firefox.click("[name=one_way]")
    firefox.click("button[value=add-files]")
    firefox.wait_for_all("Choose your files")
    firefox.wait_for("Not sending yet", "progress")


@pytest.mark.parametrize("broken", COLLECTIONS)
def test_a_collection_goes_on_where_it_was(around: Around, broken: str) -> None:
    """In the same run, and what had come is not fetched again: the source host's Tor counts what it sends."""
    tor, pace = COLLECTIONS[broken]
    hosts = around.hosts
    hosts.empty_the_drop()
    before = hosts.in_post()
    _send_large(around)
    run = hosts.start_collecting("--least", "0", "--at-most", pace)
    hosts.network.wait_until(lambda: _come(hosts) > len(LARGE) / 2, "half of it has come")
    with hosts.control(hosts.drop_tor) as counting:
        hosts.cut(getattr(hosts, tor))
        carried = Carried(counting)
        said, why = run.communicate(timeout=RUN_SECONDS)
        sent = carried.settle()
    assert (run.returncode, said, why) == (0, "", "")
    _is_at_the_desk(hosts, before)
    # Half of it, with what was on its way when the circuits broke.
    assert len(LARGE) / 10 < sent < len(LARGE) * 0.75
    assert rows(hosts.drop, "submissions") == []


def test_without_tor_the_courier_says_so_in_a_sentence_and_comes_back(around: Around) -> None:
    """The reviewer host's Tor ends in the middle of a collection, and is away at the next: nothing is lost by it."""
    hosts = around.hosts
    hosts.empty_the_drop()
    before = hosts.in_post()
    _send_large(around)
    run = hosts.start_collecting("--least", "0", "--at-most", "1MB/s")
    hosts.network.wait_until(lambda: _come(hosts) > MB, "something of it has come")
    hosts.stop_desk_tor()
    said, why = run.communicate(timeout=RUN_SECONDS)
    assert (run.returncode, said) == (1, "")
    again = hosts.collect()
    assert again.returncode == 1
    for each in (why, again.stderr):
        (sentence,) = [line for line in each.splitlines() if line.startswith("Error")]
        assert "Tor does not run on this host" in sentence
        assert "nothing is lost" in sentence
        assert "Traceback" not in each
    assert hosts.in_post() == before
    assert len(rows(hosts.drop, "submissions")) == 1
    hosts.start_desk_tor()
    hosts.wait_until_published(hosts.desk_tor, ())
    hosts.empty_the_drop()
    _is_at_the_desk(hosts, before)


def test_after_a_new_identity_the_codename_is_all_that_is_left_and_all_that_is_needed(
    around: Around, client: RunningTor
) -> None:
    """Other circuits and no cookies: what broke before is not shown, and the codename leads to the report."""
    before = around.visit("identity")
    codename = before.take_codename()
    before.report("canary-identity", codename=codename)
    assert "Where it stands" in before.get("/inbox").text
    ready, gate = to_files_page(before, "canary-half"), Gate()
    files = [SentFile.of("photo.jpg", PHOTO), gate.file("big.mp4", FIRST, SECOND)]
    sending = Sending("", before, ready, files, around.visit("identity"))
    gate.wait()
    progress_says(before, ready, "photo.jpg")
    gate.break_it()
    assert sending.finish() is None
    progress_says(before, ready, "We have kept your words and 1 file")
    with client.control() as control:
        circuits = joined_circuits(control)
        control.ask("SIGNAL NEWNYM")
        after = around.visit("identity")
        assert "Where it stands" not in after.get("/inbox").text
        assert joined_circuits(control) - circuits
    gone = after.get(f"/again?upload={ready.upload}")
    assert gone.status == 404
    assert "Type your codename: if it opens, we have your report" in gone.text
    assert after.come_back(codename).status in (200, 303)
    inbox = after.get("/inbox")
    assert "Where it stands" in inbox.text
    assert after.write_again(inbox, "canary-further").status == 303
    # The window of before, were it still open, would have all of it.
    FilesPage(before.get(f"/again?upload={ready.upload}"), "/report").send(before, [])
    for source in (before, after):
        source.close()
    around.wait_until_nothing_is_left()
    assert len(around.written("canary-half")) == 1
    assert len(around.written("canary-identity")) == len(around.written("canary-further")) == 1


def _send_large(around: Around) -> None:
    # A visit that nothing had before: its Tor may not know yet that a circuit of an earlier one is broken.
    source = around.visit(f"large {token_hex(4)}")
    assert source.report("canary-large", codename=None, files=[SentFile.of("large.bin", LARGE)]).status == 200
    source.close()


def _come(hosts: TwoHosts) -> int:
    """How many bytes of what is being collected are on the desk's disk."""
    return sum(path.stat().st_size for path in (hosts.office.desk.paths.post / "incoming").glob("*"))


def _is_at_the_desk(hosts: TwoHosts, before: frozenset[str]) -> None:
    (submission,) = hosts.in_post() - before
    (opened,) = hosts.open_attachments(submission)
    assert sha256(opened[: len(LARGE)]).digest() == sha256(LARGE).digest()
