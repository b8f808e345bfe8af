"""Work that is done for nobody, so that time does not tell whether there was somebody. Knows no Flask.

Slots (`serving.slots`) hide what work costs as long as it fits into them. On a busy host it does not always fit, and a
codename that cost less would more often still come in time: therefore a wrong one costs nearly as much as a right one
(docs/adr/0015).
"""

import secrets

from keys.hpke import SEED_SIZE, SecretKey
from keys.reply import Reply
from keys.session_seal import SessionToken
from store.drop.sessions import Sessions

# As many replies as stand on one page: an inbox with fewer opens as many.
LEAST_OPENED = 5
_LOOKUP_ID_SIZE = 32


class Decoys:
    """A reply that nobody wrote to nobody, and sessions of nobody."""

    def __init__(self) -> None:
        self._key = SecretKey(secrets.token_bytes(SEED_SIZE))
        self._id = secrets.token_hex(16)
        self._sealed = Reply(self._id, "2026-01-01", "Thank you for writing to us. " * 20).seal_to(self._key.public)

    def open_replies(self, opened: int) -> None:
        """Open as many decoy replies as are missing when `opened` real ones were opened."""
        for _more in range(LEAST_OPENED - opened):
            Reply.open(self._sealed, self._id, self._key)

    def sign_in(self, sessions: Sessions) -> None:
        """Write a session that is gone with the same transaction. Raises what the database raises."""
        token = SessionToken.draw()
        sessions.keep_none(token.lookup_hash(), token.seal(secrets.token_bytes(_LOOKUP_ID_SIZE + SEED_SIZE)))
