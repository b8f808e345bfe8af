"""What people at the desk are told of Tor, on both hosts: nothing while all is well.

Of this host's own Tor the desk reads the file that its watch writes; of the source host's it knows what the courier was
told when it was last there.
"""

from pathlib import Path

from journalist_interface.tor_paths import tor_of
from onion.health import HealthUnknown, read_health, tell
from serving.language import gettext as _
from store.desk.courier_state import CourierState


def tor_warnings(root: Path, courier: CourierState, now: int) -> list[str]:
    """Return the sentences to show. `root` is the desk's data folder, `now` in seconds since 1970."""
    of_source = courier.source_tor.warning()
    return [*_of_this_host(root, now), *([of_source] if of_source else [])]


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
