"""The source's site as a really running process, for the tests that need one."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.source_client import SourceClient
from store.folder import write_private_file

CHECKOUT = Path(__file__).resolve().parent.parent
CANDOUR_DROP = Path(sys.executable).parent / "candour-drop"
_PATIENCE_SECONDS = 30


@dataclass(frozen=True)
class RunningSite:
    """A site's address and the process that was started for it."""

    url: str
    pid: int


@contextmanager
def running_site(folder: Path, **settings: int | str) -> Iterator[str]:
    """Serve the source host in `folder` with `candour-drop serve` and give its address."""
    with running_site_process(folder, **settings) as site:
        yield site.url


@contextmanager
def running_site_process(folder: Path, **settings: int | str) -> Iterator[RunningSite]:
    """Serve the source host in `folder` with `candour-drop serve` and give its address and its process."""
    if settings:
        write_private_file(folder / "settings.json", json.dumps(settings).encode("utf-8"))
    with serving_process([str(CANDOUR_DROP), "serve"], folder) as (url, process):
        wait_until_it_answers(url, process)
        yield RunningSite(url, process.pid)


@contextmanager
def running_door(folder: Path) -> Iterator[str]:
    """Serve the door of the source host in `folder` with `candour-drop door`; it is there as soon as it is asked."""
    with serving_process([str(CANDOUR_DROP), "door"], folder) as (url, _process):
        yield url


@contextmanager
def serving_process(command: Sequence[str], folder: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Run a command that serves the source host in `folder`; give the address and the process."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        os.set_inheritable(listener.fileno(), True)
        bind = f"fd://{listener.fileno()}"
        process = subprocess.Popen(
            [*command, "--data", str(folder), "--bind", bind],
            pass_fds=(listener.fileno(),),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.close()
        try:
            yield url, process
        finally:
            process.terminate()
            said, _nothing = process.communicate(timeout=20)
    # It says nothing at all while it runs: there is nobody it may talk about.
    assert said == b"", said.decode("utf-8", "replace")


def wait_until_it_answers(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait for the first page, or for the one that a site with an address of its own shows to whoever asks here."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the site stopped with {process.returncode}")
        client = SourceClient(url)
        try:
            if client.get("/left").status in (200, 403):
                return
        except OSError:
            time.sleep(0.05)
        finally:
            client.close()
    raise AssertionError("the site does not answer")
