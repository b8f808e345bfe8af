"""Proving who somebody is: user name, password, one-time code. One failure for every cause, the same work for each."""

import time
from dataclasses import dataclass, field

from sqlalchemy import Connection

from journalist_interface.desk_folder import Desk
from keys.errors import SignInRefused
from keys.reviewer_key import TOTP_SECRET_BYTES, ReviewerSecret, stand_in
from keys.totp import check_code
from store.desk.audit import Act, record_act
from store.desk.reviewers import Reviewer, find_reviewer, use_totp_step
from store.errors import AlreadyThere, Missing


@dataclass(frozen=True)
class Proof:
    """A reviewer who has just proved who they are. `spend` it in the transaction of what they came to do."""

    reviewer: Reviewer
    secret: ReviewerSecret = field(repr=False)
    step: int

    def spend(self, connection: Connection) -> None:
        """Use up the one-time code. Raises SignInRefused if somebody was faster with the same code."""
        try:
            use_totp_step(connection, self.reviewer.username, self.step)
        except AlreadyThere as reason:
            raise SignInRefused("the one-time code was used before") from reason


def prove(desk: Desk, username: str, password: str, code: str) -> Proof:
    """Return the proof. Raises SignInRefused, and records the failure, if any of the three is wrong."""
    with desk.database.reading() as connection:
        try:
            reviewer: Reviewer | None = find_reviewer(connection, username)
        except Missing:
            reviewer = None
    try:
        return _check(reviewer, username, password, code)
    except SignInRefused:
        # A name nobody has may be a password typed into the wrong box: it is not recorded.
        with desk.database.writing() as connection:
            record_act(connection, reviewer.username if reviewer else "", Act.SIGN_IN_FAILED)
        raise


def _check(reviewer: Reviewer | None, username: str, password: str, code: str) -> Proof:
    now = time.time()
    sealed = reviewer.sealed_secret if reviewer else stand_in()
    try:
        secret = ReviewerSecret.open(sealed, password, username)
    except SignInRefused:
        # The work of checking a code is done here too; a secret of zeros opens nothing, whatever the code.
        check_code(bytes(TOTP_SECRET_BYTES), code, now, last_step=1 << 62)
        raise
    if reviewer is None:
        raise SignInRefused("no such reviewer")
    return Proof(reviewer, secret, check_code(secret.totp_secret, code, now, reviewer.last_totp_step))
