"""A form sent twice is answered once: a double click, or a page that was loaded again (docs/adr/0034).

- Every form of somebody signed in carries an id of its own. If the same form comes again, with the same words, in the
  same session, it gets the answer of the first, and nothing is done a second time.
- Only "done, look there" is remembered. A form that was refused was not done: it may be sent again.
- What is shown this once (new recovery codes) is the answer itself: it is remembered for a minute, for a browser that
  dropped it because the button was pressed twice. Only the session that sent the form is ever given it; or, where a
  link is the proof, whoever sends that link with the very same words, password and all.
- The second of two waits for the first, which may still be at work.
- In memory alone. What a source is told must be once even after a restart: that is the item's id (writing.py).
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from hmac import digest

from journalist_interface.errors import TryLater
from serving.language import gettext as _

FIELD = "form_id"
MOST_REMEMBERED = 1_000  # the oldest is forgotten first
PATIENCE = 60.0  # seconds
PAGE_KEPT = 60.0  # seconds


@dataclass(frozen=True)
class Answer:
    """What a form that was done was answered: where it led, or the page that is shown this once."""

    location: str = ""
    page: str = field(default="", repr=False)


class SingleForms:
    """What forms were answered. In seconds: `patience`, how long the second waits for the first, and `page_kept`."""

    def __init__(self, patience: float = PATIENCE, page_kept: float = PAGE_KEPT) -> None:
        # Names the forms of those who have no session. Nobody else can name one.
        self.process_key = secrets.token_bytes(32)
        self._patience = patience
        self._page_kept = page_kept
        self._under_way: set[bytes] = set()
        self._answered: OrderedDict[bytes, Answer] = OrderedDict()
        self._changed = threading.Condition()

    def begin(self, form: bytes) -> Answer | None:
        """Return the answer of the form's first sending; None: this is the first, `end` follows. Raises TryLater."""
        with self._changed:
            if not self._changed.wait_for(lambda: form not in self._under_way, self._patience):
                raise TryLater(_("The desk is still at work on what you sent first. Look again in a minute."), 60)
            if form in self._answered:
                return self._answered[form]
            self._under_way.add(form)
            return None

    def end(self, form: bytes, answer: Answer | None) -> None:
        """Say what the form was answered, or None if it was not done."""
        with self._changed:
            self._under_way.discard(form)
            if answer is not None:
                self._answered[form] = answer
                while len(self._answered) > MOST_REMEMBERED:
                    self._answered.popitem(last=False)
            self._changed.notify_all()
        if answer is not None and answer.page:
            timer = threading.Timer(self._page_kept, self._forget, [form])
            timer.daemon = True
            timer.start()

    def _forget(self, form: bytes) -> None:
        with self._changed:
            self._answered.pop(form, None)


def name_form(key: bytes, address: str, fields: Iterable[tuple[str, str]]) -> bytes:
    """Return what tells this form, with these words, from any other under `key`; nobody gets the words from it."""
    said = repr((address, sorted(fields))).encode("utf-8", "surrogatepass")
    return digest(key, said, "sha256")
