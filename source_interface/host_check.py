"""Is the source host whole? (`candour-drop check`): folders, keys, settings, and every row against its file.

Rules:
- Without `repair` nothing is changed, but that a database of an earlier version is brought up to date, as by any start.
- With it the site must be stopped: what is half done was then left by a crash, and by nobody at work.
- While the database cannot be believed, nothing among the sealed files is mended by what it says.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from keys.errors import KeysError
from keys.intake_key import IntakeKey, first_moment, last_moment, load_intake_key
from onion.checking import check_tor, own_network
from serving.language import gettext as _
from serving.memory import may_lock_memory
from source_interface.check_door import check_courier_keys, check_door_token, check_lost_desk, check_taken_host
from source_interface.drop_folder import (
    MIGRATIONS,
    AlreadyServed,
    DropFolder,
    only_site,
)
from source_interface.intake_key_history import read_changes
from source_interface.pepper_changing import is_long
from source_interface.peppers import read_peppers
from source_interface.settings import SettingRefused, read_settings, say_unnamed
from source_interface.silenced import refuse_if_silenced
from source_interface.site_address import read_site_address
from source_interface.tor_plan import SITE, plan_of
from source_interface.tor_sockets import knock
from store.backup.telling import check_backups
from store.ballast import Ballast
from store.blobs import BlobFolder
from store.check_database import check_all
from store.check_places import check_places
from store.database import Database, open_database
from store.destroying import doomed
from store.drop import checks
from store.drop.tables import erasing, reply_files_erasing
from store.erasing import check_erasing
from store.errors import FolderExposed, StoreError
from store.expiry import judge_age, judge_expiry
from store.findings import Finding, named
from store.host_posture import look_at_host


@dataclass(frozen=True)
class OpenStore:
    """The database and the sealed files of a source host. `at_rest`: no site serves them."""

    database: Database
    blobs: BlobFolder
    reply_files: BlobFolder
    at_rest: bool


def check_host(root: Path, *, repair: bool = False) -> Iterator[Finding]:
    """Yield a finding for each thing looked at. Raises FolderExposed if there is no source host.

    With `repair` the site is kept from starting meanwhile; raises AlreadyServed if it runs.
    """
    folder = DropFolder(root)
    refuse_if_silenced(root)
    if not any(path.exists() for path in (folder.pepper, folder.database, folder.door_token)):
        raise FolderExposed(_("There is no source host in {path}. Run init first.").format(path=root))
    with ExitStack() as alone:
        if repair:
            alone.enter_context(only_site(root))
        for name, look in CHECKS.items():
            yield from named(name, look(folder))
        # Who mends has stopped the servers.
        if folder.tor.is_dir() and not repair:
            yield from named("sockets", knock(folder))
        yield from named("database", _store(folder, at_rest=repair or _is_at_rest(root)))


def check_restored(root: Path) -> Iterator[Finding]:
    """As `check_host`, without what can only be asked of a host that serves: this one was restored just now."""
    folder = DropFolder(root)
    for name, look in CHECKS.items():
        if look is not _tor:
            yield from named(name, look(folder))
    yield from named("database", _store(folder, at_rest=True))


def _places(folder: DropFolder) -> Iterator[Finding]:
    parents = [folder.blobs]
    # A host of before has none until its site or door is started.
    parents += [folder.reply_files] if folder.reply_files.exists() else []
    yield from check_places(
        folder.root, [parent / name for parent in parents for name in ("incoming", "held", "sealed")]
    )


def _pepper(folder: DropFolder) -> Iterator[Finding]:
    try:
        peppers = read_peppers(folder.pepper)
    except FolderExposed as reason:
        yield Finding(_("{why} Until then no source can come back.").format(why=reason), sound=False)
        return
    yield Finding(_("The pepper is there."), sound=True)
    if peppers.older is not None:
        month = time.strftime("%Y-%m", time.gmtime())
        said = _("There are two peppers since {month}: sources are carried over as they come back.")
        if is_long(peppers, month):
            said = _(
                "There are two peppers since {month}. It is time to end the older one: candour-drop pepper finish."
            )
        yield Finding(said.format(month=peppers.since), sound=True, warns=is_long(peppers, month))
    if doomed(folder.pepper).exists():
        yield Finding(
            _("What a pepper of before left is still on the disk. Stop the site and run: candour-drop pepper finish."),
            sound=False,
        )


def _intake_key(folder: DropFolder) -> Iterator[Finding]:
    try:
        key = load_intake_key(folder.intake_key)
        last = last_moment(folder.intake_key)
    except KeysError as reason:
        yield Finding(_("{why} Nothing can be sealed until then.").format(why=reason), sound=False)
    else:
        said = _("The intake key is usable: {print}").format(print=key.spoken_fingerprint())
        yield Finding(said, sound=True)
        yield judge_expiry(last, time.time())
        yield judge_age(first_moment(folder.intake_key), time.time())
        yield from _key_history(folder, key)


def _key_history(folder: DropFolder, key: IntakeKey) -> Iterator[Finding]:
    try:
        changes = read_changes(folder, key.fingerprint)
    except FolderExposed as reason:
        yield Finding(str(reason), sound=False)
        return
    if changes and changes[-1].is_signed:
        said = _("The intake key is here since {day}, and the one before signed it.")
        yield Finding(said.format(day=changes[-1].day), sound=True)
    elif changes:
        said = _("The intake key is here since {day}. The one before did not sign it: somebody typed its fingerprint.")
        yield Finding(said.format(day=changes[-1].day), sound=True, warns=True)


def _door_token(folder: DropFolder) -> Iterator[Finding]:
    yield from check_door_token(folder, datetime.now(UTC).date().isoformat())


def _lost_desk(folder: DropFolder) -> Iterator[Finding]:
    yield from check_lost_desk(folder)
    yield from check_taken_host(folder)


def _settings(folder: DropFolder) -> Iterator[Finding]:
    try:
        name = read_settings(folder.settings).charity_name
    except SettingRefused as reason:
        yield Finding(str(reason), sound=False)
        return
    yield Finding(_("The settings are right."), sound=True)
    if name:
        yield Finding(_("The pages name the charity: {name}").format(name=name), sound=True)
    else:
        yield Finding(say_unnamed(folder.settings), sound=True, warns=True)


def _site_address(folder: DropFolder) -> Iterator[Finding]:
    try:
        address = read_site_address(folder)
    except FolderExposed as reason:
        yield Finding(_("{why} Until then the site does not start.").format(why=reason), sound=False)
        return
    if address is None:
        said = _("The site knows no onion address, and answers under any name, gateways included: only to try it out.")
        yield Finding(said, sound=True, warns=True)
    else:
        yield Finding(_("The site answers under {address} alone.").format(address=address), sound=True)


def _tor(folder: DropFolder) -> Iterator[Finding]:
    if not folder.tor.is_dir():
        yield Finding(_("There are no onion services: this host can only be tried out."), sound=True)
        return
    plan = plan_of(folder.root)
    for said, sound in check_tor(plan, int(time.time())):
        yield Finding(said, sound=sound)
    if (warning := own_network(plan)) is not None:
        yield Finding(warning, sound=True, warns=True)
    yield from check_courier_keys(folder, datetime.now(UTC).date().isoformat())
    with suppress(FolderExposed):
        if plan.addresses().get(SITE) != read_site_address(folder):
            said = _("The site answers under another address than Tor publishes. Run “onion set-up” again.")
            yield Finding(said, sound=False)


def _host(_folder: DropFolder) -> Iterator[Finding]:
    yield from look_at_host(may_lock=may_lock_memory())


def _backup(folder: DropFolder) -> Iterator[Finding]:
    yield from check_backups(folder.root)


def _store(folder: DropFolder, *, at_rest: bool) -> Iterator[Finding]:
    if not folder.database.is_file():
        yield Finding(
            _("The database {path} is missing. Restore it from the backup, with the sealed files.").format(
                path=folder.database
            ),
            sound=False,
        )
        return
    try:
        database = open_database(folder.database, MIGRATIONS, Ballast(folder.ballast))
        blobs, reply_files = BlobFolder(folder.blobs), BlobFolder(folder.reply_files)
    except StoreError as reason:
        yield Finding(str(reason), sound=False)
        return
    with closing(database):
        opened = OpenStore(database, blobs, reply_files, at_rest=at_rest)
        yield from check_all(database, [partial(_named, name, opened) for name in STORE_CHECKS])


def _files(opened: OpenStore) -> Iterator[Finding]:
    yield from checks.check_files(opened.database, opened.blobs, at_rest=opened.at_rest)


def _rows(opened: OpenStore) -> Iterator[Finding]:
    yield from checks.check_rows(opened.database)


def _erasing(opened: OpenStore) -> Iterator[Finding]:
    yield from check_erasing(opened.database, erasing, opened.blobs)
    yield from check_erasing(opened.database, reply_files_erasing, opened.reply_files)


def _reply_files(opened: OpenStore) -> Iterator[Finding]:
    # A door may run without a site: what it is bringing at this moment is nobody's leftover.
    yield from checks.check_reply_files(opened.database, opened.reply_files, at_rest=False)


def _is_at_rest(root: Path) -> bool:
    try:
        # Let go at once: a check that reads for an hour must not keep a site from starting.
        with only_site(root):
            return True
    except AlreadyServed:
        return False


def _named(name: str, opened: OpenStore) -> Iterator[Finding]:
    return named(name, STORE_CHECKS[name](opened))


# What is looked at, in this order: first what needs no database, then rows and files. The names: docs/check-json.md.
CHECKS: dict[str, Callable[[DropFolder], Iterator[Finding]]] = {
    "places": _places,
    "pepper": _pepper,
    "intake-key": _intake_key,
    "door-token": _door_token,
    "desk-lost": _lost_desk,
    "settings": _settings,
    "site-address": _site_address,
    "tor": _tor,
    "memory": _host,
    "backup": _backup,
}
STORE_CHECKS: dict[str, Callable[[OpenStore], Iterator[Finding]]] = {
    "rows": _rows,
    "erasing": _erasing,
    "files": _files,
    "reply-files": _reply_files,
}
