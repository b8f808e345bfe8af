"""Answers that leave on the beat: judged with a clock that goes when it is told to."""

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.test import Client

from serving.slots import BLUR_SECONDS, Slots, wait_after

SLOT = 0.1


class Clock:
    """A clock that goes when it is told to, and a diary of what happened."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.diary: list[str] = []
        self.slept: list[float] = []

    def __call__(self) -> float:
        """The seconds now."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Note that somebody slept."""
        self.diary.append("slept")
        self.slept.append(seconds)


@pytest.mark.parametrize(
    ("elapsed", "wait"), [(0.0, 0.0), (0.001, 0.099), (0.099, 0.001), (0.1, 0.0), (0.13, 0.07), (1.999, 0.001)]
)
def test_an_answer_leaves_at_the_next_beat(elapsed: float, wait: float) -> None:
    """Whatever the work took, the whole is a number of slots."""
    assert wait_after(elapsed, SLOT) % SLOT == pytest.approx(wait, abs=1e-9)


def waiting(clock: Clock, seconds: float) -> Client:
    """A client of an application whose pages take so long to make."""
    app = Flask("waiting")

    def page() -> Iterator[str]:
        for piece in ("made", "sent"):
            clock.now += seconds / 2
            clock.diary.append("worked")
            yield piece

    app.add_url_rule("/slotted", "slotted", page, methods=["GET", "POST"])
    app.add_url_rule("/free", "free", page)
    return Client(Slots(app.wsgi_app, {("GET", "/slotted"): SLOT}, clock, clock.sleep))


@pytest.mark.parametrize("seconds", [0.0, 0.03, 0.09, 0.25])
def test_an_answer_is_whole_before_it_waits(seconds: float) -> None:
    """Nothing is left to be done after the wait, and the wait fills the slot; chance adds what blurs the waking."""
    clock = Clock()
    answer = waiting(clock, seconds).get("/slotted?page=1")
    assert answer.text == "madesent"
    assert clock.diary == ["worked", "worked", "slept"]
    beat = wait_after(seconds, SLOT)
    assert clock.slept[0] == pytest.approx(beat + BLUR_SECONDS / 2, abs=BLUR_SECONDS / 2 + 1e-9)


def test_the_blur_is_another_every_time() -> None:
    """What blurs the waking is chance."""
    clock = Clock()
    client = waiting(clock, 0.03)
    for _again in range(20):
        client.get("/slotted")
    assert len(set(clock.slept)) > 15


@pytest.mark.parametrize("asked", ["GET /free", "POST /slotted"])
def test_other_roads_do_not_wait(asked: str) -> None:
    """A slot is for one method of one path."""
    clock = Clock()
    method, path = asked.split()
    assert waiting(clock, 0.03).open(path, method=method).text == "madesent"
    assert clock.slept == []
