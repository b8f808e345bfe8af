"""The topics and the guided questions of the report form, in the words a source reads.

Rules this file keeps:
- every question may be left empty; only the message is needed, and that is not here;
- no question asks anyone to gather more evidence (ISO 37002);
- labels are translated when the function is called, never at import, so that one process can speak several languages;
- the ids are for ever: they stand in letters that are read years later, and the desk has its own labels for them.
"""

from dataclasses import dataclass
from enum import StrEnum

from keys.letter import LONGEST_ANSWER
from serving.language import gettext as _

TOPICS = ("money", "advantage", "sexual", "partner", "hate", "other")


class Kind(StrEnum):
    """How a question is answered."""

    TEXT = "text"
    CHOICE = "choice"


@dataclass(frozen=True)
class Topic:
    """What a report can be about. `value` is one of TOPICS and goes into the letter; the rest is for the reader."""

    value: str
    label: str
    hint: str


@dataclass(frozen=True)
class Choice:
    """One answer to a choice question. `value` goes into the letter."""

    value: str
    label: str


@dataclass(frozen=True)
class Group:
    """Questions that stand together. A folded group starts closed, so that the form does not look long."""

    id: str
    title: str
    folded: bool = True


@dataclass(frozen=True)
class Question:
    """A guided question. `id` is also the name of its form field: `q-`, then letters and hyphens, 30 at most.

    A TEXT answer has at most `longest` characters. A CHOICE answer is empty or the value of one of `choices`.
    """

    id: str
    group: Group
    label: str
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    longest: int = LONGEST_ANSWER

    @property
    def kind(self) -> Kind:
        """A question with choices is answered by choosing one; any other by writing."""
        return Kind.CHOICE if self.choices else Kind.TEXT


def topics() -> tuple[Topic, ...]:
    """Return the topics in the order of TOPICS, in the language of the moment."""
    return (
        Topic(
            "money",
            _("Taking money or favours"),
            _("For example: selling facts about people, or warning criminals."),
        ),
        Topic(
            "advantage",
            _("Using the job to help themselves"),
            _("For example: looking people up on police computers, or getting a friend out of trouble."),
        ),
        Topic(
            "sexual",
            _("Using the job for sex"),
            _("For example: getting close to a victim, a witness, or someone who came for help."),
        ),
        Topic(
            "partner",
            _("Hurting or controlling a partner or family"),
            _("Hitting, threats, following someone or looking them up, or deciding what they may do or spend."),
        ),
        Topic(
            "hate",
            _("Racism, or hate against women, gay people or disabled people"),
            _("What they say or do, face to face, online or in a group chat."),
        ),
        Topic(
            "other",
            _("Something else"),
            _("Choose this too if you are not sure."),
        ),
    )


def questions() -> tuple[Question, ...]:
    """Return the guided questions in the order of the form, groups together, in the language of the moment."""
    return (*_about_danger(), *_about_what_happened(), *_about_knowing(), *_about_safety(), *_about_what_next())


def _yes_no() -> tuple[Choice, ...]:
    return Choice("yes", _("Yes")), Choice("no", _("No")), Choice("not-sure", _("I am not sure"))


def _about_danger() -> tuple[Question, ...]:
    group = Group("danger", _("Is anyone in danger?"), folded=False)
    return (
        Question(
            "q-danger",
            group,
            _("Is anyone in danger now?"),
            _("If yes, call 999 if you can. We may not read this for some days, and we cannot send help."),
            _yes_no(),
        ),
    )


def _about_what_happened() -> tuple[Question, ...]:
    group = Group("what", _("When, where and who"))
    return (
        Question("q-when", group, _("When did it happen?"), _("A day, a month or “last winter” is fine.")),
        Question("q-where", group, _("Where did it happen?"), _("A place, a police station, a website or a chat.")),
        Question("q-who", group, _("Who did it?"), _("A name, a job, a number on a uniform, or what they look like.")),
        Question("q-ongoing", group, _("Is it still going on?"), choices=_yes_no()),
    )


def _about_knowing() -> tuple[Question, ...]:
    group = Group("know", _("How you know"))
    return (
        Question(
            "q-how-know",
            group,
            _("How do you know about it?"),
            choices=(
                Choice("happened-to-me", _("It happened to me")),
                Choice("saw-it", _("I saw it")),
                Choice("told-by-witness", _("Someone who saw it told me")),
                Choice("was-told", _("I heard about it")),
            ),
        ),
        Question(
            "q-access",
            group,
            _("Can this person look things up on police computers?"),
            _("It helps us take care with what we write down, and where."),
            _yes_no(),
        ),
    )


def _about_safety() -> tuple[Question, ...]:
    group = Group("safe", _("Keeping you safe"))
    return (
        Question(
            "q-guess",
            group,
            _("Could anyone guess that it was you who told us?"),
            _("If so, who, and why? It helps us leave out what would point to you."),
        ),
        Question(
            "q-only-one",
            group,
            _("Are you the only one who could know this?"),
            choices=_yes_no(),
        ),
        Question(
            "q-safe-time",
            group,
            _("When is it safe for you to come back here?"),
            _("For example: weekday mornings. We have no other way to write to you."),
        ),
    )


def _about_what_next() -> tuple[Question, ...]:
    group = Group("next", _("What should happen"))
    return (
        Question(
            "q-told",
            group,
            _("Have you told anyone else? What happened then?"),
            _("You need not tell anyone else."),
        ),
        Question("q-wish", group, _("What would you like to happen?"), _("We cannot promise it, but we will read it.")),
    )
