"""Coming back on a circuit: only wrong codenames count, and only on their own; no more work than the share is done."""

from contextlib import ExitStack
from dataclasses import replace

from keys.codename import Codename
from source_interface.circuits import Circuits, Costly, limits_of
from source_interface.returning import NotFound, TriedTooOften, sign_in
from source_interface.settings import Settings
from tests.source_inbox import CountedDerivations, Inbox, codename, inbox, log

__all__ = ["codename", "inbox"]

MISSPELT = "abacus abdomen abdominal abide abiding ability ablez"


def test_where_tor_tells_of_no_circuit_nothing_is_limited(inbox: Inbox) -> None:
    """A hundred at once, and after a hundred wrong codenames the next is looked at."""
    share = inbox.host.asked_from(None).share
    with ExitStack() as held:
        for _one in range(100):
            for what in Costly:
                held.enter_context(share.hold(what))
            with share.guess() as guess:
                guess.is_wrong = True
    assert len(inbox.host.circuits) == 0


def on(inbox: Inbox, circuit: int, typed: str) -> str:
    """Come back with a codename on a circuit; what came of it."""
    try:
        sign_in(inbox.host.asked_from(circuit), typed, None)
    except TriedTooOften:
        return "not looked at"
    except NotFound as reason:
        return str(reason.status)
    return "known"


def test_only_a_wrong_codename_counts_and_only_on_its_circuit(inbox: Inbox, codename: str) -> None:
    """Slips of the pen and right ones never do; a circuit that tried too often finds not even a right one."""
    limits = replace(limits_of(Settings()), derivations_a_minute=1_000, wrong_codenames=3)
    inbox.host = replace(inbox.host, circuits=Circuits(limits))
    wrong = Codename.draw().reveal()
    assert [on(inbox, 7, typed) for typed in (MISSPELT, codename) * 6] == ["422", "known"] * 6
    assert [on(inbox, 7, wrong) for _try in range(4)] == ["404", "404", "404", "not looked at"]
    assert {on(inbox, 7, typed) for typed in (codename, MISSPELT, wrong, "")} == {"not looked at"}
    assert on(inbox, 8, codename) == "known"


def test_who_has_had_their_share_never_comes_to_the_common_queue(inbox: Inbox, codename: str) -> None:
    """Nor is anything written or opened for them: the refusal costs nothing that others wait for."""
    derivations = CountedDerivations(inbox.host.drop.pepper, 1, 20, 1)
    limits = replace(limits_of(Settings()), derivations_a_minute=2)
    inbox.host = replace(inbox.host, circuits=Circuits(limits), derivations=derivations)
    assert [on(inbox, 7, codename) for _try in range(3)] == ["known", "known", "not looked at"]
    before = log(inbox.host.drop).read_bytes()
    assert on(inbox, 7, codename) == "not looked at"
    assert derivations.done == 2
    assert log(inbox.host.drop).read_bytes() == before


def test_a_right_and_a_wrong_codename_cost_the_same_up_to_the_limit(inbox: Inbox, codename: str) -> None:
    """On a circuit as without one: one derivation each, and as many bytes written."""
    derivations = CountedDerivations(inbox.host.drop.pepper, 1, 20, 1)
    inbox.host = replace(inbox.host, derivations=derivations)

    def cost(typed: str) -> tuple[int, int]:
        done, size = derivations.done, log(inbox.host.drop).stat().st_size
        on(inbox, 7, typed)
        return derivations.done - done, log(inbox.host.drop).stat().st_size - size

    cost(codename)
    assert cost(codename) == cost(Codename.draw().reveal()) == cost(MISSPELT)
    assert cost(codename)[0] == 1
