"""Is the desk whole? (`candour-desk check`): folders, database, every sealed file, keys. Changes nothing."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sqlalchemy import text

from journalist_interface.desk_folder import Desk
from keys.errors import KeysError
from keys.hpke import check_public_key
from keys.intake_key import load_intake_key
from keys.intake_secret import export_public
from serving.language import gettext as _
from serving.language import ngettext
from store.blobs import Blob, BlobFolder
from store.desk.audit import TrailBroken, verify_trail
from store.desk.items import attachments_held
from store.desk.parcels import list_parcels
from store.desk.reviewers import list_reviewers
from store.errors import FolderExposed, Missing
from store.findings import Finding
from store.folder import check_private_folder


def check_desk(desk: Desk) -> Iterator[Finding]:
    """Yield a finding for each thing looked at."""
    for look in CHECKS:
        yield from look(desk)


def _folders(desk: Desk) -> Iterator[Finding]:
    paths = desk.paths
    for folder in (paths.folder, paths.post, paths.vault, paths.gnupg):
        try:
            check_private_folder(folder)
        except FolderExposed as reason:
            yield Finding(reason.reason, sound=False)
        else:
            yield Finding(_("{path}: nobody else can enter.").format(path=folder), sound=True)
    if paths.recovery_key.exists():
        yield Finding(
            _("{path} is still on this host. Take it to a safe place, then erase it here.").format(
                path=paths.recovery_key
            ),
            sound=True,
            warns=True,
        )


def _database(desk: Desk) -> Iterator[Finding]:
    with desk.database.reading() as connection:
        said = connection.execute(text("PRAGMA integrity_check")).scalars().all()
        loose = connection.execute(text("PRAGMA foreign_key_check")).all()
        yield Finding(
            _("The database is whole.") if said == ["ok"] and not loose else _("The database is damaged."),
            sound=said == ["ok"] and not loose,
        )
        try:
            count = verify_trail(connection)
        except TrailBroken as reason:
            yield Finding(_("The audit trail is broken at record {n}.").format(n=reason.number), sound=False)
        else:
            said = ngettext(
                "The audit trail is unbroken: {n} record.", "The audit trail is unbroken: {n} records.", count
            )
            yield Finding(said.format(n=count), sound=True)


def trail_is_unbroken(records: int) -> str:
    """Return the sentence for an audit trail of so many records."""
    return ngettext(
        "The audit trail is unbroken: {n} record.", "The audit trail is unbroken: {n} records.", records
    ).format(n=records)


def _post(desk: Desk) -> Iterator[Finding]:
    with desk.database.reading() as connection:
        parcels = list_parcels(connection)
    blobs = [Blob(part.blob, part.size, part.sha256) for parcel in parcels for part in parcel.parts]
    yield from _files(desk.post, blobs, _("post"))


def _vault(desk: Desk) -> Iterator[Finding]:
    with desk.database.reading() as connection:
        held = attachments_held(connection)
    yield from _files(desk.vault, list(held.values()), _("vault"))


def _files(folder: BlobFolder, blobs: Sequence[Blob], where: str) -> Iterator[Finding]:
    faults = 0
    for blob in blobs:
        try:
            path = folder.path(blob.id)
        except Missing:
            fault = _("A sealed file is missing from the {where}: {id}.")
        else:
            if path.stat().st_size == blob.size and _sha256(path) == blob.sha256:
                continue
            fault = _("A sealed file of the {where} was altered: {id}.")
        faults += 1
        yield Finding(fault.format(where=where, id=blob.id), sound=False)
    if not faults:
        yield Finding(_("The {where} is whole: {n} sealed files.").format(where=where, n=len(blobs)), sound=True)


def _keys(desk: Desk) -> Iterator[Finding]:
    try:
        key = load_intake_key(desk.paths.intake_key)
        export_public(desk.paths.gnupg, desk.intake_fingerprint)
        check_public_key(desk.recovery_public_key)
        with desk.database.reading() as connection:
            reviewers = list_reviewers(connection)
        for reviewer in reviewers:
            check_public_key(reviewer.public_key)
    except KeysError as reason:
        yield Finding(str(reason), sound=False)
        return
    same = key.fingerprint == desk.intake_fingerprint
    yield Finding(
        _("The intake key is usable.") if same else _("intake-key.asc is not the intake key of this desk."), sound=same
    )
    # The key that certifies and the one that decrypts, each in a file of its own (GnuPG 2.1 and later).
    secret_is_there = len(list((desk.paths.gnupg / "private-keys-v1.d").glob("*.key"))) >= 2
    yield Finding(
        _("The intake secret key is in its home.") if secret_is_there else _("The intake secret key is missing."),
        sound=secret_is_there,
    )
    officers = sum(reviewer.is_intake_officer for reviewer in reviewers)
    yield Finding(_("Reviewers: {n}, intake officers: {m}.").format(n=len(reviewers), m=officers), sound=officers > 0)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# What is looked at, in this order.
CHECKS: tuple[Callable[[Desk], Iterator[Finding]], ...] = (_folders, _database, _post, _vault, _keys)
