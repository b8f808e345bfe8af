"""What an officer's post page says of the intake key: who holds it, who offers half of it, who waits for it."""

from dataclasses import dataclass

from journalist_interface.desk_folder import Desk
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.intake_offer import OFFERED_MINUTES, Aim, Offer
from journalist_interface.sessions import SignedIn
from keys.intake_shares import OFFICERS_NEEDED
from keys.spoken import spoken_fingerprint
from store.desk import intake


@dataclass(frozen=True)
class WaitingOfficer:
    """An intake officer without the key, and the fingerprint that is compared before it is handed over."""

    username: str
    fingerprint: str


@dataclass(frozen=True)
class KeyPanel:
    """The intake key as one officer, `username`, sees it.

    `holds`: they hold it, or half of it. `locks_at` is None while it is locked for them. `offer` is of half of it, to
    unlock; `proposal` is the same, so that one officer be enough. `waiting` is for whoever could hand the key over.
    """

    holds: bool
    two_needed: bool
    locks_at: float | None
    offer: Offer | None
    proposal: Offer | None
    username: str
    holders: tuple[str, ...]
    waiting: tuple[WaitingOfficer, ...]
    own_fingerprint: str
    offered_minutes: int = int(OFFERED_MINUTES)

    @property
    def offers_own(self) -> bool:
        """Whether this officer waits for a second one to unlock."""
        return self.offer is not None and self.offer.username == self.username

    @property
    def can_need_two(self) -> bool:
        """Whether there are officers enough for two to be needed."""
        return len(self.holders) >= OFFICERS_NEEDED


def look_at_key(desk: Desk, lock: IntakeLock, signed_in: SignedIn) -> KeyPanel:
    """Return what this officer's page says."""
    locks_at = lock.locks_at(signed_in)
    with desk.database.reading() as connection:
        holders = intake.key_holders(connection)
        waiting = intake.waiting_officers(connection) if locks_at is not None else {}
        two_needed = intake.two_are_needed(connection)
    return KeyPanel(
        holds=signed_in.username in holders,
        two_needed=two_needed,
        locks_at=locks_at,
        offer=lock.offer(),
        proposal=lock.offer(Aim.ONE_IS_ENOUGH),
        username=signed_in.username,
        holders=tuple(holders),
        waiting=tuple(WaitingOfficer(name, spoken_fingerprint(public)) for name, public in waiting.items()),
        # Of the secret key that this session holds, not of the row: what somebody wrote there would not show itself.
        own_fingerprint=spoken_fingerprint(signed_in.key.public),
    )
