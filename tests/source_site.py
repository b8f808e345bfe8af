"""The source's site as a really running process, for the tests that need one."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.source_client import SourceClient

CHECKOUT = Path(__file__).resolve().parent.parent
_COMMANDS = Path(sys.executable).parent
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
        (folder / "settings.json").write_text(json.dumps(settings), "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        os.set_inheritable(listener.fileno(), True)
        process = subprocess.Popen(
            [str(_COMMANDS / "candour-drop"), "serve", "--data", str(folder), "--bind", f"fd://{listener.fileno()}"],
            pass_fds=(listener.fileno(),),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        listener.close()
        try:
            _wait(url, process)
            yield RunningSite(url, process.pid)
        finally:
            process.terminate()
            said, _nothing = process.communicate(timeout=20)
    # The site says nothing at all while it runs: there is nobody it may talk about.
    assert said == b"", said.decode("utf-8", "replace")


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the site stopped with {process.returncode}")
        client = SourceClient(url)
        try:
            if client.get("/left").status == 200:
                return
        except OSError:
            time.sleep(0.05)
        finally:
            client.close()
    raise AssertionError("the site does not answer")
