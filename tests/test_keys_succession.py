"""A key that signs checkpoints names its heir in words that are true in one place, and spelt in one way.

What a desk makes of them, and what a thief of its keys cannot, is shown in tests/test_desk_audit_new_key.py.
"""

from dataclasses import replace

import pytest

from keys.checkpoint import SigningKey
from keys.errors import Malformed, SignatureBroken
from keys.succession import Place, Succession, name_heir, read_succession

PLACE = Place("ab" * 16, 7, bytes(range(32)))
OLD, NEW = SigningKey(bytes(32)), SigningKey(bytes(range(32)))
ELSEWHERE: dict[str, Place] = {
    "another desk": replace(PLACE, desk="cd" * 16),
    "another record": replace(PLACE, number=8),
    "after another record": replace(PLACE, before=bytes(32)),
}


@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_succession_is_true_in_one_place(where: str) -> None:
    """There it can be checked; nowhere else, and by no other key; written down and read it is the same."""
    said = name_heir(OLD, PLACE, NEW.public)
    said.check(PLACE, OLD.public)
    assert read_succession(said.note()) == said
    for place, signer in ((ELSEWHERE[where], OLD.public), (PLACE, NEW.public)):
        with pytest.raises(SignatureBroken):
            said.check(place, signer)


@pytest.mark.parametrize(
    "note", ["", "desk", f"desk {'ab' * 16} signer {'cd' * 32}", Succession("ab" * 16, b"", b"", b"").note()]
)
def test_what_is_not_spelt_so_is_none(note: str) -> None:
    """No other note of the trail reads as one."""
    with pytest.raises(Malformed):
        read_succession(note)


def test_no_checkpoint_can_be_taken_for_one() -> None:
    """The label of checkpoints signs nothing else, nor does one that could be a part of another."""
    for label in (b"candour v1 audit checkpoint\x00", b"candour"):
        with pytest.raises(ValueError, match="the label is that of checkpoints"):
            OLD.sign_as(label, b"")
