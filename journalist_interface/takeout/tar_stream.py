"""A tar archive (POSIX ustar) written member by member into a pipe: constant memory, and no clock but the one given.

Every name is of our own making (file_names.py): plain ASCII, below one folder.
"""

import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO

_BLOCK = 512  # bytes


@dataclass(frozen=True)
class Member:
    """One file of the archive: its name, how many bytes it has, and they themselves."""

    name: str
    size: int
    pieces: Iterable[bytes]


def write_tar(out: IO[bytes], made_at: int, members: Iterable[Member]) -> None:
    """Write an archive of ordinary files that anybody may read, and nobody owns. Raises ValueError if one has another
    size than it says."""
    for member in members:
        head = tarfile.TarInfo(member.name)
        head.size, head.mtime, head.mode = member.size, made_at, 0o644
        out.write(head.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict"))
        written = 0
        for piece in member.pieces:
            written += len(piece)
            out.write(piece)
        if written != member.size:
            raise ValueError("a member of another size than was announced")
        out.write(bytes(-written % _BLOCK))
    out.write(bytes(2 * _BLOCK))
