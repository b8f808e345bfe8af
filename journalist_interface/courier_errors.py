"""What can go wrong for the courier. The text of each is a sentence for the person who runs it."""

from journalist_interface.tor_replies import onion_sentence
from serving.language import gettext as _


class CourierError(Exception):
    """Base of every error of the courier. Whatever it is, nothing is lost: the next run begins where this one ended."""


class NotPaired(CourierError):
    """This reviewer host does not know its source host yet: pair them first."""


class PairingRefused(CourierError):
    """The pairing file or the door's address must not be used: nothing was changed."""


class AnotherRun(CourierError):
    """Another collection goes on in this data folder: let it finish."""

    def __init__(self) -> None:
        super().__init__(_("Another collection is running for this data folder. Nothing was done here."))


class DoorSilent(CourierError):
    """The door did not answer, or stopped in the middle: try again at the next run."""

    @classmethod
    def said_nothing(cls) -> "DoorSilent":
        """Return the error of a road that was not opened in time."""
        return cls(
            _("Tor did not reach the source host in time. It may be offline or very slow; the next run tries again.")
        )


class TorAway(DoorSilent):
    """This host's Tor is not there, or what answers in its place is none: nothing left this host."""

    def __init__(self, where: str) -> None:
        super().__init__(
            _(
                "Tor does not run on this host, or not where it is looked for ({where}). Nothing goes out without it, "
                "and nothing is lost. Start it, or pair again with the right --socks."
            ).format(where=where)
        )

    @classmethod
    def strange(cls, where: str) -> "TorAway":
        """Return the error of something that does not speak as Tor does."""
        made = cls(where)
        made.args = (
            _(
                "What listens at {where} does not answer as Tor does. Nothing goes out without Tor, and nothing is "
                "lost. Restart Tor, or pair again with the right --socks."
            ).format(where=where),
        )
        return made


class OnionUnreachable(DoorSilent):
    """Tor could not reach the source host's onion service. `reply` is the byte that SOCKS gives as the reason."""

    def __init__(self, reply: int) -> None:
        super().__init__(onion_sentence(reply))
        self.reply = reply


class DoorClosed(CourierError):
    """The door does not take our token: pair again."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "The source host's door does not take this desk's token any more, so nothing was collected. Nothing is "
                "lost: what comes in waits there, sealed. Ask its administrator why. Was the token changed, this desk "
                "revoked, or one of the two hosts restored from a backup? Then have a pairing file made (candour-drop "
                "pairing), and pair again (candour-desk pair). Did nobody do that? Then somebody else may have used "
                "your pairing file: have candour-drop revoke-desk typed there first."
            )
        )


class DoorRefused(CourierError):
    """The door answered with another status than the protocol says. `status` is the HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(_("The source host's door answered with HTTP status {status}.").format(status=status))
        self.status = status


class DoorFull(DoorRefused):
    """The source host's disk has no room for what was to be done: it waits here for the next run."""

    def __init__(self) -> None:
        super().__init__(507)
        self.args = (
            _("The source host has no room on its disk, not even for answers. They wait here for the next run."),
        )


class DoorTooOld(CourierError):
    """The door knows nothing of files: a reply with files waits until the source host is brought up to date."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "The source host is of an older version that takes no files with replies. A reply with files waits "
                "here until it is brought up to date."
            )
        )


class NoRoomForFiles(CourierError):
    """The source host has no room for the files of a reply: it waits here for the next run."""

    def __init__(self) -> None:
        super().__init__(
            _("The source host has no room for the files of a reply. The reply waits here for the next run.")
        )


class FileLost(CourierError):
    """A file that goes with a reply is not on this host as it was sealed: its reply is not delivered without it."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "A file that goes with a reply is damaged or missing on this host, so the reply was not delivered. "
                "candour-desk check says which; attach it to a new reply."
            )
        )


class DoorDistrusted(CourierError):
    """What the door sent breaks a rule: nothing of it was kept. `reason` names the rule."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            _("What the source host sent was refused, and nothing of it was kept: {reason}.").format(reason=reason)
        )
        self.reason = reason


class NoRoomForIt(CourierError):
    """The reviewer host's disk has no room for a submission: make room; it waits on the source host."""

    def __init__(self) -> None:
        super().__init__(
            _("There is no room on this disk for what is waiting. It stays on the source host until then.")
        )
