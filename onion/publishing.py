"""Do the directories have an onion service's descriptor? What Tor says of each upload, judged.

Rules:
- A round is one descriptor going to several directories: Tor names all of them before the first has answered, so what
  it sends after an answer is another round.
- One directory is enough for whoever looks long enough. Only if all that answered in the latest round refused is the
  service not published; until one has answered, the round before counts.
- Tor publishes anew every hour or two, and directories forget after three.
"""

import re
from dataclasses import dataclass, field

_KEPT_SECONDS = 3 * 3600
# control-spec: "HS_DESC", action, address without its ending, who may come, directory, …
_DESCRIPTOR = re.compile(r"HS_DESC (UPLOADED|UPLOAD|FAILED) ([a-z2-7]{56}) \S+ (\S+)")


@dataclass(frozen=True)
class Upload:
    """One thing that Tor said: `took` is whether the directory took it, None if it is only on its way."""

    address: str
    directory: str
    took: bool | None


def read_upload(event: str) -> Upload | None:
    """Return what an event says of an upload, or None if it says nothing of one. The address is without its ending."""
    found = _DESCRIPTOR.match(event)
    if found is None:
        return None
    return Upload(found[2], found[3], {"UPLOAD": None, "UPLOADED": True, "FAILED": False}[found[1]])


@dataclass
class Publishing:
    """What is known of one service. All times in seconds on one clock that only goes on."""

    _answers: dict[str, bool] = field(default_factory=dict)  # of the latest round, by directory: the last of each
    _is_over: bool = False  # one has answered: the next that is sent is of another round
    _is_refused: bool = False
    _taken_at: float | None = None

    def hear(self, upload: Upload, now: float) -> None:
        """Take in what Tor said."""
        if upload.took is None:
            if self._is_over:
                self._answers, self._is_over = {}, False
            return
        self._is_over = True
        self._answers[upload.directory] = upload.took
        self._is_refused = not any(self._answers.values())
        if upload.took:
            self._taken_at = now

    def is_published(self, now: float) -> bool:
        """Tell whether somebody who looks for it finds it."""
        return self._taken_at is not None and now - self._taken_at < _KEPT_SECONDS and not self._is_refused
