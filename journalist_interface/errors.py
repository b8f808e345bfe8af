"""What can go wrong at the desk. `sentence` is for the person in front of it and holds nothing of a case."""


class DeskError(Exception):
    """Base of every error of this package."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class SetUpRefused(DeskError):
    """The desk cannot be made, or an account not added, in this way: say why and change nothing."""


class SigningKeyUnusable(DeskError):
    """The key that signs checkpoints is missing, damaged, or not this desk's: sign nothing, say so."""


class FileNotWritten(DeskError):
    """A file that somebody asked for is not there: say why, and what was recorded of it."""


class NotSignedIn(DeskError):
    """No session, or one that idled out: ask for sign-in."""


class KeyExchanged(DeskError):
    """The public key under this name is not the one of its owner's secret: sign nobody in, and say so plainly."""


class LinkOver(DeskError):
    """A link that opens nothing: never given out, used, taken back or expired. One page for all of them."""


class StrangeHost(DeskError):
    """The request names a host that is not the desk: answer 421, and look at nothing else."""


class TryLater(DeskError):
    """Too many attempts: answer 429. `seconds` is how long to wait."""

    def __init__(self, sentence: str, seconds: int) -> None:
        super().__init__(sentence)
        self.seconds = seconds


class EntranceStays(DeskError):
    """What was asked for is done, but somebody's key to the desk is still there: say so plainly, and never else."""


class IntakeLocked(DeskError):
    """The intake key is locked for this officer: ask them to unlock it."""


class NotAnOfficer(DeskError):
    """This reviewer holds no intake passphrase: the post is not theirs to open."""


class CustodyRefused(DeskError):
    """The intake key's passphrase cannot be held, handed over or put together in this way: nothing was changed."""


class CannotOpen(DeskError):
    """A parcel does not open: keep it, note the sentence, go on with the next."""


class NotCleared(DeskError):
    """The letter belongs to a case this officer is not cleared for: leave the parcel for a colleague."""


class ChoiceMissing(DeskError):
    """The form lacks a choice that only a person can make: show it again."""


class OpenedAlready(DeskError):
    """The letter was opened before, by this officer's second click or by a colleague: say so, lead on.

    `reference` is the case that it is in, if this officer opened it a moment ago.
    """

    def __init__(self, sentence: str, reference: str | None) -> None:
        super().__init__(sentence)
        self.reference = reference


class WritingRefused(DeskError):
    """What was written cannot be kept as it stands: show it again with the sentence."""


class AttachmentGone(DeskError):
    """A vault file that its case names is not there: say so to whoever reads the case; all else in it is whole."""


class CaseChanged(WritingRefused):
    """Somebody else changed the case since the page was made: show both, and let the writer decide anew."""


class MayTell(WritingRefused):
    """A reply holds what only few can know: show which words, and let the writer decide. Nothing was sent."""


class SharesRefused(DeskError):
    """The recovery key cannot be shared out, or its cards not be written, in this way: nothing was made."""


class RecoveryRefused(DeskError):
    """What was given is not this desk's recovery key, or nothing can be done with it: nothing was changed."""
