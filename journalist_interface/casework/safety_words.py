"""The checklist in words: each point, and those who may be told. What it is based on stands in docs/adr/0044."""

from collections.abc import Callable

from journalist_interface.casework.safety_note import Point, SafetyNote, Said, Step, Whom
from journalist_interface.trail_file import iso_time
from serving.language import gettext as _


def point_label(point: str) -> str:
    """Return what is to be done at a point."""
    return {
        Point.REACH: _("Read whom it must not reach, and when and how the source can safely be reached"),
        Point.WHO: _("Find out who is in danger and where: children, and others in the home, too"),
        Point.SIGNS: _("Look for signs that it may get worse soon"),
        Point.HELP: _("Tell somebody who can help"),
        Point.SOURCE: _("Tell the source what to do if they are in danger themselves"),
        Point.COLLEAGUE: _("Tell a colleague, so that you do not carry it alone"),
        Point.SUPERVISOR: _("Tell a supervisor"),
        Point.AGAIN: _("Set the day on which to look again"),
    }[Point(point)]


def point_hint(point: str) -> str:
    """Return how a point is done, in a sentence or two."""
    return {
        Point.REACH: _("Before anybody is rung. A message or a call at the wrong time can itself bring harm."),
        Point.WHO: _("What is not clear can be asked of the source, if that is safe. Nobody is sent to find out more."),
        Point.SIGNS: _(
            "Threats to kill, strangling, weapons, stalking, harm that grows, a separation just now, a pregnancy, "
            "somebody who is very afraid; whether the person can look them up on police systems. One is enough to act."
        ),
        Point.HELP: _(
            "999 if it is now; if not, a domestic abuse service, the safeguarding lead of the place where they live, "
            "another force or the IOPC. By a way that does not pass the person complained of, their friends or station."
        ),
        Point.SOURCE: _(
            "999, and 55 on a silent call; where to find a domestic abuse service; what not to leave on the telephone. "
            "In a reply, if they come back."
        ),
        Point.COLLEAGUE: _("One who can read the case. To any other: that you need them, and nothing of what it is."),
        Point.SUPERVISOR: _("Likewise: one who is kept out of the case must not hear of it."),
        Point.AGAIN: _("Danger changes from day to day. The day is due for everybody who reads the case."),
    }[Point(point)]


def whom_label(whom: str) -> str:
    """Return who was told."""
    return {
        Whom.EMERGENCY: _("999"),
        Whom.ABUSE_SERVICE: _("a domestic abuse service"),
        Whom.OTHER_FORCE: _("another force"),
        Whom.IOPC: _("the IOPC"),
        Whom.SAFEGUARDING: _("a safeguarding lead"),
        Whom.OTHER: _("somebody else who can help"),
        Whom.COLLEAGUE: _("a colleague"),
        Whom.SUPERVISOR: _("a supervisor"),
    }[Whom(whom)]


def safety_sentences(step: SafetyNote | None, people: Callable[[str], str]) -> list[str]:
    """Return a step of looking after somebody in words, for a page outside the desk; `people` says a colleague's name.

    Nothing for a note that is no such step.
    """
    if step is None:
        return []
    found = {
        Step.RAISE: [_("Danger was raised.")],
        Step.STAND_DOWN: [_("Danger was stood down.")],
        Step.LOOK_AGAIN: [_("To be looked at again on {day}.").format(day=step.day or "-")],
    }.get(step.step, [])
    if step.telling is not None:
        told, by = whom_label(step.telling.whom), people(step.telling.by)
        found = [_("Told: {whom}, by {by}, {when} UTC.").format(whom=told, by=by, when=iso_time(step.telling.at))]
    for answer in step.answers:
        said = _("done") if answer.said is Said.DONE else _("does not apply")
        found.append(f"{point_label(answer.point)}: {said}. {answer.words}".rstrip())
    return found
