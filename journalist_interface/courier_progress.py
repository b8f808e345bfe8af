"""How a collection shows itself to a person: a line for each submission, and large files as they come."""

import time
from collections.abc import Callable
from typing import TextIO

from serving.language import gettext as _
from serving.language import ngettext

LARGE = 8_000_000  # bytes; smaller files are here before anyone could read a line about them
_TERMINAL_SECONDS = 0.2  # between two sights on a terminal
_LINE_SECONDS = 5.0  # between two lines elsewhere
_LINE_SHARE = 0.1  # or after that much more of the file
_MB = 1_000_000


class Progress:
    """Writes to `stream`: one line that changes on a terminal, and now and then a line anywhere else."""

    def __init__(self, stream: TextIO, *, terminal: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._terminal = terminal
        self._clock = clock
        self._said_at = clock()
        self._said_share = 0.0
        self._line_is_open = False

    def bytes_came(self, came: int, size: int) -> None:
        """Show how much of a large file is here, if it is time to."""
        if size < LARGE:
            return
        share, now = came / size, self._clock()
        if share < self._said_share:  # another file
            self._said_share, self._said_at = 0.0, now
        if share >= 1:
            self._close_line()
            self._said_share = 0.0
        elif self._is_due(share, now):
            self._said_at, self._said_share = now, share
            self._show(
                _("  {came:.1f} of {size:.1f} MB ({percent} %)").format(
                    came=came / _MB, size=size / _MB, percent=int(share * 100)
                )
            )

    def submission_stored(self, files: int, size: int) -> None:
        """Write the line of one submission."""
        self._close_line()
        line = ngettext(
            "Fetched a submission with {n} file, {size:.2f} MB in all.",
            "Fetched a submission with {n} files, {size:.2f} MB in all.",
            files,
        )
        print(line.format(n=files, size=size / _MB), file=self._stream, flush=True)

    def _is_due(self, share: float, now: float) -> bool:
        if self._terminal:
            return now - self._said_at >= _TERMINAL_SECONDS
        return now - self._said_at >= _LINE_SECONDS or share - self._said_share >= _LINE_SHARE

    def _show(self, line: str) -> None:
        # Erase to the end of the line (ECMA-48, EL), so that a shorter text leaves nothing of a longer one.
        text = f"\r{line}\x1b[K" if self._terminal else f"{line}\n"
        self._stream.write(text)
        self._stream.flush()
        self._line_is_open = self._terminal

    def _close_line(self) -> None:
        if self._line_is_open:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._line_is_open = False
