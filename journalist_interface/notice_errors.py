"""What can go wrong with a notice. Whether it did not leave, or nobody knows, decides what follows."""

from journalist_interface.errors import DeskError


class NoticeRefused(DeskError):
    """What was asked for cannot be set up in this way, or not today: nothing was changed, and nothing sent."""


class NoticeNotSent(DeskError):
    """It certainly did not leave: try again later the same day."""


class NoticeUncertain(DeskError):
    """It may have left, and nobody said so: do not send a second one on this day."""
