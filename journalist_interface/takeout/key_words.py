"""Why a recipient's key was not taken, in a sentence: what it is, that nothing was taken out, what to do next."""

from keys.armoured_key import LONGEST_ARMOUR
from keys.errors import RefusedKey
from keys.key_listing import LEAST_RSA_BITS
from serving.language import gettext as _


def refused_key(why: RefusedKey) -> str:
    """Return the sentence."""
    return f"{_cause(why)} {_('Nothing was taken out.')}"


def _cause(why: RefusedKey) -> str:
    match why:
        case RefusedKey.TOO_LONG:
            return _("That is far too long for a key: {most} characters are the most. Ask for the key alone.").format(
                most=f"{LONGEST_ARMOUR:,}"
            )
        case RefusedKey.NO_KEY:
            return _(
                "That is no OpenPGP public key. It begins with -----BEGIN PGP PUBLIC KEY BLOCK----- and goes on to the "
                "line that begins with -----END. Paste all of it."
            )
        case RefusedKey.MISCOPIED:
            return _("The key was damaged on its way here: letters are missing or wrong. Copy all of it once more.")
        case RefusedKey.SECRET:
            return _(
                "That is a SECRET key. Whoever sent it must not use it any more, for it has been shown to others. Tell "
                "them so, and ask for the public key of a new one."
            )
        case RefusedKey.SEVERAL:
            return _("Those are several keys or messages. Paste the one key of the one recipient.")
        case RefusedKey.REVOKED:
            return _("This key was revoked by its owner. Ask them for the one they use now.")
        case RefusedKey.EXPIRED:
            return _("This key has expired. Ask its owner to prolong it, or for another.")
        case RefusedKey.CANNOT_ENCRYPT:
            return _("This key can only sign. Ask its owner for one to which one can encrypt.")
        case RefusedKey.WEAK:
            return _("This key is too weak. Ask for one with Curve25519, or RSA of at least {bits} bits.").format(
                bits=LEAST_RSA_BITS
            )
