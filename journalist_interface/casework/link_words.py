"""Links in words, for those who can read both ends."""

from journalist_interface.casework.board_case import BoardCase
from journalist_interface.casework.link_sheet import LinkEvent, What
from serving.language import gettext as _


def link_kind_label(kind: str) -> str:
    """Return why two cases belong together."""
    return {
        "same-source": _("Same source"),
        "same-person": _("Same person complained of"),
        "same-matter": _("Same matter"),
        "split": _("Split off"),
        "claimed": _("The source says so"),
        "other": _("Something else"),
    }.get(kind, kind)


def told(event: LinkEvent, other: BoardCase) -> str:
    """Return the line of the timeline for what was done with a link to the case `other`."""
    name = other.reference if other.card is None else f"{other.card.name} ({other.reference})"
    line = {
        What.LINKED: _("Linked with {case}: {kind}."),
        What.UNLINKED: _("The link with {case} was taken away."),
        What.MERGED: _("Made one case with {case}."),
        What.SEPARATED: _("Parted from {case} again."),
        What.CLAIMED: _("A letter says that its source wrote {case} too: they became one case when it was opened."),
        What.CONFIRMED: _("Confirmed: the source is that of {case}."),
        What.SPLIT: _("Letters of one of the two were copied into the other: {case}."),
    }[event.what].format(case=name, kind=link_kind_label(event.kind).lower())
    return f"{line} {event.why}" if event.why else line
