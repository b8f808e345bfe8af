"""What each thing of a host is called, what each of its words means, and what to do: for the page, and for notices."""

from serving.language import gettext as _
from store.desk.health import SOURCE
from store.host_health import NOT_WATCHED, UNKNOWN, Thing


def host_name(host: str) -> str:
    """Return what a host is called in a sentence."""
    return _("source host") if host == SOURCE else _("reviewer host")


def thing_name(thing: Thing) -> str:
    """Return what a thing is called."""
    return {
        Thing.COLLECTION: _("collection"),
        Thing.COLLECTED: _("collection"),
        Thing.DISK: _("disk"),
        Thing.KEY: _("keys"),
        Thing.CLOCK: _("clock"),
        Thing.TOR: _("Tor"),
        Thing.POSTURE: _("posture"),
        Thing.BACKUP: _("backup"),
        Thing.UPDATES: _("updates"),
        Thing.NOTICE: _("daily notice"),
    }[thing]


def sentence_of(thing: Thing, word: str) -> str:
    """Return what a word means and, where something is to be done, what."""
    return _sentences().get((thing, word)) or _("Nobody has looked at it yet.")


def _sentences() -> dict[tuple[Thing, str], str]:
    return {**_of_the_road(), **_of_the_machine(), **_of_upkeep()}


def _of_the_road() -> dict[tuple[Thing, str], str]:
    tor, collection = Thing.TOR, Thing.COLLECTION
    return {
        (collection, "done"): _("The courier comes and goes, and brings what waits."),
        (collection, "never"): _("The courier has never run. Start it: candour-desk collect."),
        (collection, "failed"): _("The last collection did not come to its end. The post says what went wrong."),
        (tor, "well"): _("Connected, and all that is offered is published."),
        (tor, "none"): _("No Tor of its own: both hosts are one machine."),
        (tor, UNKNOWN): _("Nothing is known of it: both hosts are one machine, or nobody asked yet."),
        (tor, "flooded"): _("Many knock at once, so each visitor's Tor does work first. Sources still get in."),
        (tor, "undefended"): _("No work is asked of whoever floods the site. Start onion run again."),
        (tor, "clock wrong"): _("The clock is wrong. Set it right, or Tor loses its way."),
        (tor, "not published"): _("The address is not published: sources may not find the site."),
        (tor, "not connected"): _("No network: sources may not get through. Look at the line, then at onion run."),
        (tor, "not watched"): _("Nobody watches Tor there: start onion run."),
        (Thing.CLOCK, "right"): _("Agrees with Tor's."),
        (Thing.CLOCK, "wrong"): _("More than two minutes off. Set it right."),
        (Thing.CLOCK, UNKNOWN): _("Nothing is known of it: only Tor tells."),
    }


def _of_the_machine() -> dict[tuple[Thing, str], str]:
    disk, posture, updates = Thing.DISK, Thing.POSTURE, Thing.UPDATES
    return {
        (disk, "roomy"): _("More than 2 GiB are free."),
        (disk, "low"): _("Less than 2 GiB are free. Make room before the next large report."),
        (disk, "full"): _("Less than 256 MiB are free: reports may be refused. Make room today."),
        (posture, "right"): _("Every wall that was put up stands."),
        (posture, "warnings"): _("The walls stand; something is to be seen to: check says what."),
        (posture, "faults"): _("A wall does not stand. On that host, as root: check --machine."),
        (posture, "old"): _("Nobody has looked for more than a day: is candour-posture.timer running?"),
        (posture, UNKNOWN): _("Nobody looks at it: deploy/install sets a daily look up."),
        (updates, "none"): _("None waits."),
        (updates, "waiting"): _("Some wait, or a restart does. They come by themselves at night."),
        (updates, "old"): _("Nobody has looked for more than a day: is candour-posture.timer running?"),
        (updates, UNKNOWN): _("Nobody looks at it: deploy/install sets a daily look up."),
    }


def _of_upkeep() -> dict[tuple[Thing, str], str]:
    key, backup, notice = Thing.KEY, Thing.BACKUP, Thing.NOTICE
    return {
        (key, "lasts"): _("None ends within eight weeks."),
        (key, "ends soon"): _("One ends within eight weeks. Prolong it, or make a new one, in time."),
        (key, "unusable"): _("One is over or cannot be used: check says which."),
        (backup, "fresh"): _("The last one is of these days."),
        (backup, "old"): _("None for more than three days. Make one: backup --out FOLDER."),
        (backup, "never"): _("None was ever made. Make one: backup --out FOLDER."),
        (notice, "sent"): _("It goes every day."),
        (notice, "due"): _("The first one is still to go."),
        (notice, NOT_WATCHED): _(
            "Nobody looks at this host, and no notice goes: the watch never ran. Start it: candour-notice, or "
            "candour-desk notice run."
        ),
        (notice, "nobody"): _("Nobody gets one. Add somebody: candour-desk notice add."),
        (notice, "failed"): _("One did not go, or nobody knows whether it did: candour-desk notice show says why."),
    }
