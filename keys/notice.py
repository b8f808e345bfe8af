"""Sealing a notice so that its length is the same whatever it says: what whoever sees it come learns is its day.

- The text is filled up with spaces to one length before it is sealed, and nothing is compressed.
- Hidden recipient: the message names no key.
- A number of RSA is written one byte shorter if it begins with eight noughts, once in 256 times. So it is sealed four
  times, and the longest is taken: that one of them all is short happens once in four thousand million.
"""

import os
from pathlib import Path

from keys.openpgp import run_gpg, seal_arguments

CLEARTEXT_BYTES = 2048
_SEALINGS = 4


def fill_up(text: str, head: bytes = b"") -> bytes:
    """Return `head` and the text, filled up with spaces to CLEARTEXT_BYTES. Raises ValueError if it does not fit."""
    content = head + text.encode("utf-8")
    if len(content) >= CLEARTEXT_BYTES:
        raise ValueError("a notice must fit into its length")
    return content.ljust(CLEARTEXT_BYTES - 1, b" ") + b"\n"


def seal_notice(key: bytes, cleartext: bytes) -> bytes:
    """Return an armoured message to the public key `key` (OpenPGP packets), for gpg --decrypt.

    Raises OpenPGPFailed, also when the key has expired since.
    """
    if len(cleartext) != CLEARTEXT_BYTES:
        raise ValueError("a notice has one length")
    descriptor = os.memfd_create("notice-key")
    try:
        os.write(descriptor, key)
        asked = ["--armor", *seal_arguments(Path(f"/proc/self/fd/{descriptor}"))]
        return max((run_gpg(asked, cleartext, (descriptor,)) for _each in range(_SEALINGS)), key=len)
    finally:
        os.close(descriptor)
