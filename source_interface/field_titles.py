"""The short name of each field of a form, for the link that leads to it from a list of what is wrong."""

from serving.language import gettext as _
from source_interface.questions import questions


def field_title(name: str) -> str:
    """Return what a field is called, or "" for what is no field that anybody sees; each page names its own message."""
    if name.startswith("answer-"):
        return _("Your answer")
    titles = {
        "codename_check": _("Your codename"),
        "attachments": _("Your files"),
        "must_not_reach": _("Who must not see this?"),
        **{question.id: question.label for question in questions()},
    }
    return titles.get(name, "")
