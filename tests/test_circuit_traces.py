"""The number of a circuit is stored nowhere, logged nowhere and shown to nobody: looked for in every spelling.

The real command on a unix socket, and all that a circuit can bring about on it: a report with files, wrong codenames,
refusals, every page of an error, requests that are none, a view that crashes. Then every file that it wrote or could
have written is searched, all that it said, and every byte that it answered.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bench.source_client import Answered, SentFile, SourceClient
from keys.codename import Codename
from source_interface.drop_folder import DropFolder, make_drop
from tests.conftest import IntakeSecret
from tests.drop_contents import rows
from tests.observed_site import children, eventually, writable_memory
from tests.test_source_traces import COLUMNS, raw_bytes
from tests.tiny_server import read_all
from tests.tor_site import TorSite, line_of, running_tor_site

# Shorter ones stand by chance in the random digits of which every page has some.
_SHORTEST = 7
SHARED_MEMORY = Path("/dev/shm")
MISSPELT = "abacus abdomen abdominal abide abiding ability ablez"
# Each unmistakable; high and low halves of every length that Tor writes.
CIRCUITS = (0xFACE_D00D, 0x9E37_79B1, 0x00C0_FFEE, 0x000B_AD42)
# The real command; it has one view that fails, and a debugger may look into its memory.
PROGRAM = """
from serving import memory
memory.refuse_debuggers = lambda: None
memory.COLLECT_SECONDS = 0.1
from flask import request
from source_interface import views_pages
def crash():
    circuit = request.environ["candour.circuit"]
    raise RuntimeError(f"on circuit {circuit}, {circuit:x}")
views_pages.pages.add_url_rule("/crash", "crash", crash)
from source_interface.commands import main
main()
"""


def spellings(circuit: int) -> dict[str, bytes]:
    """The number as text, in each way somebody could write it, in small letters."""
    high, low = circuit >> 16, circuit & 0xFFFF
    texts = {
        "decimal": f"{circuit}",
        "hexadecimal": f"{circuit:x}",
        "hexadecimal, filled up": f"{circuit:08x}",
        "as Tor writes it": f"::{high:x}:{low:x}",
        "as an address, filled up": f"{high:04x}:{low:04x}",
        "its bytes, spelt": circuit.to_bytes(4).hex(" "),
        "its bytes backwards, spelt": circuit.to_bytes(4, "little").hex(),
    }
    return {name: text.encode("ascii") for name, text in texts.items() if len(text) >= _SHORTEST}


def raw_spellings(circuit: int) -> dict[str, bytes]:
    """The number as bytes: for places that hold little that is random, where four bytes are not there by chance."""
    return {"big end first": circuit.to_bytes(4), "little end first": circuit.to_bytes(4, "little")}


def found_in(content: bytes) -> list[str]:
    """Which spelling of which circuit stands there; Tor's prefix as well."""
    small = content.lower()
    found = ["Tor's prefix"] if b"dead:beef" in small else []
    return found + [
        f"{circuit:#x}: {name}" for circuit in CIRCUITS for name, text in spellings(circuit).items() if text in small
    ]


@dataclass
class Walked:
    """A site after the walk, still running, with all that it answered and all that lay where it could write."""

    site: TorSite
    folder: DropFolder
    before: set[Path]
    answers: list[bytes] = field(default_factory=list)

    def keep(self, *answers: Answered) -> None:
        """Keep answers, heads and all."""
        self.answers += [f"{answer.headers}\n{answer.text}".encode() for answer in answers]

    def written(self) -> dict[Path, bytes]:
        """Every file that the site wrote or could have written."""
        root = self.folder.root.parent
        new = [path for path in SHARED_MEMORY.rglob("*") if path not in self.before]
        return {path: path.read_bytes() for path in [*root.rglob("*"), *new] if path.is_file()}


def walk(walked: Walked, circuit: int) -> None:
    """All that a circuit can bring about."""
    with walked.site.on(circuit) as source:
        codename = source.take_codename()
        files = [SentFile.of("a.bin", os.urandom(700_000)), SentFile.of("b.bin", bytes(90_000))]
        # The first comes back, and its files wait.
        walked.keep(source.report("", codename=codename, files=[SentFile.of("w.bin", bytes(80_000))]))
        walked.keep(source.report("hello", codename=codename, files=files))
        inbox = source.come_back(codename)
        walked.keep(inbox, source.write_again(inbox, "more", [SentFile.of("c.bin", bytes(400_000))]))
        walked.keep(source.get("/inbox"), source.get("/progress"), source.get("/again"))
        for typed in (Codename.draw().reveal(), MISSPELT, "", *(Codename.draw().reveal() for _try in range(4))):
            walked.keep(source.come_back(typed))
        walk_into_errors(walked, source)
        walked.keep(source.post("/leave", {}), source.get("/left"))
    for begun in (b"GET / HTTP/1.1\r\n\r\n", b"nonsense\r\n\r\n", line_of(circuit), b"GET http://x/ HTTP/1.0\r\n\r\n"):
        with walked.site.connect() as connection:
            connection.sendall(line_of(circuit) + begun)
            connection.shutdown(1)
            walked.answers.append(read_all(connection))


