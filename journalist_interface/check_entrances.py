"""Is anybody let in to the desk through Tor who should not be? A part of `candour-desk check`.

The housekeeper of a serving desk keeps this so; a host that was off, or restored from an older backup, may show it.
"""

from collections.abc import Iterator
from functools import partial

from journalist_interface.desk_folder import Desk
from journalist_interface.entrance_overlap import old_ones
from journalist_interface.entrance_turns import are_unsettled
from journalist_interface.entrances import close_entrances, settle_keys, spelt, strangers
from journalist_interface.tor_paths import desk_service
from serving.language import gettext as _
from store.findings import Finding


def check_entrances(desk: Desk) -> Iterator[Finding]:
    """Yield what is found; nothing for a desk without an onion service."""
    if not desk_service(desk.paths.folder).is_dir():
        return
    for whose, until in old_ones(desk_service(desk.paths.folder)):
        said = _("The key of before of {name} holds until {day} too: candour-desk onion key-done ends it.")
        yield Finding(said.format(name=whose, day=until), sound=True, warns=True)
    if unsettled := are_unsettled(desk_service(desk.paths.folder)):
        said = _("Keys to the desk that were being changed when something failed: {names}.")
        yield Finding(said.format(names=", ".join(map(spelt, unsettled))), sound=False, mend=partial(settle_keys, desk))
    with desk.database.reading() as connection:
        found = strangers(connection, desk)
    if found:
        said = _("Let in at the desk's onion service, and nobody at work here: {names}.")
        yield Finding(said.format(names=", ".join(map(spelt, found))), sound=False, mend=partial(close_entrances, desk))
    else:
        yield Finding(_("Nobody is let in at the desk's onion service but people of this desk."), sound=True)
