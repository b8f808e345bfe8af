"""Pairing: how the reviewer host learns where its source host's door is, and the token that opens it.

The source host makes a pairing file (`candour-drop init`); it is carried here once. It also names the fingerprint of
the intake key that the source host seals to: if that is not this desk's own, nothing sent there could be read here.
"""

import re
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from journalist_interface.courier_errors import NotPaired, PairingRefused
from journalist_interface.desk_folder import MIGRATIONS, DeskPaths
from journalist_interface.door_address import Socks, check_door_url, default_socks, is_onion, onion_of, read_socks
from journalist_interface.door_entrance import check_next_key, enter_door, has_courier_key, take_next_key
from keys.errors import Malformed
from keys.intake_key import load_intake_key
from keys.strict_json import read_object, write_object
from serving.language import gettext as _
from store.database import open_database
from store.desk.audit import Act, record_act
from store.folder import check_private_folder, read_private_file, write_private_file

_LARGEST_FILE = 4096  # bytes
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}\Z")  # 32 bytes in URL-safe Base64
_FINGERPRINT = re.compile(r"[0-9A-F]{40}\Z")


@dataclass(frozen=True)
class Pairing:
    """Where the door is, what opens it, and where Tor takes SOCKS; None if the road is loopback."""

    door_url: str
    token: str = field(repr=False)
    socks: Socks | None = None
    # From which day the token is, YYYY-MM-DD; None if a version paired that noted none.
    since: str | None = None


@dataclass(frozen=True)
class _Told:
    """What a pairing file says. `until`: the last day on which it can be used; `courier_key`: the key let in."""

    token: str = field(repr=False)
    fingerprint: str
    url: str | None
    until: str | None
    courier_key: str | None


def pair(folder: Path, pairing_file: Path, door_url: str | None = None, socks: str | None = None) -> tuple[str, str]:
    """Pair the desk in `folder` with a source host; return where its door is, and the intake key's fingerprint.

    `door_url`: None if the pairing file says it, as it does once the source host has onion services. `socks` is
    where Tor takes SOCKS (door_address.read_socks); None: where the Tor of this very folder does. Raises
    PairingRefused, FolderExposed, IntakeKeyUnusable or NoRoom, and then nothing was changed.
    """
    paths = DeskPaths(check_private_folder(folder))
    if not paths.intake_key.is_file() or not paths.database.is_file():
        raise PairingRefused(_("There is no desk in {path}. Run candour-desk init first.").format(path=folder))
    told, today = _read_file(pairing_file), datetime.now(UTC).date().isoformat()
    _check_told(told, paths, today)
    wanted = door_url or told.url
    if wanted is None:
        raise PairingRefused(_("The pairing file does not say where the door is. Add --door-url."))
    url = check_door_url(wanted)
    spelt_socks = _spell_socks(url, socks)
    if told.courier_key is not None:
        check_next_key(folder, told.courier_key)
    spelt = {"candour_courier": 1, "door_url": url, "token": told.token, "since": today}
    # First the record: a pairing that nobody could read about must not exist.
    _record(paths)
    # Each of these opens the door with what was there before, too, until the new token is used: cut short anywhere,
    # the desk collects, and the same line does the rest.
    if told.courier_key is not None:
        take_next_key(folder, told.courier_key)
    if is_onion(url) and (socks is None or has_courier_key(folder)):
        enter_door(folder, onion_of(url))
    write_private_file(_path(folder), write_object(spelt | spelt_socks))
    return url, told.fingerprint


def _check_told(told: _Told, paths: DeskPaths, today: str) -> None:
    """Raise PairingRefused if the source host does not take its file any more, or seals to a key of another desk."""
    if told.until is not None and told.until < today:
        raise PairingRefused(
            _(
                "This pairing file could be used until {day}; the source host does not take it any more. Nothing was "
                "changed: the pairing of before holds. Have another file made: candour-drop pairing."
            ).format(day=told.until)
        )
    if load_intake_key(paths.intake_key).fingerprint != told.fingerprint:
        raise PairingRefused(
            _("The source host seals to another intake key than this desk's. Give it this desk's key, then pair again.")
        )


