"""What cover and pace are reckoned by: classes of sizes, what is missing to one, and whose bytes are due when."""

from threading import Event

from hypothesis import given
from hypothesis import strategies as st

from journalist_interface.courier_cover import Cover, Exchange, answer_for, rounded, size_class
from journalist_interface.courier_pace import Pace


@given(st.integers(0, 100_000), st.integers(1, 64))
def test_a_class_holds_what_it_must_and_no_more_than_twice(count: int, least: int) -> None:
    """The least number, doubled until everything fits."""
    found = size_class(count, least)
    assert found >= max(count, least)
    assert found == least or found < 2 * count
    while found > least:
        assert found % 2 == 0
        found //= 2
    assert found == least


@given(st.dictionaries(st.sampled_from(Exchange), st.integers(0, 500)), st.integers(1, 50_000_000))
def test_what_is_missing_makes_a_class_and_then_nothing_is_missing(counts: dict[Exchange, int], least: int) -> None:
    """Padding ends."""
    cover = Cover(least)
    for kind, count in counts.items():
        cover.note(kind, count)
    for kind in Exchange:
        cover.note(kind, cover.missing(kind))
        assert cover.missing(kind) == 0
    assert cover.count(Exchange.PIECE) * Exchange.PIECE.size >= least
    assert Cover(0).missing(Exchange.PIECE) == 0


@given(st.integers(1, 10_000_000))
def test_every_blob_comes_in_answers_that_hold_it(size: int) -> None:
    """A small one whole."""
    kind = answer_for(size)
    assert rounded(size, kind.size) >= size
    assert (kind is Exchange.SMALL_ANSWER) == (size <= 65_536)


def test_a_pace_is_kept_over_all_roads_together() -> None:
    """Each books its bytes behind the others'; who was idle has saved nothing up."""
    now = [100.0]
    pace = Pace(1_000, lambda: now[0])
    assert [pace.take(500), pace.take(500), pace.take(2_000)] == [0.0, 0.5, 1.0]
    now[0] = 200.0
    assert [pace.take(1_000), pace.take(1_000)] == [0.0, 1.0]


def test_a_road_that_is_cut_does_not_wait_for_its_turn() -> None:
    """Whoever stops the courier does not wait an hour."""
    cut = Event()
    cut.set()
    pace = Pace(1)
    pace.take(3_600)
    pace.before(1, cut)
