"""A service's descriptor opens with its address, as every visitor's Tor opens it, and with nothing else.

The vector is one that Tor 0.4.9 made in the private network of the tests, with three introduction points and proof of
work on; its keys are gone.
"""

import base64
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onion.descriptor import Opened, open_descriptor
from onion.errors import DescriptorBroken
from tests.test_tor_words import WELL_KNOWN

VECTOR = json.loads(Path(__file__).parent.joinpath("vectors", "onion-descriptor.json").read_text())
TEXT, ADDRESS = VECTOR["descriptor"], VECTOR["address"]


def test_what_tor_sealed_opens_with_the_address() -> None:
    """Where to knock, and how much work is asked of a visitor."""
    assert open_descriptor(TEXT, ADDRESS) == Opened(introduction_points=3, effort=0)


def flipped(text: str) -> str:
    """The same descriptor with one bit of its sealed part turned over."""
    found = re.search(r"superencrypted\n-----BEGIN MESSAGE-----\n(.+?)\n-----END", text, re.DOTALL)
    assert found
    sealed = bytearray(base64.b64decode(found[1]))
    sealed[100] ^= 1
    return text.replace(found[1], base64.b64encode(sealed).decode())


BROKEN = {
    "nothing": ("", ADDRESS),
    "another service's address": (TEXT, WELL_KNOWN),
    "another revision": (re.sub(r"(revision-counter )(\d+)", r"\g<1>1\2", TEXT), ADDRESS),
    "one bit": (flipped(TEXT), ADDRESS),
    "no sealed part": (TEXT.replace("superencrypted", "elsewhere"), ADDRESS),
    "no certificate": (TEXT.replace("ED25519 CERT", "ED25519 KEY"), ADDRESS),
    "too long": (TEXT + " " * 50_000, ADDRESS),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_was_touched_does_not_open(what: str) -> None:
    """It is told to be unpublished, never to be well."""
    with pytest.raises(DescriptorBroken):
        open_descriptor(*BROKEN[what])


@given(st.integers(0, len(TEXT) - 1), st.characters(codec="ascii"))
def test_no_damage_is_a_fault(place: int, letter: str) -> None:
    """Whatever stands there, it opens or it is refused."""
    try:
        open_descriptor(TEXT[:place] + letter + TEXT[place + 1 :], ADDRESS)
    except DescriptorBroken:
        return
