"""What one circuit of Tor's may do, at once and lately: counted in memory alone, and forgotten soon.

Over Tor there is no address to limit by, and nobody wants one. Tor says on which of its circuits a connection came: a
number that tells nothing of a person, and that a new circuit has anew. Tor Browser uses one circuit for all that it
does with one site. So a program that floods the site from one circuit is told apart from everybody else, and nobody is
told from anybody.

Rules:
- A circuit's share is taken before the place that all share: one circuit cannot fill what is there for all.
- What is counted of a circuit tells how much it did, never what: no codename, no page, no session.
- A circuit that does nothing and has done nothing lately is not remembered: to begin anew and to be forgotten are one.
- The number of circuits remembered is bounded. Those that do something just now are never forgotten; there are no more
  of them than threads, and so far fewer than are remembered.
- Where Tor does not tell of circuits, nothing is limited by them.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from keys.errors import Busy
from source_interface.leaky_count import LeakyCount
from source_interface.settings import Settings

# Some 7 MB at most. Whoever makes more circuits than this within ten minutes has begun anew with each of them anyway.
MOST_REMEMBERED = 10_000
MINUTE_SECONDS = 60
LONG_SECONDS = 600  # the time over which wrong codenames and letters are counted; nothing counts for longer
# A browser has six connections, and shows one page at a time: it never has this many forms refused, letters sealed or
# files sent at once. Of places there are more in all (`source_interface.places`).
REFUSALS_OF_ONE = 6
LETTERS_OF_ONE = 6
DOWNLOADS_OF_ONE = 3


class Costly(StrEnum):
    """What a circuit does that others then wait for."""

    FORM = "form"  # a long one, being read
    REFUSED_FORM = "refused form"  # read to its end all the same, so that its words can be given back
    DERIVATION = "derivation"
    DOWNLOAD = "download"
    LETTER = "letter"  # being sealed and stored


class CircuitBusy(Busy):
    """This circuit does as much as one may: answer 429, keep what was typed, say to wait or take a new circuit."""

    def __init__(self, what: Costly) -> None:
        super().__init__("too much on one circuit")
        self.what = what


@dataclass(frozen=True)
class Limits:
    """What one circuit may do: each thing at once; derivations a minute; wrong codenames, letters in ten minutes.

    `peppers`: so many derivations one codename takes.
    """

    at_once: dict[Costly, int]
    derivations_a_minute: int
    wrong_codenames: int
    letters: int
    peppers: int = 1


def limits_of(settings: Settings, peppers: int = 1) -> Limits:
    """Return the limits that an installation sets. `peppers`: how many the site has, one or two."""
    at_once = {
        Costly.FORM: settings.circuit_forms_at_once,
        Costly.REFUSED_FORM: REFUSALS_OF_ONE,
        Costly.DERIVATION: settings.circuit_derivations_at_once,
        Costly.DOWNLOAD: DOWNLOADS_OF_ONE,
        Costly.LETTER: LETTERS_OF_ONE,
    }
    return Limits(
        at_once,
        settings.circuit_derivations_a_minute,
        settings.circuit_wrong_codenames_in_ten_minutes,
        settings.circuit_letters_in_ten_minutes,
        peppers,
    )


@dataclass(slots=True)
class _Counted:
    """What is known of one circuit. `until`: when nothing that it did counts any more."""

    derivations: LeakyCount
    wrong: LeakyCount
    letters: LeakyCount
    # Stands for what came on it, where its number must not.
    mark: object = field(default_factory=object)
    doing: dict[Costly, int] = field(default_factory=dict)
    until: float = 0.0


class Circuits:
    """What the circuits of one serving process do and did."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        # The one that did something last stands last.
        self._known: OrderedDict[int, _Counted] = OrderedDict()

    def __len__(self) -> int:
        """Return how many are remembered."""
        return len(self._known)

    def begin(self, circuit: int, what: Costly) -> None:
        """Note that a circuit begins something: `end` must follow. Raises CircuitBusy; nothing was noted then."""
        with self._lock:
            found = self._find(circuit)
            doing = found.doing.get(what, 0)
            if doing >= self._limits.at_once[what]:
                raise CircuitBusy(what)
            lately = {Costly.DERIVATION: found.derivations, Costly.LETTER: found.letters}.get(what)
            count = self._limits.peppers if what is Costly.DERIVATION else 1
            if lately is not None and not lately.add(self._clock(), count):
                raise CircuitBusy(what)
            found.doing[what] = doing + 1

    def end(self, circuit: int, what: Costly) -> None:
        """Note that what was begun is over."""
        with self._lock:
            found = self._known[circuit]
            found.doing[what] -= 1
            if not found.doing[what]:
                del found.doing[what]
            found.until = self._clock() + LONG_SECONDS

    def guess(self, circuit: int) -> None:
        """Count a codename as wrong before it is looked at: `forgive` it afterwards if it is not. Raises CircuitBusy.

        Before: many at once must not find out together what one after the other could not. Whatever it is then found to
        be, it was counted alike.
        """
        with self._lock:
            if not self._find(circuit).wrong.add(self._clock()):
                raise CircuitBusy(Costly.DERIVATION)

    def forgive(self, circuit: int) -> None:
        """Take back what was counted: it was no wrong codename."""
        with self._lock:
            self._find(circuit).wrong.take_back(self._clock())

    def mark(self, circuit: int) -> object:
        """Return what a circuit's files that wait are known by: another after ten minutes without doing."""
        with self._lock:
            return self._find(circuit).mark

    def forget_idle(self) -> None:
        """Forget the circuits of which nothing counts any more. The housekeeper calls this too."""
        with self._lock:
            now = self._clock()
            for circuit in [number for number, found in self._known.items() if _is_idle(found, now)]:
                del self._known[circuit]

    def _find(self, circuit: int) -> _Counted:
        """Return what is known of a circuit, which is known from now on."""
        now = self._clock()
        found = self._known.get(circuit)
        if found is None or _is_idle(found, now):
            found = _Counted(
                LeakyCount(self._limits.derivations_a_minute, MINUTE_SECONDS),
                LeakyCount(self._limits.wrong_codenames, LONG_SECONDS),
                LeakyCount(self._limits.letters, LONG_SECONDS),
            )
            self._known[circuit] = found
            self._make_room()
        self._known.move_to_end(circuit)
        found.until = now + LONG_SECONDS
        return found

    def _make_room(self) -> None:
        """Forget those that did nothing for longest, if there are too many; those at work are passed over."""
        for _circuit in range(len(self._known)):
            if len(self._known) <= MOST_REMEMBERED:
                return
            circuit, oldest = self._known.popitem(last=False)
            if oldest.doing:
                self._known[circuit] = oldest


