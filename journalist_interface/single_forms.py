"""A form sent twice is answered once: a double click, or a page that was loaded again (docs/adr/0034).

- Every form of somebody signed in carries an id of its own. If the same form comes again, with the same words, in the
  same session, it gets the answer of the first, and nothing is done a second time.
- Only "done, look there" is remembered. A form that was refused was not done: it may be sent again.
- The second of two waits for the first, which may still be at work.
- In memory alone. What a source is told must be once even after a restart: that is the item's id (writing.py).
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from hmac import digest

from journalist_interface.errors import TryLater
from keys.session_seal import SessionToken
from serving.language import gettext as _

FIELD = "form_id"
MOST_REMEMBERED = 1_000  # the oldest is forgotten first
PATIENCE = 60.0  # seconds


class SingleForms:
    """What forms were answered. `patience` is how long, in seconds, the second waits for the first."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._under_way: set[bytes] = set()
        self._answered: OrderedDict[bytes, str] = OrderedDict()
        self._changed = threading.Condition()

    def begin(self, form: bytes) -> str | None:
        """Return where the form's first sending led; None: it is the first, and `end` must follow. Raises TryLater."""
        with self._changed:
            if not self._changed.wait_for(lambda: form not in self._under_way, self._patience):
                raise TryLater(_("The desk is still at work on what you sent first. Look again in a minute."), 60)
            if form in self._answered:
                return self._answered[form]
            self._under_way.add(form)
            return None

    def end(self, form: bytes, location: str | None) -> None:
        """Say where the form led, or None if it was not done."""
        with self._changed:
            self._under_way.discard(form)
            if location is not None:
                self._answered[form] = location
                while len(self._answered) > MOST_REMEMBERED:
                    self._answered.popitem(last=False)
            self._changed.notify_all()


def name_form(token: SessionToken, address: str, fields: Iterable[tuple[str, str]]) -> bytes:
    """Return what tells this form of this session, with these words, from any other; nobody gets the words from it."""
    said = repr((address, sorted(fields))).encode("utf-8", "surrogatepass")
    return digest(token.cookie().encode("ascii"), said, "sha256")
