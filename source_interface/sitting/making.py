"""The source host is made, gets its addresses, and its pairing file goes back. Killed at any moment: made once.

Rules:
- What a killed attempt left is taken away only if this sitting began with an empty folder, and the pepper, written
  last, is missing.
- The pairing file that counts is the one on the stick. Writing it again ends the one before: people are asked first.
"""

from functools import partial

from ceremony.asking import ask_word, say, show
from ceremony.errors import ClosedForNow
from ceremony.finishing import keep_signer
from ceremony.stick import COURIER_KEY, PAIRING, RECOVERY_KEY, Way, backups_on, erase_files, write_parcel
from ceremony.words import AGAIN, DROP_BACKUPS, PAIRED, PAIRING_GROUPS
from keys.spoken import spoken_fingerprint
from onion.client_key import authorised, read_public
from serving.language import gettext as _
from source_interface.backup import back_up, take_recovery_key
from source_interface.drop_folder import clear_half_made, make_drop, refuse_if_there
from source_interface.sitting.arriving import compare_recovery_key, compared_intake_key, on_disk
from source_interface.sitting.host import DropHost
from source_interface.tor_plan import SITE, Rotation, pair_anew, set_up_onions
from store.backup.record import recorded

_MAKING, _MADE_HERE, _SENT = "making", "made-here", "pairing-sent"
_YES, _NO = _("yes"), _("no")
_LEAVE = _("leave")
_PAIRING = "pairing-to-carry.json"


def make(host: DropHost) -> None:
    """Make the source host. Raises what `make_drop` raises."""
    if host.sitting.facts.get(_MAKING):
        clear_half_made(host.root)
        _erase_pairing(host)
    else:
        refuse_if_there(host.root)
        host.sitting.note(**{_MAKING: "1"})
    with compared_intake_key(host) as key:
        make_drop(host.root, key, host.root / _PAIRING)
    settle(host)
    say(_("The source host is made. It can read nothing of what it will keep."))


def settle(host: DropHost) -> None:
    """Take away the pairing file of before there were addresses: another is written when all is there."""
    _erase_pairing(host)
    if host.sitting.facts.get(_MAKING):
        host.sitting.note(**{_MAKING: "", _MADE_HERE: "1"})


def make_onions(host: DropHost) -> None:
    """Make both addresses, and let the desk in at the door."""
    with on_disk(host, COURIER_KEY) as key:
        addresses = set_up_onions(host.root, key, None)
    say(_("The address of the site, for sources (it will stand on your posters):"))
    show(SITE, addresses[SITE])


def first_backup(host: DropHost) -> None:
    """Compare for whom backups are sealed, write the first, and have its signature on paper."""
    compare_recovery_key(host)
    with on_disk(host, RECOVERY_KEY) as path:
        take_recovery_key(host.root, path)
    with recorded(host.root):
        written, keys = back_up(host.root, backups_on(host.stick))
    keep_signer(written.path, DROP_BACKUPS, keys.signer.spoken)


def hand_back(host: DropHost) -> None:
    """Write the pairing file onto the stick, and wait until the desk is paired. Raises ClosedForNow."""
    facts = host.sitting.facts
    if not facts.get(_SENT) and not facts.get(_MADE_HERE) and _is_paired_by_hand():
        return
    if facts.get(_SENT):
        say(_("The stick was written before. If the desk has said that it is paired, all is well."))
        _show_groups(facts[_SENT])
    else:
        _write(host)
    while (typed := ask_word(_QUESTION, PAIRED, AGAIN, _LEAVE)) != PAIRED:
        if typed == _LEAVE:
            raise ClosedForNow
        _write(host)


_QUESTION = _(
    "Take the stick out by its menu, and carry it to the desk. Read the groups above aloud when they call for them. "
    "When they say that the desk is paired, type “paired”. If the stick must be written anew, type “again”: what was "
    "on it opens nothing then. To close this until later, type “leave”."
)


def _write(host: DropHost) -> None:
    path = host.root / _PAIRING
    _erase_pairing(host)
    try:
        pair_anew(host.root, path, Rotation(at_once=True))
        content = path.read_bytes()
        write_parcel(host.stick, Way.BACK, host.sitting.number, {PAIRING: content})
    finally:
        _erase_pairing(host)
    # With the key that is let in: a stranger's in its place shows in the same groups.
    line = authorised(read_public(host.brought()[COURIER_KEY].decode("ascii", "replace"))).encode("ascii")
    groups = spoken_fingerprint(content + line)
    host.sitting.note(**{_SENT: groups})
    say(_("The stick now holds the pairing file, which opens the door. Do not lay it aside: straight to the desk."))
    _show_groups(groups)


_show_groups = partial(show, PAIRING_GROUPS)


def _is_paired_by_hand() -> bool:
    sentence = _(
        "This source host was made by hand before. Has the desk been paired with it already? Type “yes” and its "
        "pairing stays, or “no” and a new pairing file is written: one made before then opens nothing."
    )
    return ask_word(sentence, _YES, _NO) == _YES


def _erase_pairing(host: DropHost) -> None:
    erase_files([path for path in (host.root / _PAIRING,) if path.exists()])
