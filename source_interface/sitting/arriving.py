"""The stick arrives at the source host: it is read, and compared aloud, before anything is made of it."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ceremony.asking import ask, compare, say
from ceremony.errors import CeremonyRefused
from ceremony.stick import COURIER_KEY, INTAKE_KEY, RECOVERY_KEY
from ceremony.words import INTAKE_KEY_GROUPS, RECOVERY_GROUPS
from keys.intake_key import load_intake_key
from keys.spoken import spoken_fingerprint
from onion.client_key import read_public
from serving.language import gettext as _
from source_interface.settings import SettingRefused, read_settings
from source_interface.sitting.host import DropHost
from store.backup.own_keys import read_recovery_key
from store.folder import write_private_file

_INTAKE, _RECOVERY = "intake", "recovery"


def take_stick(host: DropHost) -> None:
    """Read what the stick brings, and look that each file is what its name says."""
    with on_disk(host, INTAKE_KEY) as key, on_disk(host, RECOVERY_KEY) as recovery:
        load_intake_key(key)
        read_recovery_key(recovery)
    read_public(host.brought()[COURIER_KEY].decode("ascii", "replace"))
    say(_("The stick brings all three files, and each is what its name says. Whose they are, only people can tell."))


def compare_intake_key(host: DropHost) -> None:
    """Compare the intake key with the desk's screen. Raises CeremonyRefused."""
    with on_disk(host, INTAKE_KEY) as path:
        groups = load_intake_key(path).spoken_fingerprint()
    compare(
        INTAKE_KEY_GROUPS,
        groups,
        _("the desk's screen"),
        _(
            "The key on this stick is not what the desk shows. Nothing was made. Take the stick back and have the desk "
            "write it again; if it does not fit a second time, somebody changes it on its way: take a new stick."
        ),
    )
    host.sitting.note(**{_INTAKE: groups})


def compare_recovery_key(host: DropHost) -> None:
    """Compare the recovery key with a custodian's card, once. Raises CeremonyRefused."""
    with on_disk(host, RECOVERY_KEY) as path:
        groups = spoken_fingerprint(read_recovery_key(path))
    if host.sitting.facts.get(_RECOVERY) != groups:
        compare(
            RECOVERY_GROUPS,
            groups,
            _("a custodian's card"),
            _(
                "The recovery key on this stick is not the one on the card. No backup was made: it would be sealed "
                "for a stranger. Take the stick back and have the desk write it again, and look whether the card is "
                "of today."
            ),
        )
        host.sitting.note(**{_RECOVERY: groups})


@contextmanager
def compared_intake_key(host: DropHost) -> Iterator[Path]:
    """Give the intake key in a file. Raises CeremonyRefused if it is not the one that was compared."""
    with on_disk(host, INTAKE_KEY) as path:
        if load_intake_key(path).spoken_fingerprint() != host.sitting.facts.get(_INTAKE):
            raise CeremonyRefused(
                _(
                    "The intake key on this stick is not the one that you compared. Nothing was made of it. Take the "
                    "stick of today; if it is that one, find out who had it in their hands."
                )
            )
        yield path


@contextmanager
def on_disk(host: DropHost, name: str) -> Iterator[Path]:
    """Give a file that the stick brought, under its name, as it was when it was checked: the stick may change."""
    with tempfile.TemporaryDirectory(prefix=".ceremony-", dir=host.root) as scratch:
        path = Path(scratch) / name
        path.write_bytes(host.brought()[name])
        yield path


def name_charity(host: DropHost) -> None:
    """Ask for the charity's name, and keep it among the settings."""
    while True:
        typed = ask(_("name of your charity, as it shall stand on the site"))
        draft = {"charity_name": typed}
        path = host.folder.settings
        held = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        write_private_file(path, json.dumps(held | draft, ensure_ascii=False).encode())
        try:
            read_settings(path)
        except SettingRefused as reason:
            say(str(reason))
            write_private_file(path, json.dumps(held, ensure_ascii=False).encode())
        else:
            return


def is_named(host: DropHost) -> bool:
    """Tell whether the charity has a name on the site."""
    return bool(read_settings(host.folder.settings).charity_name)
