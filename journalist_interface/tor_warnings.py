"""What people at the desk are told of Tor, on both hosts: nothing while all is well.

Of this host's own Tor the desk reads the file that its watch writes; of the source host's it knows what the courier was
told when it was last there.
"""

from pathlib import Path

from journalist_interface.tor_paths import DESK, desk_service, tor_of
from onion.health import HealthUnknown, read_health, tell
from onion.in_force import Force, look
from onion.stamp import mark_of, stamp_of
from serving.language import gettext as _
from store.desk.courier_state import CourierState


def tor_warnings(root: Path, courier: CourierState, now: int) -> list[str]:
    """Return the sentences to show. `root` is the desk's data folder, `now` in seconds since 1970."""
    of_source = courier.source_tor.warning()
    return [*_of_this_host(root, now), *([of_source] if of_source else [])]


def keys_in_force(root: Path) -> tuple[str, bool]:
    """Return whether Tor lets in exactly those who have a key to the desk, as a sentence, and whether all is well.

    What was taken away a moment ago may open the way until Tor has started again: no page says otherwise.
    """
    closed = (DESK,) if desk_service(root).is_dir() else ()
    force = look(tor_of(root), mark_of(stamp_of(tor_of(root), (), closed)))
    if force is Force.NOT_RUNNING:
        return _("Tor is not running on this host: nobody comes to the desk through it now."), True
    if force is Force.NOT_TAKEN:
        return _(
            "Tor has not started again since keys were changed last: until it has, which takes seconds, a key that was "
            "taken away or replaced may still open the way, and a new one opens nothing. Load this page again."
        ), False
    return _("Tor runs with the keys as they are now: those taken away or replaced are shut out."), True


def _of_this_host(root: Path, now: int) -> list[str]:
    tor = tor_of(root)
    # Without a Tor of its own, the desk and its source host are one machine, or an administrator has a Tor elsewhere.
    if not tor.torrc.exists():
        return []
    try:
        wrong = [said for said, sound in tell(read_health(tor.health), now) if not sound]
    except HealthUnknown as unknown:
        wrong = [str(unknown)]
    return [_("This host: {said}").format(said=said) for said in wrong]
