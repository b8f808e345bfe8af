"""Size classes: what an observer of ciphertext may learn of a size.

- Letters and replies: the next of 4 KiB, 8 KiB, 16 KiB … with trailing spaces (JSON stays JSON).
- Attachments: Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs",
  PoPETs 2019, section 4): at most 12 % larger, O(log log size) bits leaked; 64 KiB at least.
- Backups: eighths of a power of two, 1 MiB at least. They are few and one host's, made day by day: Padmé's finer steps
  would tell how much came since yesterday.
"""

from keys.errors import Malformed

SMALLEST_TEXT = 4 * 1024
SMALLEST_ATTACHMENT = 64 * 1024
SMALLEST_BACKUP = 1024 * 1024
_BACKUP_STEPS = 8  # from one power of two to the next


def text_size_class(size: int) -> int:
    """Return the size class in bytes, a power of two of at least 4 KiB, that holds `size` bytes of text."""
    return max(SMALLEST_TEXT, 1 << max(0, size - 1).bit_length())


def pad_text(text: bytes) -> bytes:
    """Return `text`, a JSON document, with trailing spaces up to its size class."""
    return text.ljust(text_size_class(len(text)), b" ")


def unpad_text(padded: bytes) -> bytes:
    """Return the text without its padding. Raises Malformed when the length is not exactly its size class."""
    text = padded.rstrip(b" ")
    if len(padded) != text_size_class(len(text)):
        raise Malformed("the text is not padded to its size class")
    return text


def attachment_size_class(size: int) -> int:
    """Return the Padmé size class in bytes of an attachment of `size` bytes, 64 KiB at least."""
    if size <= SMALLEST_ATTACHMENT:
        return SMALLEST_ATTACHMENT
    exponent = size.bit_length() - 1
    free_bits = exponent - exponent.bit_length()
    mask = (1 << free_bits) - 1
    return (size + mask) & ~mask


def backup_size_class(size: int) -> int:
    """Return the size class in bytes of a backup with `size` bytes in it: at most an eighth larger, 1 MiB at least."""
    if size <= SMALLEST_BACKUP:
        return SMALLEST_BACKUP
    step = (1 << size.bit_length() - 1) // _BACKUP_STEPS
    return -(-size // step) * step
