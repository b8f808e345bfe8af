"""Switching the desk's own onion service on and off. It is off until somebody wants it.

- Its keys are made by a Tor without any network, in a folder beside, and come into place whole: the Tor that may run
  meanwhile is not disturbed, and starts again by itself when it sees who may come (onion.running).
- Off, its address is kept for the next time; the keys of people are not. Whoever was let in before gets a new one.
"""

import shutil
from pathlib import Path

from journalist_interface.desk_folder import Desk
from journalist_interface.entrance_turns import LAID_ASIDE
from journalist_interface.entrances import spelt
from journalist_interface.errors import SetUpRefused
from journalist_interface.tor_paths import DESK, desk_address, desk_service, make_meeting_places
from journalist_interface.tor_plan import plan_of
from onion import clients
from onion.renewing import new_keys
from onion.running import make_addresses
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.folder import sync_folder


def switch_on(root: Path, *, new_address: bool = False) -> str:
    """Have the desk in `root` have an onion service that lets nobody in yet; return its address.

    If it has one already, nothing changes. Raises SetUpRefused, OnionError or FolderExposed.
    """
    plan_of(root).write()
    make_meeting_places(root)
    service = desk_service(root)
    if not service.is_dir():
        kept = _kept(root)
        if new_address and kept.is_dir():
            shutil.rmtree(kept)
        if not kept.is_dir():
            _make(root, kept)
        # It is empty already, unless switching off was cut short.
        _forget_people(kept)
        clients.shut(kept)  # before it comes into place: there is no moment in which it is open to all
        kept.rename(service)
        sync_folder(service.parent)
    elif new_address:
        raise SetUpRefused(_("The desk's onion service is on, so its address stays. Switch it off first."))
    return make_addresses(plan_of(root))[DESK]


def switch_off(desk: Desk) -> None:
    """Have the desk have no onion service; take everybody's key away. Raises SetUpRefused if it has none."""
    root = desk.paths.folder
    if desk_address(root) is None:
        raise SetUpRefused(_("The desk has no onion service."))
    service, kept = desk_service(root), _kept(root)
    with desk.database.writing() as connection:
        for name in clients.names(service):
            record_act(connection, "", Act.ENTRANCE_BACK, note=spelt(name))
        if kept.is_dir():
            shutil.rmtree(kept)
        # In one step: there is no moment in which some are let in still.
        service.rename(kept)
        sync_folder(kept.parent)
    _forget_people(kept)
    plan_of(root).write()


def _make(root: Path, kept: Path) -> None:
    with new_keys(root / "tor-new") as made:
        made.rename(kept)


def _forget_people(kept: Path) -> None:
    for folder in (kept / "authorized_clients", kept / LAID_ASIDE):
        if folder.is_dir():
            shutil.rmtree(folder)


def _kept(root: Path) -> Path:
    return desk_service(root).with_name("desk-off")
