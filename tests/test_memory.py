"""Memory: what a source typed, and the keys that come of it, are gone from the site's memory between two requests."""

import http.client
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bench.source_client import SentFile, SourceClient
from serving.memory import wiping_environment
from source_interface.drop_folder import DropFolder
from tests.codename_traces import traces_of
from tests.drop_contents import give_reply, source_keys
from tests.observed_site import ObservedSite, children, eventually, observed_site

CANARIES = {
    "message": b"canary-message-2f6a",
    "message of a form that was refused": b"canary-refused-83d1",
    "answer": b"canary-answer-5c0b",
    "file name": b"canary-name-d94e",
    "inside a file": b"canary-inside-17f7",
    "further message": b"canary-further-a6a2",
    "message of an ended visit": b"canary-ended-0e38",
    "reply": b"canary-reply-b1c5",
    "address asked for": b"canary-path-44aa",
    "browser": b"canary-browser-9e1d",
}


@pytest.fixture
def site(drop_folder: DropFolder) -> Iterator[ObservedSite]:
    """A site whose memory may be read."""
    with observed_site(drop_folder.root) as found:
        yield found


def secrets_of(codename: str, folder: DropFolder) -> dict[str, bytes]:
    """The codename as it is written and as a form sends it, and the seed that comes of it."""
    seed = source_keys(folder, codename).reply_seed
    return {**traces_of(codename), "seed": seed[:32], "seed, second part": seed[32:64], "seed, third part": seed[64:]}


def report(source: SourceClient) -> str:
    """Report, with a slip first, and return the codename."""
    codename = source.take_codename()
    message = CANARIES["message"].decode()
    refused = source.report(CANARIES["message of a form that was refused"].decode(), codename=f"{codename} oops")
    assert refused.status == 422
    file = SentFile.of(f"{CANARIES['file name'].decode()}.txt", CANARIES["inside a file"] * 20_000)
    answer = {"q-who": CANARIES["answer"].decode()}
    assert source.report(message, codename=codename, files=[file], **answer).status == 200
    return codename


def come_back_and_write(source: SourceClient, codename: str) -> None:
    """Return, once misspelt, read the reply, write, with a form that is not ours first."""
    assert source.come_back(f"{codename} {codename}").status == 422
    inbox = source.come_back(codename)
    assert CANARIES["reply"].decode() in inbox.text
    ended = [("csrf_token", "another's"), ("message", CANARIES["message of an ended visit"].decode())]
    assert source.post_multipart("/inbox", ended).status == 400
    assert source.write_again(inbox, CANARIES["further message"].decode()).status == 303
    assert source.get("/inbox").status == 200


def look_around(url: str) -> None:
    """Ask for a page that is not there, under a browser's name."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    path = f"/{CANARIES['address asked for'].decode()}"
    connection.request("GET", path, headers={"User-Agent": CANARIES["browser"].decode()})
    assert connection.getresponse().status == 404
    connection.close()


def test_what_a_source_typed_is_not_remembered(site: ObservedSite, drop_folder: DropFolder) -> None:
    """Neither while the source is signed in and thinks about the next page, nor after leaving.

    No request is needed for it to go. Without overwriting, the codename and the message stay for hundreds of requests.
    """
    with closing(SourceClient(site.url)) as reporting, closing(SourceClient(site.url)) as returning:
        walk(site, drop_folder, reporting, returning)


def walk(site: ObservedSite, drop_folder: DropFolder, reporting: SourceClient, returning: SourceClient) -> None:
    """The road of a source, looking into the worker's memory on the way."""
    codename = report(reporting)
    needles = {**CANARIES, **secrets_of(codename, drop_folder)}
    eventually(lambda: site.remembers(needles), [])
    give_reply(drop_folder, codename, CANARIES["reply"].decode())
    come_back_and_write(returning, codename)
    look_around(site.url)
    eventually(lambda: site.remembers(needles), [])
    assert returning.get("/inbox").status == 200, "the session is alive all the same"
    returning.post("/leave", {})
    eventually(lambda: site.remembers(needles), [])


@contextmanager
def half_a_form(site: ObservedSite) -> Iterator[None]:
    """A form of which a message and a part of a file have been sent."""
    parts = urlsplit(site.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    connection.putrequest("POST", "/report")
    connection.putheader("Content-Type", "multipart/form-data; boundary=b")
    connection.putheader("Content-Length", "10000000")
    connection.endheaders()
    message = b'--b\r\nContent-Disposition: form-data; name="message"\r\n\r\n' + CANARIES["message"]
    file = b'\r\n--b\r\nContent-Disposition: form-data; name="attachments"; filename="a"\r\n\r\n'
    connection.send(message + file + CANARIES["inside a file"] * 10_000)
    with closing(connection):
        yield


def test_the_search_finds_what_is_there(site: ObservedSite) -> None:
    """A message whose form is still being sent is in memory; when the connection breaks it goes."""
    needles = {"message": CANARIES["message"]}
    with half_a_form(site):
        eventually(lambda: bool(site.remembers(needles)), wanted=True)
    eventually(lambda: site.remembers(needles), [])


def sealing(site: ObservedSite) -> list[int]:
    """The gpg processes that seal something."""
    return [pid for pid in children(site.worker()) if b"--encrypt" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_gpg_leaves_no_core_either(site: ObservedSite) -> None:
    """Not as a file (the limit) and not through a pipe (what a core holds): for it too has plaintext in memory."""
    with half_a_form(site):
        eventually(lambda: len(sealing(site)), 1)
        (gpg,) = sealing(site)
        assert re.search(r"^Max core file size +0 +0 ", Path(f"/proc/{gpg}/limits").read_text(), re.MULTILINE)
        assert int(Path(f"/proc/{gpg}/coredump_filter").read_text(), 16) == 0


ENVIRONMENTS = {
    "nothing set": {},
    "another setting of glibc's": {"GLIBC_TUNABLES": "glibc.malloc.check=1"},
    "the opposite": {
        "GLIBC_TUNABLES": "glibc.malloc.perturb=0:glibc.malloc.tcache_count=7",
        "PYTHONMALLOC": "pymalloc",
    },
}


@pytest.mark.parametrize("found", ENVIRONMENTS.values(), ids=ENVIRONMENTS)
def test_the_environment_overwrites_what_is_freed(found: dict[str, str]) -> None:
    """Whatever was set: ours is said last, once, and what has nothing to do with it stays."""
    wanted = wiping_environment({**found, "LANG": "C.UTF-8"})
    assert wanted["PYTHONMALLOC"] == "malloc"
    assert wanted["LANG"] == "C.UTF-8"
    assert wanted["GLIBC_TUNABLES"].startswith(found.get("GLIBC_TUNABLES", ""))
    settings = dict(setting.split("=") for setting in wanted["GLIBC_TUNABLES"].split(":"))
    assert settings["glibc.malloc.tcache_count"] == "0"
    assert 0 < int(settings["glibc.malloc.perturb"]) < 256
    assert wiping_environment(wanted) == wanted, "or it would begin again for ever"
