"""Is a lock file held? Seen in the kernel's own list (proc(5), /proc/locks), without taking the lock to find out.

Whoever tried it would hold it for a moment, and a server that starts in that moment would be turned away.
"""

import re
from pathlib import Path

_LOCKS = Path("/proc/locks")
# 1: FLOCK  ADVISORY  WRITE 4711 fe:00:2172270 0 EOF
_FLOCK = re.compile(r"^\d+: FLOCK +\w+ +WRITE -?\d+ [0-9a-f]+:[0-9a-f]+:(\d+) ", re.MULTILINE)


def is_held(path: Path) -> bool:
    """Tell whether some process that can be seen holds flock(2) on the file; it is not made if it is not there.

    By its number alone: file systems in layers show another device there. Raises OSError where there is no such list.
    """
    try:
        number = path.stat().st_ino
    except FileNotFoundError:
        return False
    return str(number) in _FLOCK.findall(_LOCKS.read_text("ascii"))
