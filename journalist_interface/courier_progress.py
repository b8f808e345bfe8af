"""How a collection shows itself to a person at a terminal: a line for each submission, and large files as they come.

Anywhere else it shows nothing at all. What a service writes goes into a journal that stamps each line to the
microsecond: when a report came, how large it was and with how many files would stand there for good.
"""

import time
from collections.abc import Callable
from typing import TextIO

from serving.language import gettext as _
from serving.language import ngettext

LARGE = 8_000_000  # bytes; smaller files are here before anyone could read a line about them
_SIGHT_SECONDS = 0.2  # between two sights
_MB = 1_000_000


class Progress:
    """Writes to `stream`, one line that changes, if it is a `terminal`; else nothing."""

    def __init__(self, stream: TextIO, *, terminal: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._terminal = terminal
        self._clock = clock
        self._said_at = clock()
        self._line_is_open = False

    def bytes_came(self, came: int, size: int) -> None:
        """Show how much of a large file is here, if it is time to."""
        if size < LARGE or not self._terminal:
            return
        share, now = came / size, self._clock()
        if share >= 1:
            self._close_line()
        elif now - self._said_at >= _SIGHT_SECONDS:
            self._said_at = now
            self._show(
                _("  {came:.1f} of {size:.1f} MB ({percent} %)").format(
                    came=came / _MB, size=size / _MB, percent=int(share * 100)
                )
            )

    def submission_stored(self, files: int, size: int) -> None:
        """Write the line of one submission."""
        if not self._terminal:
            return
        self._close_line()
        line = ngettext(
            "Fetched a submission with {n} file, {size:.2f} MB in all.",
            "Fetched a submission with {n} files, {size:.2f} MB in all.",
            files,
        )
        print(line.format(n=files, size=size / _MB), file=self._stream, flush=True)

    def _show(self, line: str) -> None:
        # Erase to the end of the line (ECMA-48, EL), so that a shorter text leaves nothing of a longer one.
        self._stream.write(f"\r{line}\x1b[K")
        self._stream.flush()
        self._line_is_open = True

    def _close_line(self) -> None:
        if self._line_is_open:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._line_is_open = False