def walk_into_errors(walked: Walked, source: SourceClient) -> None:
    """Every kind of page that says that something went wrong, and what a crash looks like."""
    for path in ("/nothing", "/crash"):
        walked.keep(source.get(path))
    for path in ("/safety", "/report", "/withdraw", "/join", "/file", "/crash"):
        walked.keep(source.post(path, {"codename": "x"}))
    walked.keep(source.post("/return", {"codename": "x" * 60_000}))
    walked.keep(source.post_multipart("/inbox", [("codename", MISSPELT), ("message", "lost")]))


@contextmanager
def _with_temporary_folder(folder: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        yield


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> Iterator[Walked]:
    """A site on which every one of these circuits has walked. The tests only look."""
    root = tmp_path_factory.mktemp("walked")
    make_drop(root / "drop", intake_secret.public, root / "pairing.json")
    (root / "tmp").mkdir()
    before = set(SHARED_MEMORY.rglob("*"))
    # When it ends, it must have said nothing at all: see `running_tor_site`.
    with (
        _with_temporary_folder(root / "tmp"),
        running_tor_site(
            root / "drop", command=(sys.executable, "-c", PROGRAM), circuit_wrong_codenames_in_ten_minutes=2
        ) as site,
    ):
        found = Walked(site, DropFolder(root / "drop"), before)
        for circuit in CIRCUITS:
            walk(found, circuit)
        yield found


def test_no_file_holds_the_number_of_a_circuit(walked: Walked) -> None:
    """While the site runs: the data folder, the database, its log and index, temporary files, shared memory."""
    written = walked.written()
    assert {"drop.sqlite", "drop.sqlite-wal", "drop.sqlite-shm", "pepper"} <= {path.name for path in written}
    assert len([path for path in written if "blobs" in path.parts]) >= 2 * len(CIRCUITS)
    assert {path: found for path, content in written.items() if (found := found_in(content))} == {}


def test_no_row_and_no_page_of_the_database_holds_it_as_bytes(walked: Walked) -> None:
    """Neither end first, nor as a number in a column."""
    raw = raw_bytes(walked.folder)
    assert [name for each in CIRCUITS for name, text in raw_spellings(each).items() if text in raw] == []
    values = {value for table in COLUMNS for row in rows(walked.folder, table) for value in row}
    assert values
    assert not values & {*CIRCUITS, *map(str, CIRCUITS)}


def test_no_answer_holds_it(walked: Walked) -> None:
    """Pages, heads, cookies, error pages, the page of a crash, refusals of what was no request."""
    statuses = {answer.split(b" ")[1] for answer in walked.answers if answer.startswith(b"HTTP/1.1 ")}
    assert statuses == {b"400"}
    assert sum(b"Something went wrong on our side" in answer for answer in walked.answers) >= len(CIRCUITS)
    assert sum(b"we have not looked at this one" in answer for answer in walked.answers) >= len(CIRCUITS)
    assert [found for answer in walked.answers if (found := found_in(answer))] == []


def test_the_workers_memory_forgets_what_tor_wrote(walked: Walked) -> None:
    """Seconds after a connection is closed nothing in it spells its circuit; only the counts know the number."""

    def spelt() -> list[str]:
        memory = b"".join(writable_memory(children(walked.site.process.pid)[0]))
        return sorted(f"{each:#x}" for each in CIRCUITS if spellings(each)["as Tor writes it"] in memory)

    eventually(spelt, [])


@pytest.mark.parametrize("circuit", CIRCUITS, ids=hex)
def test_each_spelling_would_be_found(circuit: int) -> None:
    """In capitals too, in the middle of anything."""
    for name, text in spellings(circuit).items():
        assert f"{circuit:#x}: {name}" in found_in(b"\x00x" + text.upper() + b"y\xff"), name
    assert found_in(line_of(circuit))
    assert found_in(bytes(range(256)) * 40) == []
