"""Attachments in the vault: files sealed in pieces (keys.sealed_file) under the key of their case."""

from typing import IO

from keys.case_key import CaseKey
from keys.sealed_file import FRAME_SIZE, SIZE_FIELD, SealedFileReader, SealedFileWriter
from keys.sealed_file import sealed_file_size as vault_file_size

__all__ = ("FRAME_SIZE", "SIZE_FIELD", "VaultReader", "VaultWriter", "vault_file_size")


class VaultWriter(SealedFileWriter):
    """Seals `size` bytes of content into an open file, for a place in a case. `finish` is what makes the file whole."""

    def __init__(self, key: CaseKey, place: str, output: IO[bytes], size: int) -> None:
        super().__init__(key.raw, place, output, size)


class VaultReader(SealedFileReader):
    """A vault file, opened at its first frame. `size` is that of the content; only a whole reading has proved it."""

    def __init__(self, key: CaseKey, place: str, source: IO[bytes]) -> None:
        """Read the first frame. Raises SealBroken if it does not open."""
        super().__init__(key.raw, place, source)
