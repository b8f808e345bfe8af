"""What both hosts call the same thing: the people at one read aloud what those at the other type."""

from serving.language import gettext as _

INTAKE_KEY_GROUPS = _("intake key")
RECOVERY_GROUPS = _("recovery key")
PAIRING_GROUPS = _("pairing file")
ANSWER_GROUPS = _("answer of the desk")
TRAIL_SIGNER = _("signer of the audit trail")
DESK_BACKUPS = _("backups of the desk")
DROP_BACKUPS = _("backups of the source host")

BACK = _("back")
PAIRED = _("paired")
AGAIN = _("again")
ANEW = _("anew")
TAKEN = _("taken")
REFUSED = _("refused")
WRITTEN = _("written")
CHECK = _("check")
STARTED = _("started")
LATER = _("later")
HERE = _("here")
FOLDER = _("folder")
DESTROYED = _("destroyed")
BURNT = _("burnt")
KEEP = _("keep")
WRITE = _("write")
