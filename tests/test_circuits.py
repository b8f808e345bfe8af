"""What is counted of circuits: each for itself, for a while, in bounded memory; the share before the common place."""

import threading
import tracemalloc
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Busy
from source_interface.circuits import (
    DOWNLOADS_OF_ONE,
    LONG_SECONDS,
    MOST_REMEMBERED,
    REFUSALS_OF_ONE,
    CircuitBusy,
    Circuits,
    Costly,
    Limits,
    Share,
    limits_of,
)
from source_interface.leaky_count import LeakyCount
from source_interface.places import DOWNLOADS_AT_ONCE, REFUSALS_AT_ONCE
from source_interface.settings import Settings

CIRCUITS = 100_000
MOST_BYTES = 10_000_000  # measured: some 7 million
LIMITS = Limits(dict.fromkeys(Costly, 2), derivations_a_minute=5, wrong_codenames=3, letters=4)


@dataclass
class Clock:
    """A clock that a test sets."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@dataclass
class Counted:
    """Circuits with a clock, and what they hold."""

    clock: Clock = field(default_factory=Clock)
    limits: Limits = LIMITS

    def __post_init__(self) -> None:
        self.circuits = Circuits(self.limits, self.clock)

    def share(self, circuit: int) -> Share:
        """The share of a circuit."""
        return Share(self.circuits, circuit)

    def try_wrong(self, circuit: int) -> bool:
        """Try a wrong codename on a circuit; tell whether it was looked at."""
        try:
            with self.share(circuit).guess() as guess:
                guess.is_wrong = True
        except CircuitBusy:
            return False
        return True

    def try_right(self, circuit: int) -> bool:
        """Try a right codename on a circuit; tell whether it was looked at."""
        try:
            with self.share(circuit).guess():
                return True
        except CircuitBusy:
            return False


@pytest.fixture
def counted() -> Counted:
    """None yet."""
    return Counted()


@pytest.mark.parametrize("what", Costly)
def test_a_circuit_holds_no_more_than_its_share_and_gets_back_what_it_gave_back(counted: Counted, what: Costly) -> None:
    """Two at once here; a third is refused, until one of them is over."""
    with counted.share(7).hold(what):
        with counted.share(7).hold(what), pytest.raises(CircuitBusy), counted.share(7).hold(what):
            raise AssertionError("a third")
        with counted.share(7).hold(what):
            pass


@pytest.mark.parametrize("what", Costly)
def test_two_circuits_never_share_a_count(counted: Counted, what: Costly) -> None:
    """Neighbours in number, and those alike in either half of it."""
    with ExitStack() as held:
        for circuit in (7, 8, 7 << 16, 7 << 16 | 7, 2**32 - 1):
            held.enter_context(counted.share(circuit).hold(what))
            held.enter_context(counted.share(circuit).hold(what))


def test_wrong_codenames_of_one_circuit_are_not_anothers(counted: Counted) -> None:
    """Three here; and the fourth of the one is refused while the other has all three before it."""
    assert [counted.try_wrong(7) for _try in range(4)] == [True, True, True, False]
    assert [counted.try_wrong(8) for _try in range(4)] == [True, True, True, False]


def test_a_right_codename_is_never_counted_as_wrong(counted: Counted) -> None:
    """However often, beside wrong ones: each minute a few, as the derivations allow."""
    assert counted.try_wrong(7)
    assert counted.try_wrong(7)
    for _visit in range(20):
        assert counted.try_right(7)
        counted.clock.now += 15
    assert counted.try_wrong(7)


def test_after_too_many_wrong_ones_a_right_one_is_not_looked_at_either(counted: Counted) -> None:
    """Or the refusal would tell the one from the other."""
    while counted.try_wrong(7):
        pass
    assert not counted.try_right(7)


def test_many_at_once_learn_no_more_than_one_after_the_other(counted: Counted) -> None:
    """A wrong codename counts from before it is looked at: two that run beside each other are two."""
    counted.try_wrong(7)
    counted.try_wrong(7)
    with counted.share(7).guess(), pytest.raises(CircuitBusy), counted.share(7).guess():
        raise AssertionError("a fourth, beside the third")


def test_what_could_not_be_looked_at_is_not_counted_as_wrong(counted: Counted) -> None:
    """A site that is busy for everybody, or a fault of ours, costs the circuit no try."""
    for _try in range(4):
        with pytest.raises(Busy, match="everybody"), counted.share(7).guess():
            raise Busy("everybody")
    counted.clock.now += 60
    assert [counted.try_wrong(7) for _try in range(4)] == [True, True, True, False]


def test_derivations_come_back_evenly_within_a_minute(counted: Counted) -> None:
    """Five at a stretch, then one every twelve seconds."""

    def derive() -> bool:
        try:
            with counted.share(7).hold(Costly.DERIVATION):
                return True
        except CircuitBusy:
            return False

    assert [derive() for _time in range(6)] == [True] * 5 + [False]
    counted.clock.now += 12.001
    assert [derive(), derive()] == [True, False]
    counted.clock.now += 60
    assert [derive() for _time in range(6)] == [True] * 5 + [False]


def test_letters_come_back_evenly_within_ten_minutes(counted: Counted) -> None:
    """Four at a stretch, then one every two and a half minutes; other circuits have their own."""

    def write(circuit: int) -> bool:
        try:
            with counted.share(circuit).hold(Costly.LETTER):
                return True
        except CircuitBusy:
            return False

    assert [write(7) for _letter in range(5)] == [True] * 4 + [False]
    assert write(8)
    counted.clock.now += 150.001
    assert [write(7), write(7)] == [True, False]


@given(st.lists(st.floats(0, 100), max_size=60), st.integers(1, 8))
def test_a_count_never_lets_through_more_than_it_says(pauses: list[float], most: int) -> None:
    """In any stretch of time no more than `most`, and what had run out of those before it."""
    count, now, let_through = LeakyCount(most, 60), 0.0, list[float]()
    for pause in pauses:
        now += pause
        if count.add(now):
            let_through.append(now)
    for first, start in enumerate(let_through):
        for number, end in enumerate(let_through[first:], 1):
            assert number <= most + (end - start) * most / 60 + 1e-6


def test_a_number_that_comes_again_after_long_begins_anew(counted: Counted) -> None:
    """Tor counts from 1 again when it starts: after ten idle minutes nothing of the circuit before it is left."""
    while counted.try_wrong(7):
        pass
    counted.clock.now += LONG_SECONDS
    assert [counted.try_wrong(7) for _try in range(4)] == [True, True, True, False]


def test_a_circuit_that_does_nothing_is_forgotten_by_itself(counted: Counted) -> None:
    """Ten minutes after it did something last; one that is still at work is not."""
    counted.try_wrong(7)
    with counted.share(8).hold(Costly.FORM):
        counted.clock.now += LONG_SECONDS - 1
        counted.circuits.forget_idle()
        assert len(counted.circuits) == 2
        counted.clock.now += 1
        counted.circuits.forget_idle()
        assert len(counted.circuits) == 1
    counted.clock.now += LONG_SECONDS
    counted.circuits.forget_idle()
    assert len(counted.circuits) == 0


def test_memory_does_not_grow_with_a_hundred_thousand_circuits(counted: Counted) -> None:
    """The oldest idle ones go; the one that holds a form all the while keeps its count."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    with counted.share(1).hold(Costly.FORM), counted.share(1).hold(Costly.FORM):
        for circuit in range(2, CIRCUITS + 2):
            assert counted.try_wrong(circuit)
        grown = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        assert len(counted.circuits) == MOST_REMEMBERED
        with pytest.raises(CircuitBusy):
            counted.share(1).begin(Costly.FORM)
    assert grown < MOST_BYTES


