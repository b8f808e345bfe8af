"""Giving an onion service another address: new keys, or keys that were laid aside before.

- Tor may run meanwhile: new keys are made by a Tor of their own, without any network, in a folder beside.
- The keys that go are laid aside first, in a folder named after their address, until somebody destroys them: an address
  that was given up in error, or to which people still come, can be had back.
- `hostname` changes last: from it the watch sees that Tor must start again. A command that was cut short is run again.
- Whoever may come to a closed service may come to the new address too.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from onion.address import check_address
from onion.errors import AlreadyRunning, NoSuchService
from onion.layout import TorFolder
from onion.own_files import copy_whole
from onion.running import Plan, make_addresses
from onion.torrc import Service
from serving.language import gettext as _

_LOCK = ".renewing"  # not that of who runs Tor: Tor may run meanwhile
# What Tor keeps of a service's identity, in the order in which it is exchanged.
_KEYS = ("hs_ed25519_secret_key", "hs_ed25519_public_key", "hostname")


@contextmanager
def new_keys(beside: Path) -> Iterator[Path]:
    """Have a folder with the keys of a fresh service that is closed, made in the scratch folder `beside`, which goes.

    Raises OnionError.
    """
    shutil.rmtree(beside, ignore_errors=True)
    try:
        plan = Plan(TorFolder(beside), (Service("new", beside / "new.sock", open_to_all=False),), for_the_courier=False)
        make_addresses(plan)
        yield plan.folder.service("new")
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def renew_address(plan: Plan, name: str) -> tuple[str, Path]:
    """Return the new address of a service, and the folder with the keys of the old one. Raises OnionError."""
    _check_there(plan, name)
    with _one_at_a_time(plan.folder), new_keys(plan.folder.root / "new") as made:
        return _exchange(plan, name, made)


def bring_address_back(plan: Plan, name: str, untrusted_address: str) -> tuple[str, Path]:
    """Give a service an address back whose keys were laid aside; return it and where the present keys lie now.

    Raises OnionError.
    """
    _check_there(plan, name)
    aside = plan.folder.laid_aside / check_address(untrusted_address)
    if not all((aside / each).is_file() for each in _KEYS):
        raise NoSuchService(_("No keys of this address are in {path}.").format(path=plan.folder.laid_aside))
    with _one_at_a_time(plan.folder):
        return _exchange(plan, name, aside)


@contextmanager
def _one_at_a_time(folder: TorFolder) -> Iterator[None]:
    """Have nobody else change an address here meanwhile: the halves of two would be mixed. Raises AlreadyRunning."""
    descriptor = os.open(folder.root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as held:
        raise AlreadyRunning(
            _("Somebody is changing an address here at this moment. Nothing was changed: try again in a minute.")
        ) from held
    finally:
        os.close(descriptor)


def _check_there(plan: Plan, name: str) -> None:
    if name not in plan.addresses():
        raise NoSuchService(_("There is no onion service “{name}” here yet.").format(name=name))


def _exchange(plan: Plan, name: str, keys: Path) -> tuple[str, Path]:
    service = plan.folder.service(name)
    aside = plan.folder.laid_aside / plan.addresses()[name]
    for folder in (plan.folder.laid_aside, aside):
        folder.mkdir(mode=0o700, exist_ok=True)
    # An address has one pair of keys for ever. If they lie there whole (`hostname` comes last), a run of this that was
    # cut short may have put others in their place already: copied now, those would take the old ones' place for good.
    if not (aside / _KEYS[-1]).is_file():
        for each in _KEYS:
            copy_whole(service / each, aside / each)
    for each in _KEYS:
        copy_whole(keys / each, service / each)
    return plan.addresses()[name], aside
