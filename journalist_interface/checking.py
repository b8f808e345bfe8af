"""Is the desk whole? (`candour-desk check`): folders, database, every row against its sealed file, keys.

Rules:
- Without `repair` nothing is changed, but that a database of an earlier version is brought up to date, as by any start.
- With it desk and courier must be stopped: what is half done was then left by a crash, and by nobody at work.
- While the database cannot be believed, nothing among the sealed files is mended by what it says.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from journalist_interface.check_destroyed import check_destroyed
from journalist_interface.check_entrances import check_entrances
from journalist_interface.check_intake import check_holders, check_successions
from journalist_interface.check_notice import check_notice
from journalist_interface.check_pairing import check_pairing
from journalist_interface.courier_errors import NotPaired
from journalist_interface.desk_folder import Desk, DeskPaths, no_courier, only_desk, open_desk
from journalist_interface.door_address import shared_port_warning
from journalist_interface.errors import SetUpRefused
from journalist_interface.key_names import check_key_names
from journalist_interface.pairing import read_pairing
from journalist_interface.tor_paths import tor_of
from journalist_interface.tor_plan import plan_of
from journalist_interface.trail_check import check_trail
from keys.errors import KeysError
from keys.hpke import check_public_key
from keys.intake_key import first_moment, last_moment, load_intake_key
from keys.intake_secret import export_public
from onion.checking import check_tor, own_network
from serving.language import gettext as _
from serving.memory import may_lock_memory
from store.backup.telling import check_backups
from store.check_database import check_all
from store.check_places import check_places
from store.desk import checks
from store.desk.case_tables import vault_erasing
from store.desk.post_tables import erasing, outgoing_erasing
from store.desk.reviewers import list_reviewers
from store.desk.roles import Role
from store.desk.settings import Setting, read_setting
from store.erasing import check_erasing
from store.errors import FolderExposed, StoreError
from store.expiry import judge_age, judge_expiry
from store.findings import Finding, named
from store.folder import check_private_folder
from store.host_posture import look_at_host


@dataclass(frozen=True)
class OpenStore:
    """An open desk. `desk_at_rest`: nobody serves it; `courier_at_rest`: nobody is collecting."""

    desk: Desk
    desk_at_rest: bool
    courier_at_rest: bool


def check_desk(folder: Path, *, repair: bool = False) -> Iterator[Finding]:
    """Yield a finding for each thing looked at. Raises FolderExposed or SetUpRefused if there is no desk.

    With `repair` desk and courier are kept from starting meanwhile; raises SetUpRefused if one of them runs.
    """
    paths = DeskPaths(folder)
    if not paths.database.is_file() and not paths.post.is_dir():
        check_private_folder(folder)
        raise SetUpRefused(_("There is no desk in {path}. Run candour-desk init first.").format(path=folder))
    with ExitStack() as alone:
        if repair:
            alone.enter_context(only_desk(folder))
            alone.enter_context(no_courier(folder))
        for name, look in CHECKS.items():
            yield from named(name, look(paths))
        yield from named(
            "database",
            _store(
                paths,
                desk_at_rest=repair or _is_free(only_desk(folder)),
                courier_at_rest=repair or _is_free(no_courier(folder)),
            ),
        )


def check_restored(folder: Path) -> Iterator[Finding]:
    """As `check_desk`, without what can only be asked of a desk with its Tor: this one was restored just now."""
    paths = DeskPaths(folder)
    for name, look in CHECKS.items():
        if look is not _tor:
            yield from named(name, look(paths))
    yield from named("database", _store(paths, desk_at_rest=True, courier_at_rest=True))


def _places(paths: DeskPaths) -> Iterator[Finding]:
    # A desk of before has no folder for what is on its way until it is started.
    folders = [paths.post, paths.vault, *([paths.outgoing] if paths.outgoing.exists() else [])]
    blobs = [folder / name for folder in folders for name in ("incoming", "held", "sealed")]
    yield from check_places(paths.folder, [*blobs, paths.gnupg])
    if paths.recovery_key.exists():
        yield Finding(
            _(
                "{path} is still on this host, and opens every case. Make shares of a new key (candour-desk "
                "recovery-shares renew --key-file), or take it to a safe place; then erase it here."
            ).format(path=paths.recovery_key),
            sound=True,
            warns=True,
        )


def _store(paths: DeskPaths, *, desk_at_rest: bool, courier_at_rest: bool) -> Iterator[Finding]:
    if not paths.database.is_file():
        yield Finding(
            _("The database {path} is missing. Restore it from the backup, with post and vault.").format(
                path=paths.database
            ),
            sound=False,
        )
        return
    try:
        desk = open_desk(paths.folder)
    except (SetUpRefused, StoreError) as reason:
        yield Finding(str(reason), sound=False)
        return
    with closing(desk.database):
        opened = OpenStore(desk, desk_at_rest, courier_at_rest)
        yield from check_all(desk.database, [partial(_named, name, opened) for name in STORE_CHECKS])


def _trail(opened: OpenStore) -> Iterator[Finding]:
    # What it tells may be kept by others, each hour's: how many records there are tells when somebody worked.
    yield from check_trail(opened.desk, counts=False)


def _key_names(opened: OpenStore) -> Iterator[Finding]:
    yield from check_key_names(opened.desk)


def _rows(opened: OpenStore) -> Iterator[Finding]:
    yield from checks.check_rows(opened.desk.database)


def _destroyed(opened: OpenStore) -> Iterator[Finding]:
    yield from check_destroyed(opened.desk)


def _erasing(opened: OpenStore) -> Iterator[Finding]:
    yield from check_erasing(opened.desk.database, erasing, opened.desk.post)
    yield from check_erasing(opened.desk.database, vault_erasing, opened.desk.vault)
    yield from check_erasing(opened.desk.database, outgoing_erasing, opened.desk.outgoing)


def _post(opened: OpenStore) -> Iterator[Finding]:
    yield from checks.check_post(opened.desk.database, opened.desk.post, at_rest=opened.courier_at_rest)


def _vault(opened: OpenStore) -> Iterator[Finding]:
    yield from checks.check_vault(opened.desk.database, opened.desk.vault, at_rest=opened.desk_at_rest)


def _outgoing(opened: OpenStore) -> Iterator[Finding]:
    yield from checks.check_outgoing(opened.desk.database, opened.desk.outgoing, at_rest=opened.desk_at_rest)


def _keys(opened: OpenStore) -> Iterator[Finding]:
    desk = opened.desk
    try:
        key = load_intake_key(desk.paths.intake_key)
        last = last_moment(desk.paths.intake_key)
        export_public(desk.paths.gnupg, desk.intake_fingerprint)
        with desk.database.reading() as connection:
            reviewers = list_reviewers(connection)
            check_public_key(read_setting(connection, Setting.RECOVERY_PUBLIC_KEY))
        for reviewer in reviewers:
            check_public_key(reviewer.public_key)
    except KeysError as reason:
        yield Finding(str(reason), sound=False)
        return
    yield judge_expiry(last, time.time())
    yield judge_age(first_moment(desk.paths.intake_key), time.time())
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
    officers = sum(Role.INTAKE_OFFICER in reviewer.roles for reviewer in reviewers)
    yield Finding(_("Accounts: {n}, intake officers: {m}.").format(n=len(reviewers), m=officers), sound=officers > 0)
    with desk.database.reading() as connection:
        yield from check_holders(connection)
        yield from check_successions(connection, desk)


def _is_free(lock: AbstractContextManager[None]) -> bool:
    try:
        # Let go at once: a check that reads for an hour must keep nobody from starting.
        with lock:
            return True
    except SetUpRefused:
        return False


def _road(paths: DeskPaths) -> Iterator[Finding]:
    with suppress(NotPaired, FolderExposed):
        socks = read_pairing(paths.folder).socks
        if socks is not None and (warning := shared_port_warning(socks)):
            yield Finding(warning, sound=True, warns=True)


def _tor(paths: DeskPaths) -> Iterator[Finding]:
    if not tor_of(paths.folder).root.is_dir():
        yield Finding(_("This desk has no Tor of its own: its source host must be on this very machine."), sound=True)
        return
    plan = plan_of(paths.folder)
    for said, sound in check_tor(plan, int(time.time())):
        yield Finding(said, sound=sound)
    if (warning := own_network(plan)) is not None:
        yield Finding(warning, sound=True, warns=True)


def _entrances(opened: OpenStore) -> Iterator[Finding]:
    yield from check_entrances(opened.desk)


def _pairing(opened: OpenStore) -> Iterator[Finding]:
    yield from check_pairing(opened.desk, datetime.now(UTC).date().isoformat())


def _notice(opened: OpenStore) -> Iterator[Finding]:
    yield from check_notice(opened.desk)


def _host(_paths: DeskPaths) -> Iterator[Finding]:
    yield from look_at_host(may_lock=may_lock_memory())


def _backup(paths: DeskPaths) -> Iterator[Finding]:
    yield from check_backups(paths.folder)


def _named(name: str, opened: OpenStore) -> Iterator[Finding]:
    return named(name, STORE_CHECKS[name](opened))


# What is looked at, in this order: first what needs no database, then rows and files. The names: docs/check-json.md.
CHECKS: dict[str, Callable[[DeskPaths], Iterator[Finding]]] = {
    "places": _places,
    "tor": _tor,
    "road": _road,
    "memory": _host,
    "backup": _backup,
}
STORE_CHECKS: dict[str, Callable[[OpenStore], Iterator[Finding]]] = {
    "trail": _trail,
    "rows": _rows,
    "destroyed": _destroyed,
    "erasing": _erasing,
    "post": _post,
    "vault": _vault,
    "outgoing": _outgoing,
    "keys": _keys,
    "key-names": _key_names,
    "entrances": _entrances,
    "pairing": _pairing,
    "notice": _notice,
}
