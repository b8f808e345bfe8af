"""From codename and pepper to a source's keys: the bytes are for ever."""

import hashlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given
from hypothesis import strategies as st

from keys import derivation
from keys.codename import Codename
from keys.derivation import DerivationQueue, Derived, SourceKeys, derive, site_key
from keys.errors import Busy

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors" / "derivation.json").read_text("utf-8"))[
    "vectors"
]
PEPPER = bytes(range(32))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["codename"]))
def test_a_codename_leads_to_the_same_keys_for_ever(vector: dict[str, Any]) -> None:
    """Codename and pepper give the committed lookup id, reply seed, reply public key and site key, byte for byte."""
    pepper = bytes.fromhex(vector["pepper"])
    keys = derive(Codename.read(vector["codename"]), pepper)
    assert keys.lookup_id.hex() == vector["lookup_id"]
    assert keys.reply_seed.hex() == vector["reply_seed"]
    public = keys.reply_key().public
    assert hashlib.sha256(public).hexdigest() == vector["reply_public_key_sha256"]
    assert vector.get("reply_public_key", public.hex()) == public.hex()
    assert site_key(pepper, "visit").hex() == vector["site_key_visit"]


def test_the_vectors_follow_the_written_design() -> None:
    """The vectors are Argon2id with m = 19 MiB, t = 2, p = 1, then HKDF-Expand, spelt out here a second time."""
    vector = VECTORS[0]
    root = hash_secret_raw(
        vector["codename"].encode("ascii"),
        bytes.fromhex(vector["pepper"]),
        time_cost=2,
        memory_cost=19_456,
        parallelism=1,
        hash_len=32,
        type=Type.ID,
        version=0x13,
    )
    assert HKDFExpand(SHA256(), 32, b"candour v1 source lookup id").derive(root).hex() == vector["lookup_id"]
    assert HKDFExpand(SHA256(), 96, b"candour v1 source reply key seed").derive(root).hex() == vector["reply_seed"]


def test_the_parameters_are_those_of_owasp() -> None:
    """Argon2id with 19 MiB, two passes and one lane is the OWASP Password Storage Cheat Sheet's choice."""
    assert (derivation.OWASP_MEMORY_KIB, derivation.OWASP_PASSES, derivation.OWASP_LANES) == (19 * 1024, 2, 1)


def test_another_pepper_or_codename_is_another_source() -> None:
    """The same codename on two sites, and two codenames on one site, have nothing in common."""
    first = derive(Codename.read("abacus " * 7), PEPPER)
    others = [derive(Codename.read("abacus " * 7), bytes(32)), derive(Codename.read("abacus " * 6 + "abide"), PEPPER)]
    assert len({first.lookup_id, *(one.lookup_id for one in others)}) == 3
    assert len({first.reply_seed, *(one.reply_seed for one in others)}) == 3


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_pepper_of_another_size_is_refused(size: int) -> None:
    """A pepper that is not 32 bytes derives nothing."""
    with pytest.raises(ValueError, match="32 bytes"):
        derive(Codename.draw(), bytes(size))


@given(st.text("abcdefghijklmnopqrstuvwxyz ", max_size=20), st.text("abcdefghijklmnopqrstuvwxyz ", max_size=20))
def test_site_keys_differ_by_label(one: str, other: str) -> None:
    """Every label has a key of its own, 32 bytes long."""
    assert len(site_key(PEPPER, one)) == 32
    assert (site_key(PEPPER, one) == site_key(PEPPER, other)) == (one == other)


def test_source_keys_are_not_printed() -> None:
    """Neither half of a source's keys appears in a repr."""
    assert repr(SourceKeys(b"lookup-bytes", b"seed-bytes")) == "SourceKeys()"


@pytest.mark.parametrize(("patience", "waiting"), [(0.0, 1), (60.0, 0)], ids=["no patience", "nobody may wait"])
def test_the_queue_says_busy_when_no_place_comes_free(patience: float, waiting: int) -> None:
    """With one place, one of two that keep asking is soon told that the site is busy."""
    queue = DerivationQueue(PEPPER, places=1, patience=patience, waiting=waiting)
    codename = Codename.draw()
    told = threading.Event()

    def ask() -> None:
        for _ in range(400):
            if told.is_set():
                return
            try:
                queue.derive(codename)
            except Busy:
                told.set()

    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert told.is_set()


def test_many_at_once_all_get_their_own_keys() -> None:
    """Eight askers at two places wait for one another, and each gets the keys of its own codename."""
    queue = DerivationQueue(PEPPER, places=2, patience=60, waiting=6)
    codenames = [Codename.draw() for _ in range(8)]
    with ThreadPoolExecutor(8) as askers:
        found = list(askers.map(queue.derive, codenames))
    assert found == [Derived(derive(codename, PEPPER)) for codename in codenames]


def test_a_place_is_given_back_after_a_failure() -> None:
    """A derivation that fails gives its place back: the next one is not told that the site is busy."""
    queue = DerivationQueue(b"too short a pepper", places=1, patience=1, waiting=1)
    for _ in range(3):
        with pytest.raises(ValueError, match="32 bytes"):
            queue.derive(Codename.draw())
