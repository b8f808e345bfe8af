"""How long the courier waits for a door: on this machine, and through Tor, whose circuits take and rest longer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """How long the courier waits, in seconds; and the least speed of a blob, in bytes a second.

    `fresh`: a connection that has rested for longer is not used again. The door closes those that rest for 15 s, and a
    question that crosses its farewell on the way would be lost.
    """

    connect: float = 60
    silence: float = 60
    document: float = 180
    least_speed: int = 2_000
    fresh: float = 10


# Tor itself gives an attempt up after 120 s (SocksTimeout) and says why: a little longer, so that its word comes first.
# So long may a circuit also stand still while a relay on it is busy. A document is small, but may wait for both.
THROUGH_TOR = Patience(connect=135, silence=135, document=300, least_speed=2_000)
