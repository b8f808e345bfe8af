"""What Tor spells and what people type: addresses, clients' keys and names, lines beside our own."""

import base64
import itertools
from contextlib import suppress
from hashlib import sha3_256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onion.address import check_address
from onion.client_key import ClientKey, authorised, check_name, read_public
from onion.errors import AddressRefused, ClientRefused, ConfigurationRefused, FolderTooDeep
from onion.layout import TorFolder
from onion.torrc import check_beside

# The Tor Project's own site, as its page lists it (onion.torproject.org): an address that we did not make.
WELL_KNOWN = "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion"


def spelt(key: bytes, version: bytes = b"\x03") -> str:
    """An address as rend-spec-v3 section 6 makes it."""
    checksum = sha3_256(b".onion checksum" + key + version).digest()[:2]
    return base64.b32encode(key + checksum + version).decode().lower() + ".onion"


def test_an_address_that_others_use_is_one() -> None:
    """In any case of letters; what comes back is in small ones."""
    assert check_address(WELL_KNOWN) == WELL_KNOWN
    assert check_address(WELL_KNOWN.upper()) == WELL_KNOWN


@given(st.binary(min_size=32, max_size=32))
def test_every_key_has_an_address(key: bytes) -> None:
    """The rule that makes it and the one that checks it are the same."""
    assert check_address(spelt(key)) == spelt(key)


def test_nearly_every_wrong_letter_is_seen() -> None:
    """All of them, one after the other: of 1,736 slips two bytes of checksum let at most one through."""
    places = itertools.product(range(56), "abcdefghijklmnopqrstuvwxyz234567")
    slips = {WELL_KNOWN[:place] + letter + WELL_KNOWN[place + 1 :] for place, letter in places} - {WELL_KNOWN}
    assert len(slips) == 56 * 31
    unseen = 0
    for typed in slips:
        with suppress(AddressRefused):
            unseen += check_address(typed) == typed
    assert unseen <= 1


NO_ADDRESSES = {
    "nothing": "",
    "a name of the clearnet": "candour.example",
    "one of version 2": "expyuzz4wqqyqhjn.onion",
    "another version's number": spelt(bytes(32), b"\x04"),
    "with a scheme": f"http://{WELL_KNOWN}",
    "with a port": f"{WELL_KNOWN}:80",
    "below another name": f"www.{WELL_KNOWN}",
    "with a line after it": f"{WELL_KNOWN}\n",
    "a letter too many": f"a{WELL_KNOWN}",
    "in letters that look alike": WELL_KNOWN.replace("a", "\u0430"),
}


@pytest.mark.parametrize("what", NO_ADDRESSES)
def test_what_is_no_address_is_refused(what: str) -> None:
    """With a sentence that quotes no more than a line of it."""
    with pytest.raises(AddressRefused) as refused:
        check_address(NO_ADDRESSES[what])
    assert len(str(refused.value)) < 200


def test_a_clients_key_is_spelt_as_tor_wants_it() -> None:
    """The public half is read back, the secret one is in no repr, and each pair is another."""
    key, other = ClientKey.draw(), ClientKey.draw()
    assert read_public(authorised(key.public)) == key.public
    assert key.entrance(WELL_KNOWN) == f"{WELL_KNOWN.removesuffix('.onion')}:descriptor:x25519:{key.secret}\n"
    assert key.secret not in repr(key)
    assert key != other


NO_KEYS = {
    "nothing": "",
    "the secret half, with an address": ClientKey.draw().entrance(WELL_KNOWN),
    "two lines": authorised(ClientKey.draw().public) * 2,
    "another kind": authorised(ClientKey.draw().public).replace("x25519", "ed25519"),
    "in small letters": authorised(ClientKey.draw().public).lower(),
    "a letter too few": authorised(ClientKey.draw().public[:-1]),
}


@pytest.mark.parametrize("what", NO_KEYS)
def test_what_is_no_clients_key_is_refused(what: str) -> None:
    """Tor would end over such a line when it starts."""
    with pytest.raises(ClientRefused):
        read_public(NO_KEYS[what])


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../x", "-a", ".a", "Anna", "a" * 41, "a\n", "NOBODY"])
def test_what_cannot_be_a_clients_name_is_refused(name: str) -> None:
    """It becomes the name of a file."""
    with pytest.raises(ClientRefused):
        check_name(name)


BESIDE = {
    "a port": "SocksPort 9050",
    "a port in other letters": "  controlport 9051",
    "added to what is there": "+HiddenServicePort 81 127.0.0.1:81",
    "taken from what is there": "/Sandbox",
    "single hop": "HiddenServiceSingleHopMode 1",
    "not anonymous": "HiddenServiceNonAnonymousMode 1",
    "a service of somebody else's": "HiddenServiceDir /elsewhere",
    "a log": "Log info file /var/log/tor.log",
    "logs in clear": "SafeLogging 0",
    "counts of who came": "HeartbeatPeriod 30 minutes",
    "a relay": "ORPort 9001",
    "an exit": "ExitRelay 1",
    "figures for everybody": "MetricsPort 9035",
    "another file": "%include /etc/tor/torrc",
    "after an innocent line": "Bridge 192.0.2.3:443\nMetricsPort 9035",
    "with a tab": "SocksPort\t9050",
    "on a line that goes on": "Bridge 192.0.2.3:443 \\\nUseBridges 1",
    "the beginning of a name": "SocksPor 9050",
    "something new": "FutureOption 1",
}


@pytest.mark.parametrize("what", BESIDE)
def test_what_may_not_stand_beside_our_lines(what: str) -> None:
    """Each would open a port, write down who came, or give the host away."""
    with pytest.raises(ConfigurationRefused):
        check_beside(BESIDE[what])


def test_bridges_and_a_test_network_may_stand_beside_our_lines() -> None:
    """That is what the file is for."""
    text = "# ours\n\nUseBridges 1\nBridge 192.0.2.3:443\nTestingTorNetwork 1\n"
    assert check_beside(text) == text


def test_a_folder_too_deep_for_a_socket_is_refused() -> None:
    """The kernel would cut the path, and Tor would not start: better to say so."""
    TorFolder(Path("/" + "d" * 90))
    with pytest.raises(FolderTooDeep):
        TorFolder(Path("/" + "d" * 100))
