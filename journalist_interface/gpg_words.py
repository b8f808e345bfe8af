"""Why GnuPG could not open something, in a sentence for reviewers; its own words where we know none better."""

from keys.errors import OpenPGPFailed
from serving.language import gettext as _

# Printed by gpg on hosts without smartcards, whatever the real cause is.
_NOISE = ("scdaemon", "block_filter")


# gpg needs less for its locks. More than that free, and it is not the disk, whatever a hostile message had gpg say.
_LITTLE_ROOM = 16_000_000  # bytes


def is_disk_to_blame(reason: OpenPGPFailed, free_bytes: int) -> bool:
    """Tell whether gpg failed for want of room: without a place for its locks it says that there is no key."""
    return reason.is_want_of_room and free_bytes < _LITTLE_ROOM


def why_unopened(diagnosis: str) -> str:
    """Return the sentence for gpg's diagnosis."""
    if "manipulated" in diagnosis or "invalid packet" in diagnosis:
        return _("it was altered or cut short after it was sealed.")
    if "No secret key" in diagnosis or "no secret key" in diagnosis:
        return _("it was sealed to another key than this desk's intake key.")
    if "no valid OpenPGP data" in diagnosis:
        return _("it is not an OpenPGP message.")
    kept = [part for part in diagnosis.split("; ") if not any(noise in part for noise in _NOISE)]
    return _("GnuPG says: {words}").format(words="; ".join(kept) or diagnosis)
