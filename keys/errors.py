"""What can go wrong in `keys`. Errors carry evidence as attributes; none carries a codename, a key or plaintext."""

from collections.abc import Mapping
from enum import StrEnum


class KeysError(Exception):
    """Base of every error of this package."""


class CodenameMisspelt(KeysError):
    """The text is not seven words of the list: show the suggestions, ask again. Nothing was looked up.

    `word_count` is how many words were typed; `suggestions` maps each unknown word to up to three listed words, and
    `places` to its place among the words typed, the first word being 1.
    """

    def __init__(
        self, word_count: int, suggestions: Mapping[str, tuple[str, ...]], places: Mapping[str, int] | None = None
    ) -> None:
        super().__init__("not a codename: seven words of the list are needed")
        self.word_count = word_count
        self.suggestions = dict(suggestions)
        self.places = dict(places or {})


class Busy(KeysError):
    """Every place for this costly work is taken: answer "busy, try again in a moment" and keep what was typed."""


class Malformed(KeysError):
    """Bytes from the other side do not follow the format: refuse them whole. `reason` names the broken rule."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SealBroken(KeysError):
    """A sealed thing does not open with this key and context: it was altered, cut short, or is somebody else's."""


class SignatureBroken(KeysError):
    """A signature does not fit what was signed, or the key: somebody altered or forged it. Believe nothing of it."""


class BackupNewer(KeysError):
    """A backup of a format that a later version made: install that version, and restore with it."""


class IntakeKeyUnusable(KeysError):
    """The intake public key must not be used: stop, and show `reason`, a sentence for the administrator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SuccessionRefused(KeysError):
    """No other intake key is taken: `reason`, a sentence for the administrator, says why. Nothing was changed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OpenPGPFailed(KeysError):
    """GnuPG did not do what was asked: discard its output. `diagnosis` is gpg's own words, free of plaintext."""

    def __init__(self, diagnosis: str) -> None:
        super().__init__("GnuPG failed: " + diagnosis)
        self.diagnosis = diagnosis

    @property
    def is_want_of_room(self) -> bool:
        """Tell whether gpg says that the disk is full (we start it with no language but C)."""
        return "No space left on device" in self.diagnosis


class SignInRefused(KeysError):
    """User name, password or one-time code is wrong; which of them is not said, on purpose."""


class PasskeyRefused(KeysError):
    """What a browser brought is no answer of this passkey, here and now: treat it as no second factor at all."""


class ShareRefused(KeysError):
    """What was typed cannot be taken as a share: say which child of this it is, and let it be typed again."""


class ShareMisspelt(ShareRefused):
    """Not the right number of words, or words that are not on the list. Evidence: `count` of words, `positions` from 1.

    None of the words themselves: they are part of a secret.
    """

    def __init__(self, count: int, positions: tuple[int, ...]) -> None:
        super().__init__("not the words of a share")
        self.count = count
        self.positions = positions


class ShareMiscopied(ShareRefused):
    """Every word is on the list, but together they are no share: one is wrong, or two have changed places."""


class ShareForeign(ShareRefused):
    """A sound SLIP-39 share that no desk can have made: somebody's wallet, perhaps."""


class ShareOfAnotherSet(ShareRefused):
    """A sound share, but not of the set of those given before it: of another desk, or of a set since renewed."""


class ShareTwice(ShareRefused):
    """This share was given already: it counts once."""


class SharesTooFew(KeysError):
    """Fewer shares than are needed: nothing can be opened with them. `given` of `needed`."""

    def __init__(self, given: int, needed: int) -> None:
        super().__init__(f"{given} of {needed} shares")
        self.given = given
        self.needed = needed


class SharesDisagree(KeysError):
    """Shares that claim to be of one set do not combine: one of them was made up. Use none of them."""


class RefusedKey(StrEnum):
    """Why a key that somebody pasted cannot be sealed to."""

    TOO_LONG = "too-long"
    NO_KEY = "no-key"
    MISCOPIED = "miscopied"
    SECRET = "secret"  # noqa: S105  (a kind of key)
    SEVERAL = "several"
    REVOKED = "revoked"
    EXPIRED = "expired"
    CANNOT_ENCRYPT = "cannot-encrypt"
    WEAK = "weak"


class RecipientKeyRefused(KeysError):
    """Nothing may be sealed to what was pasted as a recipient's key: say `why`, and ask for another."""

    def __init__(self, why: RefusedKey) -> None:
        super().__init__(f"not a usable recipient's key: {why.value}")
        self.why = why
