"""Sessions: signing in, coming back with the cookie, signing out. What the session holds opens with the cookie alone.

The row holds the reviewer's secret seed, sealed under the second half of the cookie (keys.session_seal). A stolen
database gives no key, a stolen cookie nothing after sixty idle minutes, or twelve hours, or once its owner ends it.
"""

import time
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import Connection

from journalist_interface.desk_folder import Desk
from journalist_interface.errors import NotSignedIn
from journalist_interface.passkeys import PasskeyAnswer
from journalist_interface.proof import prove
from journalist_interface.throttle import Throttle
from keys.ciphertext import Ciphertext
from keys.errors import Malformed, SealBroken
from keys.factor_seal import FactorKey
from keys.hpke import SEED_SIZE, SecretKey
from keys.session_seal import SessionToken
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.factors import FactorKind
from store.desk.reviewers import is_suspended
from store.desk.roles import Role, roles_of
from store.desk.sessions import (
    ListedSession,
    SessionLife,
    SessionRow,
    add_session,
    end_dead_sessions,
    end_session,
    find_session,
    list_sessions,
    touch_session,
)
from store.errors import Missing, NoRoom

IDLE_MINUTES = 60
LONGEST_HOURS = 12  # a working day: then the password is asked for again
_BY_ITSELF = "by itself"  # the note of a session that idled out, or was a day old
_TOUCH_SECONDS = 60  # the row is written at most once a minute


@dataclass(frozen=True)
class SignedIn:
    """A reviewer at work: user name, secret key, and the session they came with."""

    username: str
    key: SecretKey = field(repr=False)
    token: SessionToken = field(repr=False)
    roles: frozenset[Role] = frozenset()


@dataclass(frozen=True)
class NewSession:
    """A session that has just begun, with which kind of second factor, and what its owner may do."""

    token: SessionToken = field(repr=False)
    factor: FactorKind
    roles: frozenset[Role]


def sign_in(
    desk: Desk, throttle: Throttle, username: str, password: str, code: str, passkey: PasskeyAnswer | None = None
) -> NewSession:
    """Return a new session. Raises TryLater, KeyExchanged, or SignInRefused for every other cause."""
    throttle.begin(username)
    proof = prove(desk, username, password, code, passkey)
    token = SessionToken.draw()
    now = int(time.time())
    with desk.database.writing() as connection:
        proof.spend(connection)
        for owner in end_dead_sessions(connection, _alive(now)):
            # Once: the row is gone. When it ended nobody saw; this is when it was noticed.
            record_act(connection, owner, Act.END_SESSION, note=_BY_ITSELF)
        sealed = _seal(token, username, proof.secret.seed)
        add_session(connection, token.lookup_hash(), SessionRow(username, sealed, now, now))
        record_act(connection, username, Act.SIGN_IN, note=proof.factor.kind)
        roles = roles_of(connection, username)
    throttle.succeeded(username)
    return NewSession(token, proof.factor.kind, roles)


def resume(desk: Desk, untrusted_cookie: str) -> SignedIn:
    """Return who the cookie belongs to. Raises NotSignedIn if it opens no session, for whatever cause."""
    now = int(time.time())
    try:
        token = SessionToken.read(untrusted_cookie)
        with desk.database.reading() as connection:
            row = find_session(connection, token.lookup_hash(), _alive(now))
            # Asked for with every request: a role that is taken away ends at once.
            roles = roles_of(connection, row.username)
            if is_suspended(connection, row.username):
                raise Missing("this account is suspended")
        key = SecretKey(_open(token, row))
    except (Malformed, Missing, SealBroken, ValueError) as reason:
        raise NotSignedIn(_("Your session has ended. Sign in again.")) from reason
    if now - row.last_used >= _TOUCH_SECONDS:
        # A full disk must not shut out whoever could make room: the session then idles out a little earlier.
        with suppress(NoRoom), desk.database.writing() as connection:
            touch_session(connection, token.lookup_hash(), now)
    return SignedIn(row.username, key, token, roles)


def sign_out(desk: Desk, signed_in: SignedIn) -> None:
    """End the session."""
    with desk.database.writing() as connection:
        end_session(connection, signed_in.username, signed_in.token.lookup_hash())
        record_act(connection, signed_in.username, Act.SIGN_OUT)
    # With a stolen cookie the row would still open, out of the log.
    desk.database.leave_no_trace()


def own_factor_key(desk: Desk, signed_in: SignedIn) -> FactorKey:
    """Return the key that opens this reviewer's second factors, out of the session. Raises NotSignedIn if it is over.

    Asked for by the pages that show factors, and held no longer than that.
    """
    try:
        with desk.database.reading() as connection:
            row = find_session(connection, signed_in.token.lookup_hash(), _alive(int(time.time())))
        return FactorKey(_open(signed_in.token, row))
    except (Missing, SealBroken) as reason:
        raise NotSignedIn(_("Your session has ended. Sign in again.")) from reason


def is_alive(connection: Connection, lookup_hash: bytes) -> bool:
    """Tell whether a session has not ended, by its lookup hash."""
    try:
        find_session(connection, lookup_hash, _alive(int(time.time())))
    except Missing:
        return False
    return True


def own_sessions(desk: Desk, signed_in: SignedIn) -> list[ListedSession]:
    """Return the sessions in which this reviewer is signed in, the newest first."""
    with desk.database.reading() as connection:
        return list_sessions(connection, signed_in.username, _alive(int(time.time())))


def end_own_session(desk: Desk, signed_in: SignedIn, untrusted_hash: str) -> bytes | None:
    """End one of this reviewer's own sessions; return which, or None if there is none such (any more)."""
    try:
        lookup_hash = bytes.fromhex(untrusted_hash)
    except ValueError:
        return None
    with desk.database.writing() as connection:
        if not end_session(connection, signed_in.username, lookup_hash):
            return None
        record_act(connection, signed_in.username, Act.END_SESSION)
    desk.database.leave_no_trace()
    return lookup_hash


def _alive(now: int) -> SessionLife:
    return SessionLife(now - IDLE_MINUTES * 60, now - LONGEST_HOURS * 3600)


def _seal(token: SessionToken, username: str, seed: bytes) -> Ciphertext:
    # The name is sealed in: who can write to the database cannot make one reviewer's acts another's.
    return token.seal(seed + username.encode("utf-8"))


def _open(token: SessionToken, row: SessionRow) -> bytes:
    opened = token.open(row.sealed)
    seed, username = opened[:SEED_SIZE], opened[SEED_SIZE:]
    if username != row.username.encode("utf-8"):
        raise SealBroken("the session names another reviewer")
    return seed
