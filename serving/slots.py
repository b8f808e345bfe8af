"""Answers that leave on the beat of a clock: how long one took to make is not to be read off the wire.

A clock starts with each request, and its answer leaves at the clock's next beat. Work that fits into one slot takes
exactly one; more takes two. The answer is whole before the wait (made, padded, its cookie sealed), so that what is left
to do afterwards, one write of a weight that is always the same, depends on nothing.

The wait holds a thread, and nothing else.
"""

import random
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# A thread that slept long wakes a few millionths of a second later than one that slept briefly. Chance hides that.
BLUR_SECONDS = 0.001
_chance = random.SystemRandom()


def wait_after(elapsed: float, slot: float) -> float:
    """Return how long an answer must still wait, in seconds, that has taken `elapsed` seconds so far."""
    return -elapsed % slot


class Slots:
    """A WSGI application whose answers, on some of its roads, leave at the end of a slot.

    `slots` gives the length of a slot, in seconds, for a method and a path.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        slots: Mapping[tuple[str, str], float],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._app = app
        self._clock = clock
        self._sleep = sleep
        self.slots = slots

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        began = self._clock()
        answer = self._app(environ, start_response)
        slot = self.slots.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        if slot is None:
            return answer
        try:
            whole = b"".join(answer)
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()
        self._sleep(wait_after(self._clock() - began, slot) + _chance.uniform(0, BLUR_SECONDS))
        return [whole]
