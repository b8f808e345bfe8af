"""A source host on a scratch folder, for measurements: started as in production, stocked and answered directly."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sqlalchemy import insert

from bench.source_client import SourceClient
from keys.codename import Codename
from keys.derivation import derive
from keys.intake_secret import export_public, make_intake_key, new_passphrase, stop_agent
from keys.reply import Reply, reply_address
from source_interface.drop_folder import DropFolder, make_drop
from store.database import Database, open_database
from store.drop.tables import parts, replies, sources, submissions
from store.folder import write_private_file

_MIGRATIONS = "store.drop.migrations"


@dataclass(frozen=True)
class DropSite:
    """A running site: its address, its process, its folder and its database."""

    url: str
    pid: int
    folder: DropFolder
    database: Database


def make_folder(scratch: Path, settings: Mapping[str, int] | None = None) -> DropFolder:
    """Make a source host under `scratch`."""
    home, public = scratch / "gnupg", scratch / "intake-key.asc"
    public.write_text(export_public(home, make_intake_key(home, new_passphrase())), "ascii")
    stop_agent(home)
    make_drop(scratch / "drop", public, scratch / "pairing.json")
    folder = DropFolder(scratch / "drop")
    write_private_file(folder.settings, json.dumps(settings or {}).encode("utf-8"))
    return folder


@contextmanager
def open_site(scratch: Path, settings: Mapping[str, int] | None = None) -> Iterator[DropSite]:
    """Make a source host under `scratch`, serve its site, and stop it afterwards."""
    with serve_folder(make_folder(scratch, settings)) as site:
        yield site


@contextmanager
def serve_folder(folder: DropFolder) -> Iterator[DropSite]:
    """Serve the site of a source host, and stop it afterwards."""
    with running("serve", folder) as (url, pid):
        database = open_database(folder.database, _MIGRATIONS)
        try:
            yield DropSite(url, pid, folder, database)
        finally:
            database.close()


@contextmanager
def running(command: str, folder: DropFolder) -> Iterator[tuple[str, int]]:
    """Run `candour-drop COMMAND` on a loopback port; give its address and process once it answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        os.set_inheritable(listener.fileno(), True)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        program = str(Path(sys.executable).parent / "candour-drop")
        process = subprocess.Popen(
            [program, command, "--data", str(folder.root), "--bind", f"fd://{listener.fileno()}"],
            pass_fds=(listener.fileno(),),
        )
        # From here on a site that has stopped refuses connections, instead of leaving them waiting in our queue.
        listener.close()
        try:
            _wait(url)
            yield url, process.pid
        finally:
            process.terminate()
            process.wait(20)


def stock_sources(site: DropSite, count: int) -> None:
    """Put `count` sources into the store, each with one reply, so that what is measured is a site that holds many."""
    day = time.strftime("%Y-%m-%d", time.gmtime())
    for start in range(0, count, 1000):
        made = [_stranger(day) for _ in range(min(1000, count - start))]
        with site.database.writing() as connection:
            connection.execute(insert(sources), [source for source, _reply in made])
            connection.execute(insert(replies), [reply for _source, reply in made])


def stock_submissions(site: DropSite, count: int) -> None:
    """Let `count` submissions of one letter each wait for the courier; what is in their letters is noise."""
    day = time.strftime("%Y-%m-%d", time.gmtime())
    sealed = secrets.token_bytes(4_096)
    digest = sha256(sealed).hexdigest()
    made = [(secrets.token_hex(16), secrets.token_hex(16)) for _submission in range(count)]
    for _submission, blob in made:
        (site.folder.blobs / "sealed" / blob).write_bytes(sealed)
    with site.database.writing() as connection:
        for submission, blob in made:
            connection.execute(insert(submissions).values(id=submission, lookup_id=None, day=day))
            part = {"blob": blob, "submission": submission, "kind": "letter", "size": len(sealed), "sha256": digest}
            connection.execute(insert(parts).values(part))


def give_reply(site: DropSite, codename: str) -> bytes:
    """Put a reply into the inbox of this source; return by what the source is found."""
    keys = derive(Codename.read(codename), site.folder.pepper.read_bytes())
    day = time.strftime("%Y-%m-%d", time.gmtime())
    reply = Reply(secrets.token_hex(16), day, "Thank you for writing to us. " * 20)
    sealed = reply.seal_to(keys.reply_key().public)
    with site.database.writing() as connection:
        connection.execute(
            insert(replies).values(id=reply.id, lookup_id=keys.lookup_id, sealed=sealed, day=day, read=False)
        )
    return keys.lookup_id


def _stranger(day: str) -> tuple[dict[str, object], dict[str, object]]:
    lookup_id, public = secrets.token_bytes(32), secrets.token_bytes(1216)
    reply_id = secrets.token_hex(16)
    source: dict[str, object] = {
        "lookup_id": lookup_id,
        "address": reply_address(public),
        "reply_key": public,
        "status": "being-read",
        "status_day": day,
    }
    sealed = _SOMEBODYS.seal_to(_SOMEBODYS_KEY)
    return source, {"id": reply_id, "lookup_id": lookup_id, "sealed": sealed, "day": day, "read": False}


_SOMEBODYS = Reply("0" * 32, "2026-01-01", "Thank you.")
_SOMEBODYS_KEY = derive(Codename.draw(), bytes(32)).reply_key().public


def _wait(url: str) -> None:
    for _attempt in range(3_000):
        client = SourceClient(url)
        try:
            # The door answers too: that nobody without its token is let in.
            if client.get("/left").status in (200, 401):
                return
        except OSError:
            time.sleep(0.01)
        finally:
            client.close()
    raise RuntimeError("the site does not answer")
