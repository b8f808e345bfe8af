"""A new intake key, from the desk to the source's page: both keys' letters are read, and nobody is frightened."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.source_client import Answered, SentFile, SourceClient
from journalist_interface.letter_opening import open_letter
from journalist_interface.opening import open_parcel
from keys.intake_key import load_intake_key, spoken
from keys.intake_secret import open_bytes
from source_interface.commands import main as drop_command
from store.desk.parcels import list_parcels
from store.desk.successions import note_drop_key
from tests.renewed_key import renew, warned
from tests.reply_files import BothHosts, both_hosts

PHOTO = SentFile.of("photo.jpg", b"canary-photo-91c2" * 900)


@dataclass
class Walk:
    """What was seen on the way."""

    hosts: BothHosts
    before: str
    after: str
    statement: Path
    said: str
    pages: dict[str, Answered]
    served: bytes
    messages: set[str]
    photo: bytes
    wrong: dict[str, list[str]]


def letters(hosts: BothHosts) -> tuple[set[str], bytes]:
    """Open all that waits as an officer does; return the messages, and the file that came with one of them."""
    found, photo = set[str](), b""
    with hosts.office.desk.database.reading() as connection:
        waiting = list_parcels(connection)
    for parcel in waiting:
        letter = open_letter(hosts.office.desk, hosts.office.passphrase(), parcel)
        found.add(letter.message)
        for each in letter.attachments:
            with hosts.office.desk.post.path(each.blob).open("rb") as sealed:
                home, passphrase = hosts.office.desk.paths.gnupg, hosts.office.passphrase()
                photo = open_bytes(home, passphrase, sealed, 1 << 20)[: each.size]
        open_parcel(
            hosts.office.desk, hosts.office.signed_in(), hosts.office.passphrase(), parcel.submission, ("amina",)
        )
    return found, photo


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """Letters before, across and after; the desk and the site know nothing of each other but what is carried."""
    scratch = tmp_path_factory.mktemp("both")
    with both_hosts(scratch) as hosts:
        office, statement = hosts.office, scratch / "statement.json"
        before = load_intake_key(office.desk.paths.intake_key).fingerprint
        source, early = SourceClient(hosts.site_url), SourceClient(hosts.site_url)
        pages = {"before": source.get("/about")}
        assert source.report("Under the old key.", codename=None, files=[PHOTO]).status in (200, 303)
        begun = early.fill_in("Begun under the old key.", codename=None)
        done = renew(office, statement)
        assert done.exit_code == 0, done.output
        wrong = {}
        assert hosts.collect().source_key == before
        with office.desk.database.writing() as connection:
            note_drop_key(connection, before, int(time.time()))
        wrong["not taken yet"] = warned(office)
        words = ["intake-key", "replace", "--data", str(hosts.drop.root), str(statement)]
        taken = CliRunner().invoke(drop_command, words, input="y\n")
        assert taken.exit_code == 0, taken.output
        pages["after"] = source.get("/about")
        served = source.get("/intake-key.asc").text.encode()
        assert early.post_multipart("/report", begun).status in (200, 303)
        assert source.report("Under the new key.", codename=None).status in (200, 303)
        after = load_intake_key(office.desk.paths.intake_key).fingerprint
        report = hosts.collect()
        assert (report.problems, report.source_key) == ([], after)
        with office.desk.database.writing() as connection:
            note_drop_key(connection, after, int(time.time()))
        wrong["taken"] = warned(office)
        messages, photo = letters(hosts)
        source.close()
        early.close()
        yield Walk(hosts, before, after, statement, done.output, pages, served, messages, photo, wrong)


def test_letters_under_either_key_are_read(walk: Walk) -> None:
    """The one that lay at the source host, the form begun before, and the one after; and a file, byte for byte."""
    assert walk.messages == {"Under the old key.", "Begun under the old key.", "Under the new key."}
    assert walk.photo == b"canary-photo-91c2" * 900


def test_what_was_sealed_under_the_new_key_is_not_for_the_old_one(walk: Walk) -> None:
    """The site took the new key up without a restart: what it serves is the key that the desk has now."""
    assert walk.before != walk.after
    assert walk.served.decode().strip() == walk.hosts.office.desk.paths.intake_key.read_text().strip()
    assert load_intake_key(walk.hosts.drop.intake_key).fingerprint == walk.after


def test_sources_read_that_the_key_changed_and_since_when(walk: Walk) -> None:
    """Nobody who wrote the old fingerprint down is frightened: it is there, with the day, and that it signed."""
    before, after = walk.pages["before"].text, walk.pages["after"].text
    assert spoken(walk.before) in before
    assert "We changed our key." not in before
    assert after.index(spoken(walk.after)) < after.index("We changed our key.") < after.index(spoken(walk.before))
    assert time.strftime("%Y-%m-%d", time.gmtime()) in after
    assert "it signed the new one" in after


def test_the_people_at_both_hosts_read_the_same_two_fingerprints(walk: Walk) -> None:
    """The command at the desk shows both, and says what to do next."""
    assert f"Before: {spoken(walk.before)}" in walk.said
    assert f"Now:    {spoken(walk.after)}" in walk.said
    assert "candour-drop intake-key replace" in walk.said


def test_officers_are_told_until_the_source_host_has_it(walk: Walk) -> None:
    """On the page of the post, and then no more."""
    [said] = walk.wrong["not taken yet"]
    assert "still seals to the intake key before this one. Nothing is lost" in said
    assert walk.wrong["taken"] == []
