"""Where a report stands, in the words its source reads: what was done, what comes next, and when to look again.

Pure. Each says what a frightened person asks: must I do anything? how long will it take? Times are rough: what stands
here must still be true weeks later, and the desk's deadlines are aims, not promises.
"""

from dataclasses import dataclass, replace

from keys.statuses import Status
from serving.language import gettext as _

WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class ShownStatus:
    """A status as the inbox shows it. `todo` says what its source must do, `again` when to look again."""

    value: str
    title: str
    explanation: str
    following: str
    todo: str
    again: str


def show_status(
    status: Status, *, asks: bool = False, has_replies: bool = False, has_written: bool = False
) -> ShownStatus:
    """Return a status in plain words. `asks`: a question waits for an answer; `has_replies`: some stand below;
    `has_written`: something of the source waits here to be collected.
    """
    match status:
        case Status.SENT:
            return _sent()
        case Status.COLLECTED:
            return _collected()
        case Status.BEING_READ:
            return _being_read()
        case Status.QUESTION:
            return _question() if asks else _question_answered()
        case Status.PASSED_ON:
            return _passed_on()
        case Status.CLOSED:
            return _written_again(_closed(has_replies=has_replies)) if has_written else _closed(has_replies=has_replies)
        # Of a shut one nobody reads: to the site it is not there (store.drop.shut).
        case Status.DESTROYED | Status.SHUT:
            return _written_again(_destroyed()) if has_written else _destroyed()


def show_withdrawn() -> ShownStatus:
    """Return the words for a report that its source has withdrawn."""
    return ShownStatus(
        value=WITHDRAWN,
        title=_("Withdrawn"),
        explanation=_("You took this report back. What was still here was deleted. A locked note tells the charity."),
        following=_(
            "A person reads that you withdrew. They stop the work where they can. Then they write here what they "
            "kept, and why. They try to do so within 3 working days."
        ),
        todo=_("Nothing. If you change your mind, write to us below. Then your report is open again."),
        again=_("In a week, if that is safe for you."),
    )


def _sent() -> ShownStatus:
    return ShownStatus(
        value=Status.SENT.value,
        title=_("Sent"),
        explanation=_("Your report is here, locked. The charity has not collected it yet."),
        following=_("The charity collects it. Then a person reads it. We try to answer within 3 working days of that."),
        todo=_("Nothing. You do not need to find out more."),
        again=_in_a_week(),
    )


def _collected() -> ShownStatus:
    return ShownStatus(
        value=Status.COLLECTED.value,
        title=_("Collected"),
        explanation=_("The charity has taken in your report. Nobody has opened it yet."),
        following=_("A person reads it. We try to answer here within 3 working days."),
        todo=_("Nothing. You do not need to find out more."),
        again=_in_a_week(),
    )


def _being_read() -> ShownStatus:
    return ShownStatus(
        value=Status.BEING_READ.value,
        title=_("Being read"),
        explanation=_("A person at the charity has opened your report."),
        following=_(
            "We think about what can be done. We may ask you something here. We try to tell you within 3 months what "
            "came of it."
        ),
        todo=_("Nothing. If we ask you something, you find it below."),
        again=_in_a_week(),
    )


def _question() -> ShownStatus:
    return ShownStatus(
        value=Status.QUESTION.value,
        title=_("A question for you"),
        explanation=_("The charity has asked you something. You find it below."),
        following=_("We read your answer when we have collected it. We try to write to you within 3 working days."),
        todo=_("Answer if it is safe for you. You may answer one question and leave out others, or all of them."),
        again=_("A week after you have answered."),
    )


def _question_answered() -> ShownStatus:
    return ShownStatus(
        value=Status.QUESTION.value,
        title=_("We asked you something"),
        explanation=_("You have answered, or deleted the question. We read what you wrote when we collect it."),
        following=_("A person reads it. We try to write to you within 3 working days."),
        todo=_("Nothing more."),
        again=_in_a_week(),
    )


def _passed_on() -> ShownStatus:
    return ShownStatus(
        value=Status.PASSED_ON.value,
        title=_("Passed on"),
        explanation=_("We have told those who can act on it. We tried to take out what could show who you are."),
        following=_(
            "They decide what they do. That can take many months. When we hear what came of it, we tell you here as "
            "much as we may."
        ),
        todo=_("Nothing. If someone has guessed that it was you, tell us below."),
        again=_("Once a month, if that is safe for you."),
    )


def _closed(*, has_replies: bool) -> ShownStatus:
    why = (
        _("We have finished our work on it. Our answer below says why.")
        if has_replies
        else _("We have finished our work on it. Our answers are not here any more.")
    )
    return ShownStatus(
        value=Status.CLOSED.value,
        title=_("Closed. Thank you for telling us."),
        explanation=" ".join([why, _("This does not mean that you were wrong to tell us, or that it did not matter.")]),
        following=_("Nothing more, unless you write. You can still write to us below. Then your report is open again."),
        todo=_(
            "Nothing. If you do not want to come back, delete our answers and tear up the paper with your codename."
        ),
        again=_(
            "You need not. Your codename still opens this page. Some time after we close a report we delete it for "
            "good, and then it does not."
        ),
    )


def _written_again(shown: ShownStatus) -> ShownStatus:
    """Return the words for a report that was over, and whose source wrote since: the codename is needed again."""
    return replace(
        shown,
        following=_("You have written again. We read it when we have collected it. Then your report is open again."),
        todo=_("Keep your codename."),
        again=_in_a_week(),
    )


def _destroyed() -> ShownStatus:
    return ShownStatus(
        value=Status.DESTROYED.value,
        title=_("Destroyed"),
        explanation=_(
            "What you sent us is destroyed: your words, your files, and our answers. We cannot get them back."
        ),
        following=_("Nothing more, unless you write. Then we start anew, so please tell us everything again."),
        todo=_("Nothing. If you do not want to come back, tear up the paper with your codename."),
        again=_("You need not. Some time from now your codename does not open this page any more."),
    )


def _in_a_week() -> str:
    return _("In a week, if that is safe for you.")
