"""Plaintext touches no disk of the source host: every process of the running site traced while a source is there."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.source_client import SentFile, SourceClient
from source_interface.drop_folder import make_drop
from tests.codename_traces import traces_of
from tests.conftest import IntakeSecret
from tests.gated_upload import Gate, Sending, to_files_page
from tests.observed_site import ObservedSite, children, eventually, observed_site
from tests.plaintext_trace import (
    LONGEST_STRING,
    TRACED,
    at_the_start,
    bytes_given,
    client_connections,
    cut_short,
    gpg_inputs,
    leaks,
    mapped_for_writing,
    opened_for_writing,
    refused,
)
from tests.system_calls import Call, only, read_trace, under_strace

CANARIES = {
    "message": "canary-message-91d3",
    "answer": "canary-answer-07be",
    "who must not see it": "canary-mustnot-c85a",
    "file name": "canary-name-4f20",
    "inside a file": "canary-inside-e6b9",
    "message of a form that was refused": "canary-refused-2d77",
    "inside a held file": "canary-held-b10c",
    "further message": "canary-further-5ea8",
    "inside a further file": "canary-later-38f4",
}
FILE_BYTES = 10_500_000
CORES_OFF = re.compile(r"^Max core file size +0 +0 ", re.MULTILINE)


@dataclass(frozen=True)
class Traced:
    """What a visit left: its trace, what to look for in it, and the folder for temporary files."""

    calls: list[Call]
    needles: dict[str, str]
    root: Path
    temporary: Path


def full_of(canary: str, size: int) -> bytes:
    """A content in which the canary stands every few bytes."""
    return (canary.encode() * (size // len(canary) + 1))[:size]


def named(number: int) -> str:
    """A file name with a canary."""
    return f"{CANARIES['file name']}-{number}.bin"


def check_no_cores(site: ObservedSite) -> None:
    """The process that watches, the one that serves, and the gpg that seals at this moment."""

    def sealing() -> list[int]:
        return [p for p in children(site.worker()) if b"--encrypt" in Path(f"/proc/{p}/cmdline").read_bytes()]

    eventually(lambda: len(sealing()), 1)
    for process in (site.arbiter, site.worker(), *sealing()):
        assert CORES_OFF.search(Path(f"/proc/{process}/limits").read_text()), process


def report(site: ObservedSite, source: SourceClient) -> str:
    """Send a report with large files, look at the processes in the middle of the last; return the codename."""
    codename = source.take_codename()
    content = full_of(CANARIES["inside a file"], FILE_BYTES)
    gate, half = Gate(), FILE_BYTES // 2
    page = to_files_page(
        source,
        CANARIES["message"],
        codename_check=codename,
        must_not_reach=CANARIES["who must not see it"],
        **{"q-who": CANARIES["answer"]},
    )
    files = [SentFile.of(named(1), content), SentFile.of(named(2), content)]
    sending = Sending(site.url, source, page, [*files, gate.file(named(3), content[:half], content[half:])])
    gate.wait()
    check_no_cores(site)
    gate.open()
    answer = sending.finish()
    assert answer is not None
    assert "We have your report" in answer.text
    return codename


def send_a_mistake(source: SourceClient) -> None:
    """Send a form that is given back, with its file held."""
    file = SentFile.of(named(4), full_of(CANARIES["inside a held file"], 300_000))
    text = CANARIES["message of a form that was refused"]
    assert source.report(text, codename="not the words", files=[file]).status == 422


def come_back(source: SourceClient, codename: str) -> None:
    """Return in another visit, write with a file, leave."""
    inbox = source.come_back(codename)
    file = SentFile.of(named(5), full_of(CANARIES["inside a further file"], 300_000))
    assert source.write_again(inbox, CANARIES["further message"], [file]).status == 303
    assert source.get("/inbox").status == 200
    source.post("/leave", {})


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> Traced:
    """One source's whole road, traced."""
    around = tmp_path_factory.mktemp("traced")
    root = around / "drop"
    make_drop(root, intake_secret.public, around / "pairing.json")
    temporary, trace = around / "temporary", around / "trace"
    temporary.mkdir(mode=0o700)
    # Compiled modules are written at a first start, before anything is served: not what is looked for here.
    environment = ["env", f"TMPDIR={temporary}", "PYTHONDONTWRITEBYTECODE=1"]
    with observed_site(root, under=[*environment, *under_strace(trace, TRACED, LONGEST_STRING)]) as site:
        os.utime(temporary, (0, 0))
        visits = [SourceClient(site.url) for _visit in range(3)]
        codename = report(site, visits[0])
        send_a_mistake(visits[1])
        come_back(visits[2], codename)
        for visit in visits:
            visit.close()
    calls = read_trace(trace)
    trace.unlink()
    return Traced(
        calls, CANARIES | {name: words.decode() for name, words in traces_of(codename).items()}, root, temporary
    )


