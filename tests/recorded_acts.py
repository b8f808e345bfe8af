"""What a desk has recorded, for tests: the trail, `candour-desk audit`, and what an act needs to be recorded."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from journalist_interface.commands import main
from journalist_interface.intake_lock import IntakeLock
from keys.hpke import SecretKey
from store.blobs import new_blob_id
from store.desk.audit import Record
from store.desk.audit_reading import Wanted, read_trail, verify_trail
from store.desk.case_tables import attachments
from store.desk.parcels import Parcel, ParcelPart, put_parcel
from tests.desk_office import Office, new_office, write_letter

# Later than the letters', so that they are opened first.
NO_LETTERS_DAY = "2026-11-24"


@contextmanager
def office_with_a_file(folder: Path) -> Iterator[Office]:
    """Give a desk with one case that has a file in it, and one letter in the post."""
    with new_office(folder) as made:
        made.open(made.deliver(write_letter(SecretKey(secrets.token_bytes(96)).public), {"hale.pdf": b"a"}))
        made.deliver(write_letter(None))
        yield made


def trail(office: Office) -> list[Record]:
    """Every record, of a trail that is whole."""
    with office.desk.database.reading() as connection:
        verify_trail(connection)
        return [link.record for link in read_trail(connection, Wanted())]


def since(office: Office, number: int) -> list[tuple[str, str, str]]:
    """Actor, act and note of every record after so many."""
    return [(record.actor, record.act, record.note) for record in trail(office)[number:]]


def put_nonsense(office: Office) -> str:
    """Put something into the post that opens to no letter; return its submission id."""
    blob, submission = office.seal(b"no letter"), new_blob_id()
    part = ParcelPart(blob.id, "letter", blob.size, blob.sha256)
    put_parcel(office.desk.database, Parcel(submission, NO_LETTERS_DAY, NO_LETTERS_DAY, None, (part,)))
    return submission


def reference(office: Office) -> str:
    """The reference of the case."""
    return next(record.case_reference for record in trail(office) if record.act == "open") or ""


def unlocked(office: Office, minutes: float = 15) -> tuple[IntakeLock, Any]:
    """A lock, unlocked by amina."""
    lock, amina = IntakeLock(minutes=minutes), office.signed_in()
    lock.unlock(office.desk, amina)
    return lock, amina


def attachment_ids(office: Office) -> list[str]:
    """The ids of the case's attachments."""
    with office.desk.database.reading() as connection:
        return list(connection.execute(attachments.select()).scalars())


def token(client: FlaskClient) -> dict[str, str]:
    """The field that every form carries."""
    page = client.get("/post").text
    return {"csrf_token": page.split('name="csrf_token" value="')[1].split('"')[0]}


def run(office: Office, *arguments: str) -> Result:
    """Run `candour-desk audit …`."""
    return CliRunner().invoke(main, ["audit", *arguments, "--data", str(office.folder)])