def _is_idle(found: _Counted, now: float) -> bool:
    return not found.doing and now >= found.until


class Guess:
    """A codename that is being looked at; it counts as wrong meanwhile, and afterwards if somebody says that it is."""

    is_wrong = False


class Share:
    """One circuit's share of the site, for one request; without a circuit, no limit at all."""

    def __init__(self, circuits: Circuits | None = None, circuit: int | None = None) -> None:
        self._circuits = circuits
        self._circuit = circuit

    @contextmanager
    def hold(self, what: Costly) -> Iterator[None]:
        """Do one thing that others wait for. Raises CircuitBusy."""
        self.begin(what)
        try:
            yield
        finally:
            self.end(what)

    def begin(self, what: Costly) -> None:
        """Begin it: `end` must follow. Raises CircuitBusy."""
        if self._circuits is not None and self._circuit is not None:
            self._circuits.begin(self._circuit, what)

    def end(self, what: Costly) -> None:
        """End it."""
        if self._circuits is not None and self._circuit is not None:
            self._circuits.end(self._circuit, what)

    def mark(self) -> object | None:
        """Return what the files of this circuit that wait are known by; None without a circuit."""
        if self._circuits is None or self._circuit is None:
            return None
        return self._circuits.mark(self._circuit)

    @contextmanager
    def guess(self) -> Iterator[Guess]:
        """Look whether a codename is known, with the derivation that it takes. Raises CircuitBusy before either."""
        guess = Guess()
        if self._circuits is None or self._circuit is None:
            yield guess
            return
        self._circuits.guess(self._circuit)
        try:
            with self.hold(Costly.DERIVATION):
                yield guess
        finally:
            if not guess.is_wrong:
                self._circuits.forgive(self._circuit)


UNLIMITED = Share()