def test_the_trace_holds_the_whole_visit(traced: Traced) -> None:
    """Or the rest would be true of an empty one: gpg was given all of it, the browser the codename, nothing is cut."""
    assert cut_short(traced.calls) == []
    inputs = gpg_inputs(traced.calls)
    sealed = {name: bytes_given(traced.calls, inputs, canary) for name, canary in CANARIES.items()}
    never_sealed = CANARIES["message of a form that was refused"]
    assert [name for name, given in sealed.items() if not given and CANARIES[name] != never_sealed] == []
    assert sealed["inside a file"] >= 3 * FILE_BYTES
    shown = client_connections(traced.calls)
    assert bytes_given(traced.calls, shown, never_sealed)
    spaced = [needle for name, needle in traced.needles.items() if name.startswith("words") and " " in needle]
    assert len(spaced) == 6
    assert all(bytes_given(traced.calls, shown, pair) for pair in spaced)
    # Though gpg may be given what is typed: no letter holds its codename.
    assert not any(
        bytes_given(traced.calls, inputs, pair) for name, pair in traced.needles.items() if "codename" in name
    )


def test_what_a_source_typed_goes_to_gpg_and_to_the_browser_alone(traced: Traced) -> None:
    """No canary and no two words of the codename are in any other call, and no call moves bytes unseen."""
    assert leaks(traced.calls, traced.needles) == []
    assert refused(traced.calls) == []


def test_only_sealed_blobs_the_database_and_what_carries_no_content_are_opened_for_writing(traced: Traced) -> None:
    """A list of what may be: whatever is not on it fails."""
    root, temporary = re.escape(str(traced.root)), re.escape(str(traced.temporary))
    may_be = (
        rf"{root}/(blobs/(incoming|held|sealed)/[0-9a-f]{{32}}|drop\.sqlite(-wal|-shm|-journal)?|ballast|\.site\.lock)"
        r"|/dev/null<char 1:3>|/proc/\d+/coredump_filter|/dev/shm/wgunicorn-\w+"
    )
    # The intake key, which is public, is judged in a folder of its own before anybody is let in; Python tries it first.
    may_be_at_the_start = rf"{may_be}|{temporary}/(candour-key-\w+/[\w./#~-]+|\w{{8}})"
    start = at_the_start(traced.calls)
    opened = set(opened_for_writing(traced.calls[len(start) :]))
    assert [path for path in sorted(opened) if not re.fullmatch(may_be, path)] == []
    opened_first = set(opened_for_writing(start))
    assert [path for path in sorted(opened_first) if not re.fullmatch(may_be_at_the_start, path)] == []
    assert len([path for path in opened if "/blobs/" in path]) == 7, "five files and two letters"
    heartbeats = {path for path in opened | opened_first if path.startswith("/dev/shm/")}
    assert len(heartbeats) == 1
    for path in heartbeats:
        assert list(only(traced.calls, ("unlink", "unlinkat"), f'"{path}"')), "it must have no name"
        assert not Path(path).exists()


def test_only_the_index_of_the_log_is_written_through_memory(traced: Traced) -> None:
    """What a process puts into a shared mapping of a file reaches the disk without any call that shows it."""
    assert mapped_for_writing(traced.calls) == {f"{traced.root}/drop.sqlite-shm"}


