"""The servers listen where Tor brings people, and `check` knocks there: with the real commands."""

import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from source_interface.commands import main
from source_interface.drop_folder import DropFolder
from source_interface.tor_plan import plan_of
from tests.source_site import CANDOUR_DROP

SECONDS = 60  # until it is a failure


@pytest.fixture
def host(drop_folder: DropFolder) -> DropFolder:
    """A source host with onion services, whose Tor does not run."""
    done = CliRunner().invoke(main, ["onion", "set-up", "--data", str(drop_folder.root)])
    assert done.exit_code == 0, done.output
    return drop_folder


# `{0}` is the data folder; `{1}` a unix socket elsewhere, handed over open.
ELSEWHERE = {
    "the site beside the folder": ["serve", "--from-tor", "--bind", "unix:{0}/../site.sock"],
    "the site under another name": ["serve", "--from-tor", "--bind", "unix:{0}/socket"],
    "the site where the door should be": ["serve", "--from-tor", "--bind", "unix:{0}/sockets/door.sock"],
    "the site on a socket it was handed": ["serve", "--from-tor", "--bind", "fd://{1}"],
    "the door beside the folder": ["door", "--bind", "unix:{0}/../door.sock"],
    "the door where the site should be": ["door", "--bind", "unix:{0}/sockets/site.sock"],
    "the door on a socket it was handed": ["door", "--bind", "fd://{1}"],
}


@pytest.mark.parametrize("what", ELSEWHERE)
def test_a_socket_that_tor_was_not_told_of_is_refused(host: DropFolder, tmp_path: Path, what: str) -> None:
    """Nobody would ever come there; the sentence says where they do come."""
    with socket.socket(socket.AF_UNIX) as handed:
        handed.bind(str(tmp_path / "handed.sock"))
        spelt = [each.format(host.root, handed.fileno()) for each in ELSEWHERE[what]]
        done = CliRunner().invoke(main, [spelt[0], "--data", str(host.root), *spelt[1:]])
    wanted = host.site_socket if spelt[0] == "serve" else host.door_socket
    assert (done.exit_code, f"Use --bind unix:{wanted}" in done.output) == (1, True), done.output


@contextmanager
def serving(host: DropFolder, command: str, bind: str, *options: str, handed: tuple[int, ...] = ()) -> Iterator[None]:
    """A server that really runs; it must say nothing of who knocked."""
    asked = [str(CANDOUR_DROP), command, "--data", str(host.root), "--bind", bind, *options]
    process = subprocess.Popen(asked, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=handed)
    try:
        yield
    finally:
        process.terminate()
        said = process.communicate(timeout=SECONDS)[0]
    assert said == b"", said.decode("utf-8", "replace")


def check(host: DropFolder) -> str:
    """What `candour-drop check` says."""
    return CliRunner().invoke(main, ["check", "--data", str(host.root)]).output


def wait_until_said(host: DropFolder, *patterns: str) -> None:
    """Look until `check` says all of it. Fails after a minute."""
    ends = time.monotonic() + SECONDS
    while not all(re.search(pattern, check(host), re.MULTILINE) for pattern in patterns):
        assert time.monotonic() < ends, check(host)


def test_check_says_at_which_socket_nobody_answers(host: DropFolder) -> None:
    """Also where a socket was left by a server that is gone; each server makes its own sentence right."""
    for left in (host.site_socket, host.door_socket):
        with socket.socket(socket.AF_UNIX) as gone:
            gone.bind(str(left))
    said = check(host)
    for name, path in (("site", host.site_socket), ("door", host.door_socket)):
        assert f"FAULT Nobody answers for “{name}” at {path}: visitors get a broken connection." in said
    with serving(host, "serve", f"unix:{host.site_socket}", "--from-tor"):
        wait_until_said(host, "^ok .*answers for “site”", "^FAULT Nobody answers for “door”")
        # A path that leads to the same place is the same place.
        with serving(host, "door", f"unix:{host.root}/../{host.root.name}/sockets/door.sock"):
            wait_until_said(host, "^ok .*answers for “site”", "^ok .*answers for “door”")


def test_the_right_socket_may_be_handed_over(host: DropFolder) -> None:
    """As systemd does it."""
    with socket.socket(socket.AF_UNIX) as handed:
        handed.bind(str(host.door_socket))
        handed.listen()
        with serving(host, "door", f"fd://{handed.fileno()}", handed=(handed.fileno(),)):
            wait_until_said(host, "^ok .*answers for “door”")


def test_a_host_that_is_only_tried_out_is_not_knocked_at(drop_folder: DropFolder) -> None:
    """There is no Tor that would bring anybody; and mending, for which the servers are stopped, misses nobody."""
    assert "answers for" not in check(drop_folder)
    assert CliRunner().invoke(main, ["onion", "set-up", "--data", str(drop_folder.root)]).exit_code == 0
    assert len(plan_of(drop_folder.root).services) == 2
    mended = CliRunner().invoke(main, ["check", "--repair", "--data", str(drop_folder.root)])
    assert "answers for" not in mended.output
