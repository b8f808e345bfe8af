"""The stick between the hosts: one folder, fixed names, and a list of what lies there, checked before anything is used.

Rules:
- The list tells slips: the wrong stick, a file of an earlier sitting, one that was put in the place of another. Against
  somebody who alters the stick on purpose people compare aloud: such a person writes a list that fits.
- Files are written first, their list last: who pulls the stick out too early has none, and reads so.
- What travels outward is public. What travels back opens the door: it is erased when it has arrived.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from ceremony.errors import CeremonyRefused
from keys.errors import Malformed
from keys.strict_json import hex_sha256, read_object, write_object
from serving.language import gettext as _
from store.folder import sync_file, sync_folder, write_private_file

FOLDER = "candour-ceremony"
_BACKUPS = "candour-backups"
INTAKE_KEY = "intake-key.asc"
RECOVERY_KEY = "recovery-key.pub"
COURIER_KEY = "reviewer-host.auth"
PAIRING = "pairing.json"
_TRIAL = "trial"
_TRIAL_BYTES = 16 * 1024  # more than what travels back
_LARGEST_LIST = 4096  # bytes
_LARGEST_FILE = 256 * 1024  # bytes


class Way(StrEnum):
    """In which direction a parcel travels."""

    OUTWARD = "outward"
    BACK = "back"


CONTENTS = {Way.OUTWARD: (INTAKE_KEY, RECOVERY_KEY, COURIER_KEY), Way.BACK: (PAIRING,)}


@dataclass(frozen=True)
class Parcel:
    """What a stick brought: the number of the sitting, and each file's bytes, which fit the list beside them."""

    sitting: str
    untrusted_files: Mapping[str, bytes]


def write_parcel(stick: Path, way: Way, sitting: str, files: Mapping[str, bytes]) -> None:
    """Write what travels this way, in the place of what lay there. Raises CeremonyRefused."""
    folder = _folder_of(stick)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        _list_of(folder, way).unlink(missing_ok=True)
        for name in CONTENTS[way]:
            write_private_file(folder / name, files[name])
        digests = {name: sha256(files[name]).hexdigest() for name in CONTENTS[way]}
        document = {"candour_parcel": 1, "way": str(way), "sitting": sitting, "files": digests}
        write_private_file(_list_of(folder, way), write_object(document))
    except OSError as reason:
        raise CeremonyRefused(_unwritable(stick, reason)) from reason


def check_writable(stick: Path) -> None:
    """Raise CeremonyRefused unless a file can be written to the stick; for before something ends that is in use."""
    folder = _folder_of(stick)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        write_private_file(folder / _TRIAL, bytes(_TRIAL_BYTES))
        (folder / _TRIAL).unlink()
    except OSError as reason:
        raise CeremonyRefused(_unwritable(stick, reason)) from reason


def read_parcel(stick: Path, way: Way, sitting: str = "") -> Parcel:
    """Return what a stick brings this way, of this sitting if it has a number. Raises CeremonyRefused."""
    folder = _folder_of(stick)
    if not _list_of(folder, way).is_file():
        raise CeremonyRefused(_nothing_here(stick, way))
    number, digests = _read_list(_list_of(folder, way), way)
    if sitting and number != sitting:
        raise CeremonyRefused(
            _(
                "What lies on this stick is of another sitting than this one: an earlier one, or another "
                "organisation's. Nothing was done with it. Take the stick that the other host wrote today."
            )
        )
    return Parcel(number, {name: _read(folder / name, digests[name]) for name in CONTENTS[way]})


def erase_parcel(stick: Path, way: Way) -> bool:
    """Erase what travelled this way, and its list; tell whether there was anything. Raises CeremonyRefused."""
    folder = _folder_of(stick)
    paths = [path for path in (_list_of(folder, way), *(folder / name for name in CONTENTS[way])) if path.exists()]
    erase_files(paths)
    return bool(paths)


def erase_files(paths: list[Path]) -> None:
    """Write over files and erase them. A stick may keep what was there all the same: say so to people."""
    for path in paths:
        try:
            with path.open("r+b") as file:
                file.write(bytes(path.stat().st_size))
            sync_file(path)
            path.unlink()
            sync_folder(path.parent)
        except OSError as reason:
            raise CeremonyRefused(
                _("{path} could not be erased: {why}. Erase it yourself, or destroy the stick.").format(
                    path=path, why=os.strerror(reason.errno or 0)
                )
            ) from reason


def backups_on(stick: Path) -> Path:
    """Return the stick's folder for backups, made if it is missing. Raises CeremonyRefused."""
    folder = _folder_of(stick).with_name(_BACKUPS)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as reason:
        raise CeremonyRefused(_unwritable(stick, reason)) from reason
    return folder


def _unwritable(stick: Path, reason: OSError) -> str:
    return _(
        "The stick cannot be written to ({path}: {why}). Nothing else was changed. Look that it is plugged in and has "
        "room, then run the same line again."
    ).format(path=stick, why=os.strerror(reason.errno or 0))


def _folder_of(stick: Path) -> Path:
    if not stick.is_dir():
        raise CeremonyRefused(
            _(
                "There is no stick at {path}. Nothing was changed. Plug it in, look where it is (its folder), and give "
                "that folder with --stick."
            ).format(path=stick)
        )
    return stick / FOLDER


def _list_of(folder: Path, way: Way) -> Path:
    return folder / f"{way}.json"


def _nothing_here(stick: Path, way: Way) -> str:
    if way is Way.OUTWARD:
        return _(
            "This stick ({path}) brings nothing from the desk. Nothing was changed. It is the wrong stick, or the desk "
            "has not written it to its end: take it back to the desk."
        ).format(path=stick)
    return _(
        "This stick ({path}) brings nothing back from the source host. Nothing was changed. It is the wrong stick, or "
        "the source host has not come to its step “return” yet."
    ).format(path=stick)


def _read_list(path: Path, way: Way) -> tuple[str, dict[str, str]]:
    try:
        with path.open("rb") as file:
            fields = read_object(file.read(_LARGEST_LIST + 1), _LARGEST_LIST)
        fields.exactly("candour_parcel", 1)
        fields.exactly("way", str(way))
        number, found = fields.hex_id("sitting"), fields.value("files")
        fields.end()
        if not isinstance(found, dict) or set(found) != set(CONTENTS[way]):
            raise Malformed("the list names other files")
        return number, {name: hex_sha256(digest) for name, digest in found.items()}
    except (Malformed, OSError) as broken:
        raise CeremonyRefused(
            _(
                "The list on the stick ({path}) is damaged. Nothing was done with it. Have the other host write the "
                "stick again."
            ).format(path=path)
        ) from broken


def _read(path: Path, digest: str) -> bytes:
    found = b""
    if path.is_file() and not path.is_symlink():
        with path.open("rb") as file:
            found = file.read(_LARGEST_FILE + 1)
    if sha256(found).hexdigest() != digest:
        raise CeremonyRefused(
            _(
                "{name} on the stick is not the file that the other host wrote: it is missing, damaged, or another "
                "was put in its place. Nothing was done with it. Have the other host write the stick again."
            ).format(name=path.name)
        )
    return found