def test_threads_together_hold_no_more_than_the_share(counted: Counted) -> None:
    """Fifty that ask in the same moment."""
    start, got, over = threading.Barrier(50), list[bool](), threading.Event()

    def ask() -> None:
        start.wait()
        try:
            with counted.share(7).hold(Costly.FORM):
                got.append(True)
                over.wait()
        except CircuitBusy:
            got.append(False)

    askers = [threading.Thread(target=ask) for _asker in range(50)]
    for asker in askers:
        asker.start()
    while len(got) < 50:
        over.wait(0.01)
    over.set()
    for asker in askers:
        asker.join()
    assert got.count(True) == 2


def test_a_share_is_less_than_there_is_for_all() -> None:
    """As the site is set up, one circuit can fill nothing: several are needed for each kind of place."""
    settings = Settings()
    share = limits_of(settings).at_once
    assert share[Costly.FORM] * 3 < min(settings.long_forms_at_once, settings.short_forms_at_once)
    assert share[Costly.DERIVATION] * 3 < settings.derivations_at_once + settings.derivations_waiting
    assert share[Costly.REFUSED_FORM] == REFUSALS_OF_ONE < REFUSALS_AT_ONCE
    # Letters have no places; they have gpg and the disk, and there are so many that may wait.
    assert limits_of(settings).letters * 100 < settings.waiting_submissions
    assert share[Costly.DOWNLOAD] == DOWNLOADS_OF_ONE < DOWNLOADS_AT_ONCE