def move_door(folder: Path, door_url: str) -> str:
    """Follow the source host's door to a new address; the token stays. Return the address as it is kept.

    Raises PairingRefused, NotPaired, FolderExposed, NoRoom.
    """
    before = read_pairing(folder)
    url = check_door_url(door_url)
    if not is_onion(url):
        raise PairingRefused(_("Only a door that is an onion service moves. Pair again instead."))
    enter_door(folder, onion_of(url))
    _record(DeskPaths(folder))
    socks = {} if before.socks in (None, default_socks(folder)) else {"socks": str(before.socks)}
    write_private_file(
        _path(folder),
        write_object(
            {"candour_courier": 1, "door_url": url, "token": before.token}
            | ({"since": before.since} if before.since else {})
            | socks
        ),
    )
    return url


def read_pairing(folder: Path) -> Pairing:
    """Return the pairing of the desk in `folder`. Raises NotPaired, or FolderExposed if others can read it."""
    if not _path(folder).is_file():
        raise NotPaired(_("This desk is not paired with a source host yet. Run candour-desk pair first."))
    found = read_private_file(_path(folder), _("The pairing"))
    try:
        fields = read_object(found, _LARGEST_FILE)
        fields.exactly("candour_courier", 1)
        url, token = check_door_url(fields.text("door_url", 200)), fields.text("token", 43)
        since = fields.day("since") if fields.holds("since") else None
        socks = read_socks(fields.text("socks", 200)) if fields.holds("socks") else default_socks(folder)
        fields.end()
    except (Malformed, PairingRefused) as broken:
        raise NotPaired(_("The pairing in {path} is damaged. Pair again.").format(path=_path(folder))) from broken
    return Pairing(url, token, socks if is_onion(url) else None, since)


def is_in_use(folder: Path, pairing_file: Path) -> bool:
    """Tell whether a pairing file is the one with which the desk is paired. Raises PairingRefused, NotPaired."""
    return _read_file(pairing_file).token == read_pairing(folder).token


def _spell_socks(url: str, socks: str | None) -> dict[str, str]:
    if socks is None:
        return {}
    if not is_onion(url):
        raise PairingRefused(_("Tor's SOCKS is of no use for a door on this machine: leave it out."))
    return {"socks": str(read_socks(socks))}


def _record(paths: DeskPaths) -> None:
    with closing(open_database(paths.database, MIGRATIONS)) as database, database.writing() as connection:
        # Nobody is signed in at a command; neither address nor token is for those who read the trail.
        record_act(connection, "", Act.PAIR)


def _path(folder: Path) -> Path:
    return folder / "courier.json"


def _read_file(path: Path) -> _Told:
    try:
        with path.open("rb") as file:
            fields = read_object(file.read(_LARGEST_FILE + 1), _LARGEST_FILE)
        fields.exactly("candour_pairing", 1)
        token, fingerprint = fields.text("token", 43), fields.text("fingerprint", 40)
        url = fields.text("door_url", 200) if fields.holds("door_url") else None
        until = fields.day("until") if fields.holds("until") else None
        courier_key = fields.text("courier_key", 52) if fields.holds("courier_key") else None
        fields.end()
    except OSError as reason:
        raise PairingRefused(
            _("The pairing file {path} cannot be read: {why}.").format(path=path, why=reason.strerror)
        ) from reason
    except Malformed as broken:
        raise PairingRefused(_("{path} is not a pairing file: {why}.").format(path=path, why=broken.reason)) from broken
    if not _TOKEN.match(token) or not _FINGERPRINT.match(fingerprint):
        raise PairingRefused(_("{path} is not a pairing file: its token or fingerprint is damaged.").format(path=path))
    return _Told(token, fingerprint, url, until, courier_key)
