"""Why it matters whether what a host keeps is whole: one sentence for each name that a finding can have."""

from gettext import gettext as _

WHY = {
    "places": _("Whoever else can come there reads or changes what is kept."),
    "pepper": _("Without it no codename leads anywhere."),
    "intake-key": _("Nothing can be sealed without it, so nothing can be taken in."),
    "intake-key-expiry": _("From that day on nobody can send anything."),
    "door-token": _("Without it the courier cannot collect."),
    "settings": _("With a setting that is wrong the site does not start."),
    "site-address": _("Under another name a gateway could stand between a source and the site."),
    "tor": _("Nobody comes in but through Tor, and it must not tell where the host is."),
    "sockets": _("Who can knock at a server past Tor is not one of Tor's circuits."),
    "road": _("The courier must go through Tor and no other way."),
    "memory": _("What sources write could come to lie on the disk."),
    "database": _("It says which sealed file is what."),
    "rows": _("A row that does not fit is damage, or somebody's work."),
    "files": _("A sealed file may be the only copy of what somebody sent."),
    "reply-files": _("A sealed file may be the only copy of what a reviewer answered."),
    "erasing": _("What was to be erased must be gone."),
    "post": _("A sealed letter may be the only copy of what somebody sent."),
    "vault": _("A sealed file may be the only copy of evidence."),
    "outgoing": _("What waits here has not reached a source yet."),
    "trail": _("A trail that was altered hides who did what."),
    "destroyed": _("What was destroyed must be gone."),
    "keys": _("Without them nobody can open what was sent."),
    "key-names": _("Under a strange name somebody could read who was never let in."),
    "entrances": _("Who left must not come in any more."),
    "notice": _("A letter that tells of danger waits for as long as nobody knows of it."),
}