def test_no_temporary_file_was_made_for_a_source(traced: Traced) -> None:
    """The folder for them is empty, and its time would tell if it had not been so since the site answers."""
    assert list(traced.temporary.iterdir()) == []
    assert traced.temporary.stat().st_mtime_ns == 0


LEAKING = {
    "a file": "open('f', 'wb').write(c)",
    "a temporary file": "import tempfile; tempfile.TemporaryFile(dir='.').write(c)",
    "a temporary file with a name": "import tempfile; tempfile.NamedTemporaryFile(dir='.').write(c)",
    "memory that is a file": "import os; os.write(os.memfd_create('m'), c)",
    "the middle of a file": "import os; os.pwrite(os.open('f', os.O_RDWR | os.O_CREAT), c, 70000)",
    "parts gathered": "import os; os.writev(os.open('f', os.O_RDWR | os.O_CREAT), [c[:7], c[7:]])",
    "far inside a large piece": "open('f', 'wb').write(bytes(3000000) + c)",
    "another program": "import subprocess; subprocess.run(['cat'], input=c, stdout=subprocess.DEVNULL)",
    "another program's arguments": "import subprocess; subprocess.run(['true', c])",
    "a child's file": "import subprocess; subprocess.run(['tee', 'f'], input=c, stdout=subprocess.DEVNULL)",
    "a connection of its own": (
        "import socket; s = socket.create_server(('127.0.0.1', 0)); "
        "o = socket.create_connection(s.getsockname()); o.sendall(c)"
    ),
    "the name of a folder": "import os; os.mkdir(c)",
}


def trace_of(program: str, folder: Path, string_bytes: int = LONGEST_STRING) -> list[Call]:
    """The trace of a small program that runs in a folder."""
    command = [*under_strace(folder / "trace", TRACED, string_bytes), sys.executable, "-c", program]
    subprocess.run(command, check=True, capture_output=True, cwd=folder, timeout=60)
    return read_trace(folder / "trace")


@pytest.mark.parametrize("program", LEAKING.values(), ids=LEAKING)
def test_the_reader_sees_every_way_out(program: str, tmp_path: Path) -> None:
    """Wherever a small program lets a canary out, it is found."""
    calls = trace_of(f"c = b'canary-' + b'of-a-test'\n{program}\n", tmp_path)
    assert cut_short(calls) == []
    assert leaks(calls, {"it": "canary-of-a-test"})


HIDING = {
    "a file without a name": "import os; os.open('.', os.O_TMPFILE | os.O_RDWR)",
    "memory that is a file": "import os; os.memfd_create('m')",
    "bytes moved by the kernel": (
        "import os; f = os.open('f', os.O_RDWR | os.O_CREAT); os.write(f, b'x' * 9); "
        "g = os.open('g', os.O_RDWR | os.O_CREAT); os.copy_file_range(f, g, 9, 0)"
    ),
}


@pytest.mark.parametrize("program", HIDING.values(), ids=HIDING)
def test_the_reader_refuses_what_it_cannot_see_into(program: str, tmp_path: Path) -> None:
    """Whatever was in it."""
    assert refused(trace_of(program, tmp_path))


def test_the_reader_sees_a_mapping(tmp_path: Path) -> None:
    """Shared and for writing; one that only this process sees is no file's."""
    program = "import mmap; f = open('f', 'w+b'); f.truncate(9); mmap.mmap(f.fileno(), 9)[:9] = b'some-text'"
    assert mapped_for_writing(trace_of(program, tmp_path)) == {str(tmp_path / "f")}
    assert mapped_for_writing(trace_of("import mmap; mmap.mmap(-1, 9)", tmp_path)) == set()


def test_a_string_that_the_trace_cuts_is_told(tmp_path: Path) -> None:
    """Or a canary behind the cut would be missed without a word."""
    assert cut_short(trace_of("open('f', 'wb').write(bytes(100))", tmp_path, 64))
