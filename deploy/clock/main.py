"""Sets the clock of this machine, as candour-clock.service runs it, and notes the day on which it was right.

Exit codes: 0 it is right, 1 nobody knows (systemd tries again), 3 a person has to set it.
"""

import ctypes
import os
import ssl
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

# Debian's Python runs this file as it lies there, by its path.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from deploy.clock.asking import NoAnswer, ask
from deploy.clock.judging import Act, Answer, ClockRefused, ClockUnknown, judge

# Each is somebody else's.
SERVERS = (
    "www.torproject.org",
    "www.debian.org",
    "www.eff.org",
    "www.gnupg.org",
    "www.kernel.org",
    "www.wikipedia.org",
    "www.mozilla.org",
)
STAMP = Path("/var/lib/candour-clock/right")


def look(proxy: Path, servers: Sequence[str], trust: ssl.SSLContext) -> list[Answer]:
    """Ask all at once; return the answers there are."""

    def one(name: str) -> Answer | None:
        try:
            return ask(proxy, name, trust)
        except NoAnswer:
            return None

    with ThreadPoolExecutor(len(servers)) as pool:
        return [answer for answer in pool.map(one, servers) if answer is not None]


def mend(answers: Sequence[Answer], stamp: Path, acts: dict[Act, Callable[[float], None]]) -> str:
    """Do what must be done; return it in a sentence. Raises ClockUnknown, ClockRefused, OSError."""
    act, seconds = judge(answers)
    acts[act](seconds)
    day = datetime.now(UTC).date().isoformat()
    draft = stamp.with_suffix(".new")
    draft.write_text(f"{day}\n", "ascii")
    draft.chmod(0o644)
    draft.replace(stamp)
    return {
        Act.LEAVE: "The clock is right.",
        Act.SLEW: f"The clock is wrong by {seconds:+.0f} seconds: it runs otherwise until it is right.",
        Act.STEP: f"The clock was wrong by {seconds:+.0f} seconds: it was set.",
    }[act]


def leave(_seconds: float) -> None:
    """Let the clock be."""


def slew(seconds: float) -> None:
    """Have the kernel bring the clock there by and by (adjtime(3)). Raises OSError."""

    class Timeval(ctypes.Structure):
        _fields_ = (("seconds", ctypes.c_long), ("micros", ctypes.c_long))

    whole = int(seconds // 1)
    delta = Timeval(whole, int((seconds - whole) * 1_000_000))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.adjtime(ctypes.byref(delta), None):
        raise OSError(ctypes.get_errno(), "adjtime")


def step(seconds: float) -> None:
    """Set the clock. Raises OSError."""
    time.clock_settime(time.CLOCK_REALTIME, time.time() + seconds)


def main(proxy: Path) -> int:
    """Look once. `proxy`: the socket of Debian's own Tor, so that this needs no network."""
    os.umask(0o077)
    acts = {Act.LEAVE: leave, Act.SLEW: slew, Act.STEP: step}
    try:
        print(mend(look(proxy, SERVERS, ssl.create_default_context()), STAMP, acts))
    except ClockRefused as refused:
        print(f"Candour: {refused}", file=sys.stderr)
        return 3
    except (ClockUnknown, OSError) as reason:
        print(f"Candour: the clock was not looked at. {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
