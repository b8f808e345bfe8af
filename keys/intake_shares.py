"""Shares of the intake key's passphrase, two of n: one for each intake officer (docs/adr/0028).

- The passphrase is 256 random bits in hexadecimal; SLIP-39 splits the bits, as it does the recovery key's
  (keys.recovery_shares). But these are never on paper: each is sealed to its officer, two are combined in memory.
- A share is padded to one length: how long its words are would tell some bits of it.
- Shares that do not belong together are found by the digest that SLIP-39 splits along: no wrong passphrase comes out.
"""

from shamir_mnemonic import MnemonicError, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.constants import MAX_SHARE_COUNT

from keys.errors import SharesDisagree
from keys.intake_secret import PASSPHRASE_BYTES

OFFICERS_NEEDED = 2
MOST_OFFICERS: int = MAX_SHARE_COUNT
# 33 words of eight letters at most, and a space after each.
_SHARE_SIZE = 33 * 9
_ITERATION_EXPONENT = 0  # iterations stretch a password, and there is none


def split_passphrase(passphrase: str, officers: int) -> tuple[bytes, ...]:
    """Return a share for each of 2 to 16 officers, any two of which give the passphrase back."""
    secret = bytes.fromhex(passphrase)
    if len(secret) != PASSPHRASE_BYTES or not OFFICERS_NEEDED <= officers <= MOST_OFFICERS:
        raise ValueError("an intake passphrase has 32 bytes, and is shared by 2 to 16 officers")
    [group] = generate_mnemonics(1, [(OFFICERS_NEEDED, officers)], secret, iteration_exponent=_ITERATION_EXPONENT)
    return tuple(share.encode("ascii").ljust(_SHARE_SIZE) for share in group)


def combine_passphrase(one: bytes, other: bytes) -> str:
    """Return the passphrase of two shares. Raises SharesDisagree if they are one and the same, or of two sets."""
    try:
        secret = bytes(combine_mnemonics([share.decode("ascii").strip() for share in (one, other)]))
    except (MnemonicError, UnicodeDecodeError):
        # Not "from": the library's message names words of a share.
        raise SharesDisagree("two shares of the intake passphrase do not combine") from None
    if len(secret) != PASSPHRASE_BYTES:
        raise SharesDisagree("two shares of something else")
    return secret.hex()
