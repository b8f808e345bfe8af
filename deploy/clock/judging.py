"""What to do to the clock, from what several servers say: no clock is asked here, and none is set.

Rules:
- The median of at least three answers: two servers that lie, or one owner, move nothing. At least three must agree.
- A clock that is a little wrong is made to run faster or slower until it is right: time never goes backwards by little,
  for what is due, idle or expired is reckoned with it.
- One that is wrong by more than an hour is left to a person. Tor itself bears no more than that for long; so whoever
  could have it set back by more could have this host take what is long over for what is now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import median

FEWEST = 3  # answers, and of those that agree
AGREE_SECONDS = 10.0
RIGHT_SECONDS = 1.0  # a Date header tells whole seconds
LITTLE_SECONDS = 60.0
MOST_SECONDS = 3600.0
SLOWEST_SECONDS = 20.0  # an answer that took longer says too little


class ClockUnknown(Exception):
    """Too few servers answered, or they do not agree. Nothing was done; try again later."""


class ClockRefused(Exception):
    """The clock is so wrong that a person has to set it. `seconds`: what is to be added to it."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The clock is wrong by {abs(seconds) / 3600:.1f} hours ({'behind' if seconds > 0 else 'ahead'}), by what "
            f"web servers say through Tor. It was not set: look at a watch you trust, then set it by hand: "
            f"date --utc --set='YEAR-MONTH-DAY HOUR:MINUTE'; hwclock --systohc --utc; systemctl start candour-clock"
        )
        self.seconds = seconds


@dataclass(frozen=True)
class Answer:
    """What a server said, in seconds since 1970: its time, and ours when it was asked and when it had answered."""

    said: int
    asked: float
    answered: float

    @property
    def offset(self) -> float:
        """What is to be added to our clock, to half a second and half of how long the answer took."""
        return self.said + 0.5 - (self.asked + self.answered) / 2


class Act(Enum):
    """What is to be done to the clock."""

    LEAVE = "leave it"
    SLEW = "make it run faster or slower until it is right"
    STEP = "set it"


def judge(answers: Sequence[Answer]) -> tuple[Act, float]:
    """Return what to do, and the seconds to add. Raises ClockUnknown, ClockRefused."""
    offsets = [each.offset for each in answers if 0 <= each.answered - each.asked <= SLOWEST_SECONDS]
    if len(offsets) < FEWEST:
        raise ClockUnknown(f"Only {len(offsets)} servers answered through Tor, and {FEWEST} are needed.")
    middle = median(offsets)
    if sum(abs(each - middle) <= AGREE_SECONDS for each in offsets) < max(FEWEST, len(offsets) // 2 + 1):
        raise ClockUnknown("The servers do not agree on the time.")
    if abs(middle) > MOST_SECONDS:
        raise ClockRefused(middle)
    if abs(middle) <= RIGHT_SECONDS:
        return Act.LEAVE, middle
    return (Act.SLEW if abs(middle) <= LITTLE_SECONDS else Act.STEP), middle
