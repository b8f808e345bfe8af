"""Both hosts for tests of files that go with a reply: a case whose source comes back, the real door, the real site."""

import http.client
import io
import json
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from flask import Flask
from werkzeug.test import TestResponse

from bench.source_client import Answered, SourceClient
from journalist_interface.courier import Courier
from journalist_interface.courier_report import Report
from journalist_interface.desk_app import create_desk
from journalist_interface.door_client import DoorClient
from journalist_interface.opening import open_parcel
from serving.server import CLOSE
from source_interface.drop_folder import DropFolder, make_drop
from store.database import open_database
from store.desk.parcels import list_parcels
from store.drop import tables as drop_tables
from tests.courier.ground import Watching
from tests.desk_office import Office, new_office
from tests.desk_person import Person
from tests.desk_routes import form_to
from tests.source_site import running_door, running_site

CANARY = b"canary-inside-the-file-6e1d"
NAME = "How to complain canary-name-77d0.pdf"


def content(size: int, mark: bytes = CANARY) -> bytes:
    """A file of so many bytes, with a canary every kilobyte, that nothing can squeeze."""
    piece = mark + secrets.token_bytes(1_000 - len(mark))
    return (piece * (size // 1_000 + 1))[:size]


@dataclass
class BothHosts:
    """A desk with one case, and the source host on which its source comes back."""

    office: Office
    app: Flask
    drop: DropFolder
    token: str
    door_url: str
    site_url: str
    codename: str = ""
    reference: str = ""

    def collect(self) -> Report:
        """Make one run of the courier."""
        desk = self.office.desk
        with closing(DoorClient(self.door_url, self.token)) as door:
            return Courier(desk.database, desk.post, desk.outgoing, door, Watching()).run()

    def new_case(self) -> None:
        """Have a source report, collect it, open it."""
        source = SourceClient(self.site_url)
        self.codename = source.take_codename()
        answer = source.report("He sells what he reads.", codename=self.codename)
        assert answer.status in (200, 303), answer.text
        source.close()
        assert self.collect().problems == []
        with self.office.desk.database.reading() as connection:
            [parcel] = list_parcels(connection)
        amina, passphrase = self.office.signed_in(), self.office.passphrase()
        self.reference = open_parcel(self.office.desk, amina, passphrase, parcel.submission, ("amina",))

    def reply(self, person: Person, text: str = "Please read this.") -> TestResponse:
        """Send the reply form as it stands on the case's page, with this text."""
        address = f"/case/{self.reference}/reply"
        form = form_to(person.get(f"/case/{self.reference}"), address)
        return person.client.post(address, data=form.data(text=text))

    def come_back(self) -> tuple[SourceClient, Answered]:
        """Come back with the codename: the browser and its inbox."""
        source = SourceClient(self.site_url)
        inbox = source.come_back(self.codename)
        assert inbox.status == 200
        return source, inbox

    def download(
        self, source: SourceClient, inbox: Answered, reply: str, blob: str
    ) -> tuple[http.client.HTTPMessage, int, bytes]:
        """Press the button of a file: head, status and bytes."""
        parts = urlsplit(self.site_url)
        with closing(http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)) as connection:
            body = urlencode({"csrf_token": inbox.hidden("csrf_token"), "reply": reply, "file": blob})
            connection.request(
                "POST",
                "/file",
                body,
                {"Content-Type": "application/x-www-form-urlencoded", "Cookie": source.cookie_header()},
            )
            answer = connection.getresponse()
            return answer.headers, answer.status, answer.read()

    def sealed_files(self) -> dict[str, bytes]:
        """What lies on the source host's disk of files of replies, under every name."""
        folder = self.drop.reply_files
        return {
            path.name: path.read_bytes()
            for name in ("sealed", "incoming", "held")
            for path in (folder / name).iterdir()
        }

    def rows(self) -> list[tuple[str, bool]]:
        """The rows of files at the source host: name, and whether it is here."""
        with (
            closing(open_database(self.drop.database, "store.drop.migrations")) as database,
            database.reading() as connection,
        ):
            return [(row.blob, row.here) for row in connection.execute(drop_tables.reply_files.select())]


def attach(person: Person, reference: str, *files: tuple[str, bytes], **changes: str) -> TestResponse:
    """Send the form for files as a browser does: its fields first, then the files."""
    address = f"/case/{reference}/files"
    fields = form_to(person.get(address), address).data(**changes)
    fields.pop("files", None)
    return person.client.post(
        address,
        data={**fields, "files": [(io.BytesIO(there), name, "application/pdf") for name, there in files]},
        content_type="multipart/form-data",
    )


@contextmanager
def both_hosts(scratch: Path) -> Iterator[BothHosts]:
    """Give both hosts with one case."""
    with new_office(scratch / "desk") as office:
        pairing = scratch / "pairing.json"
        make_drop(scratch / "drop", office.desk.paths.intake_key, pairing)
        app = create_desk(office.folder)
        try:
            with (
                running_site(
                    scratch / "drop", free_bytes_for_files=0, free_bytes_for_text=0, derivation_patience_seconds=60
                ) as site,
                running_door(scratch / "drop") as door,
            ):
                token = json.loads(pairing.read_text())["token"]
                hosts = BothHosts(office, app, DropFolder(scratch / "drop"), token, door, site)
                hosts.new_case()
                yield hosts
        finally:
            app.extensions[CLOSE]()
