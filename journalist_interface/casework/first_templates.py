"""Templates to begin with, for a team that has none yet: kept only if somebody asks for them, then theirs to change.

The numbers and addresses are those of the bodies themselves; look at them again before an evening of sending.
"""

from serving.language import gettext as _
from store.desk.templates import Template, Writing


def first_templates() -> list[Template]:
    """Return them, in words that a child of nine can read."""
    return [*_replies(), *_others()]


def _replies() -> list[Template]:
    return [
        _made(
            _("We have read it"),
            Writing.REPLY,
            _(
                "Thank you for telling us. A person has read every word.\n\n"
                "We are thinking about what we can do. We will write here again. You do not need to do anything now. "
                "Please do not look for more, and do not tell anyone at work that you wrote to us.\n\n"
                "If anyone is in danger, call 999."
            ),
        ),
        _made(
            _("When is it safe for you?"),
            Writing.REPLY,
            _("Before we ask you more, we want to be sure that it is safe for you to come back here."),
            _("Is there a day and a time when nobody can see your screen?"),
            _("Does anyone else use or look at the phone or computer you write from?"),
        ),
        _made(
            _("We cannot take this, but others can"),
            Writing.REPLY,
            _(
                "Thank you for writing to us. We are sorry: we cannot take this, because we only look into wrong "
                "things done by people who work for the police.\n\n"
                "These people may be able to help. To tell of a crime without giving your name: Crimestoppers, "
                "0800 555 111. To tell the police of something that is not urgent: 101. To complain about how the "
                "police treated you: the force itself, or the Independent Office for Police Conduct, 0300 020 0096.\n\n"
                "If you are worried about what happens at your work, the charity Protect gives free advice: "
                "020 3117 2520."
            ),
        ),
    ]


def _others() -> list[Template]:
    return [
        _made(
            _("We have finished"),
            Writing.STATUS,
            _(
                "We have finished with your report. We did what we could with what you told us. We cannot tell you "
                "here what others will do now.\n\n"
                "Thank you for telling us. You can still write to us here. If something changes, or you are worried, "
                "please do."
            ),
        ),
        _made(
            _("Before you hand this over"),
            Writing.NOTE,
            _("What the source wants:\nWhen it is safe to write:\nWhat was promised:\nWhat to do next, and by when:"),
        ),
    ]


def _made(title: str, used_for: Writing, words: str, *questions: str) -> Template:
    return Template("", title, used_for, words, questions, 0, "", 0)
