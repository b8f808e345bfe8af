"""From a codename to a source's two keys: the lookup id and the seed of the reply key.

- Argon2id with m = 19 MiB, t = 2, p = 1 (OWASP Password Storage Cheat Sheet): the codename itself carries 90 bits, so
  the hash need only be dear, not desperate.
- The salt is the site's 32-byte pepper, the same for all: with 90 bits per codename a thief gains nothing by trying one
  guess against all sources, and a salt per source would have to be looked up by something the source knows.
- HKDF-SHA256 (RFC 5869) with distinct labels: neither key tells anything of the other.
- A bounded number at once: each takes 19 MiB and a core. A bounded number waits for a place, and not for long; others
  are told "busy" at once.
"""

import threading
from dataclasses import dataclass, field, replace

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from keys.codename import Codename
from keys.errors import Busy
from keys.hpke import SEED_SIZE, SecretKey

PEPPER_SIZE = 32
LOOKUP_ID_SIZE = 32
OWASP_MEMORY_KIB = 19 * 1024
OWASP_PASSES = 2
OWASP_LANES = 1
_LOOKUP_LABEL = b"candour v1 source lookup id"
_REPLY_LABEL = b"candour v1 source reply key seed"
_MEMO_LABEL = b"candour v1 source memo key"
_CARRY_LABEL = b"candour v1 source carry key"


@dataclass(frozen=True)
class SourceKeys:
    """What a codename leads to: `lookup_id` (32 bytes) and `reply_seed` (96 bytes). Neither is printed.

    `pepper_number` is that of the pepper of which `lookup_id` is; the site's first has 0. The seed of a source who was
    carried over is of a pepper before (keys.carried).
    """

    lookup_id: bytes = field(repr=False)
    reply_seed: bytes = field(repr=False)
    pepper_number: int = field(default=0, repr=False)

    def reply_key(self) -> SecretKey:
        """Return the source's reply key, the only thing that opens replies."""
        return SecretKey(self.reply_seed)

    def memo_key(self) -> bytes:
        """Return 32 bytes for what is remembered of this source (keys.memo).

        From the seed of the reply key, because a session holds no more than that and the lookup id.
        """
        return _expand(self.reply_seed, _MEMO_LABEL, 32)

    def carry_key(self) -> bytes:
        """Return 32 bytes for sealing what this source had under the pepper before (keys.carried).

        Only of keys as they were derived: those that were carried over hold the seed of before.
        """
        return _expand(self.reply_seed, _CARRY_LABEL, 32)


@dataclass(frozen=True)
class Derived:
    """What a codename leads to on a site: with its newest pepper, and with the one before while that is not over."""

    newest: SourceKeys
    older: SourceKeys | None = None


def derive(codename: Codename, pepper: bytes) -> SourceKeys:
    """Return the keys of a codename on the site with this 32-byte pepper. Takes some 25 ms and 19 MiB."""
    if len(pepper) != PEPPER_SIZE:
        raise ValueError(f"a pepper has {PEPPER_SIZE} bytes")
    root = hash_secret_raw(
        codename.reveal().encode("ascii"),
        pepper,
        time_cost=OWASP_PASSES,
        memory_cost=OWASP_MEMORY_KIB,
        parallelism=OWASP_LANES,
        hash_len=32,
        type=Type.ID,
    )
    return SourceKeys(_expand(root, _LOOKUP_LABEL, LOOKUP_ID_SIZE), _expand(root, _REPLY_LABEL, SEED_SIZE))


def site_key(pepper: bytes, label: str) -> bytes:
    """Return 32 bytes for one of the site's own uses (visit cookies, form tokens), from the pepper."""
    return _expand(pepper, b"candour v1 site " + label.encode("ascii"), 32)


def _expand(root: bytes, label: bytes, length: int) -> bytes:
    # Expand alone: the root is already uniform (RFC 5869, section 3.3).
    return HKDFExpand(SHA256(), length, label).derive(root)


class DerivationQueue:
    """At most `places` codenames at once; at most `waiting` wait for a place, none for longer than `patience` seconds.

    Who would have to wait for longer, or behind more than that, is told at once that the site is busy: nobody queues
    for ever, and those who wait never hold every thread of the site.

    While there are two peppers a codename is derived with both, always and one after the other in its one place: what
    it leads to does not show in the time, and no more memory is used than with one.
    """

    def __init__(
        self, pepper: bytes, places: int, patience: float, waiting: int, *, number: int = 0, older: bytes | None = None
    ) -> None:
        self._pepper = pepper
        self._number = number
        self._older = older
        self._places = threading.BoundedSemaphore(places)
        self._patience = patience
        # A place here is held by those who wait and by those who derive.
        self._admitted = threading.BoundedSemaphore(places + waiting)

    def derive(self, codename: Codename) -> Derived:
        """Return the keys of `codename`. Raises Busy when no place came free in time; nothing was done then."""
        if not self._admitted.acquire(blocking=False):
            raise Busy("too many wait for a codename to be checked")
        try:
            return self._derive_in_turn(codename)
        finally:
            self._admitted.release()

    def _derive_in_turn(self, codename: Codename) -> Derived:
        if not self._places.acquire(timeout=self._patience):
            raise Busy("too many codenames are being checked at once")
        try:
            newest = replace(derive(codename, self._pepper), pepper_number=self._number)
            if self._older is None:
                return Derived(newest)
            return Derived(newest, replace(derive(codename, self._older), pepper_number=self._number - 1))
        finally:
            self._places.release()
