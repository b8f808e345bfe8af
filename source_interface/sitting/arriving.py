"""The stick arrives at the source host: it is read, and compared aloud, before anything is made of it."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ceremony.asking import LEAVE, ask, ask_word, compare, say
from ceremony.errors import CeremonyRefused, ClosedForNow
from ceremony.stick import COURIER_KEY, INTAKE_KEY, RECOVERY_KEY, Parcel, Way, read_parcel
from ceremony.words import ANEW, INTAKE_KEY_GROUPS, RECOVERY_GROUPS
from keys.errors import KeysError
from keys.intake_key import load_intake_key
from keys.spoken import spoken_fingerprint
from onion.client_key import read_public
from serving.language import gettext as _
from source_interface.backup import take_recovery_key
from source_interface.settings import SettingRefused, checked, read_settings, written
from source_interface.sitting.host import DropHost
from store.backup.own_keys import RECOVERY_KEY as KEPT_RECOVERY_KEY
from store.backup.own_keys import read_recovery_key
from store.errors import BackupRefused
from store.folder import write_private_file

_INTAKE, _RECOVERY = "intake", "recovery"


def take_stick(host: DropHost) -> None:
    """Read what the stick brings, and look that each file is what its name says."""
    with on_disk(host, INTAKE_KEY) as key, on_disk(host, RECOVERY_KEY) as recovery:
        load_intake_key(key)
        read_recovery_key(recovery)
    read_public(host.brought()[COURIER_KEY].decode("ascii", "replace"))
    say(_("The stick brings all three files, and each is what its name says. Whose they are, only people can tell."))


def look_whether_begun_anew(host: DropHost) -> None:
    """If the stick is of another sitting than the one whose keys were compared, go on with it, or ask. ClosedForNow."""
    try:
        parcel = read_parcel(host.stick, Way.OUTWARD)
    except CeremonyRefused:
        return  # the step that needs it says what is wrong
    if host.sitting.number in ("", parcel.sitting):
        return
    if _are_compared(host, parcel):
        host.sitting.join(parcel.sitting)
    elif not host.folder.pepper.is_file():
        question = _(
            "This stick is of another sitting than the one whose keys you compared, and nothing is made here yet. If "
            "the desk has begun anew, type “anew”: then you compare its keys. If this is the wrong stick, type “leave”."
        )
        if ask_word(question, ANEW, LEAVE) == LEAVE:
            raise ClosedForNow
        host.sitting.forget(("stick", "aloud"), (_INTAKE, _RECOVERY))


def compare_keys(host: DropHost) -> None:
    """Compare both keys with the desk's screen, then take this sitting for one's own. Raises CeremonyRefused."""
    parcel = read_parcel(host.stick, Way.OUTWARD, host.sitting.number)
    intake, recovery = _groups_of(host, parcel)
    compare(
        INTAKE_KEY_GROUPS,
        intake,
        _("the desk's screen"),
        _(
            "The key on this stick is not what the desk shows. Nothing was made. Take the stick back and have the desk "
            "write it again; if it does not fit a second time, somebody changes it on its way: take a new stick."
        ),
    )
    say(_("Now for whom backups are sealed. A custodian follows on the card in hand: the desk, the card, this screen."))
    compare(
        RECOVERY_GROUPS,
        recovery,
        _("the desk's screen"),
        _(
            "The recovery key on this stick is not the desk's. Nothing was made: backups would be sealed for a "
            "stranger. Take the stick back and have the desk write it again, and look whether the card is of today."
        ),
    )
    host.sitting.note(**{_INTAKE: intake, _RECOVERY: recovery})
    host.sitting.join(parcel.sitting)


def keep_recovery_key(host: DropHost) -> None:
    """Keep the recovery key that was compared, for backups. Raises CeremonyRefused if the stick brings another."""
    compared, kept = host.sitting.facts.get(_RECOVERY), host.root / KEPT_RECOVERY_KEY
    if kept.is_file() and spoken_fingerprint(read_recovery_key(kept)) == compared:
        return
    with on_disk(host, RECOVERY_KEY) as path:
        if spoken_fingerprint(read_recovery_key(path)) != compared:
            raise CeremonyRefused(
                _(
                    "The recovery key on this stick is not the one that you compared. Nothing was done with it. Take "
                    "the stick of today; if it is that one, find out who had it in their hands."
                )
            )
        take_recovery_key(host.root, path)


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
    with _in_file(host, name, host.brought()[name]) as path:
        yield path


def name_charity(host: DropHost) -> None:
    """Ask for the charity's name, and keep it among the settings. Raises SettingRefused if those are damaged."""
    path = host.folder.settings
    held = written(path)
    while True:
        named = held | {"charity_name": ask(_("name of your charity, as it shall stand on the site"))}
        try:
            checked(path, named)
        except SettingRefused as reason:
            say(str(reason))
            continue
        # Only what holds is written: a setting that does not stops the site, and this sitting, at their start.
        write_private_file(path, json.dumps(named, ensure_ascii=False).encode())
        return


def is_named(host: DropHost) -> bool:
    """Tell whether the charity has a name on the site."""
    return bool(read_settings(host.folder.settings).charity_name)


def _groups_of(host: DropHost, parcel: Parcel) -> tuple[str, str]:
    """Return the groups of the intake key, and those of the recovery key. Raises KeysError, BackupRefused."""
    files = parcel.untrusted_files
    with (
        _in_file(host, INTAKE_KEY, files[INTAKE_KEY]) as intake,
        _in_file(host, RECOVERY_KEY, files[RECOVERY_KEY]) as recovery,
    ):
        return load_intake_key(intake).spoken_fingerprint(), spoken_fingerprint(read_recovery_key(recovery))


def _are_compared(host: DropHost, parcel: Parcel) -> bool:
    """Tell whether both keys are those that people compared: the number alone tells slips, and is no key."""
    facts = host.sitting.facts
    try:
        return _groups_of(host, parcel) == (facts.get(_INTAKE), facts.get(_RECOVERY))
    except (KeysError, BackupRefused):
        return False


@contextmanager
def _in_file(host: DropHost, name: str, content: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix=".ceremony-", dir=host.root) as scratch:
        path = Path(scratch) / name
        path.write_bytes(content)
        yield path
