"""How the installed commands start: what serves begins again before it has loaded anything, others not at all."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

COMMANDS = Path(sys.executable).parent
SERVERS = [("candour-drop", "serve"), ("candour-drop", "door"), ("candour-desk", "serve")]


def loaded_by(folder: Path, command: str, *arguments: str) -> Counter[str]:
    """Start an installed command that is to be refused; return how often each module was loaded meanwhile."""
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", COMMANDS / command, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1, ended.stderr
    return Counter(re.findall(r"^import time:.*\| *([\w.]+)$", ended.stderr, re.MULTILINE))


@pytest.mark.parametrize("server", SERVERS, ids=" ".join)
def test_a_server_loads_nothing_large_twice(tmp_path: Path, server: tuple[str, str]) -> None:
    """It begins again, so that freed memory is overwritten: first of all, not once a second's work is done."""
    command, serve = server
    loaded = loaded_by(tmp_path, command, serve, "--data", "nowhere", "--bind", "127.0.0.1:0")
    assert loaded["serving.memory"] == 2
    assert (loaded["click"], loaded["flask"], loaded["sqlalchemy"]) == (1, 1, 1)


@pytest.mark.parametrize("command", ["candour-drop", "candour-desk"])
def test_what_serves_nobody_does_not_begin_again(tmp_path: Path, command: str) -> None:
    """Not even where its arguments name a server."""
    assert loaded_by(tmp_path, command, "check", "--data", "serve")["serving.memory"] == 1
