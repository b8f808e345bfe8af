"""What a source is told when something found no room: plain sentences, judged from plain values."""

from collections.abc import Sequence

from serving.language import gettext as _
from source_interface.room import RoomLeft


def files_refused(names: str) -> str:
    """Return what to say of files that found no room while the form arrived."""
    return _("We have no room for these files at the moment, so we did not take them: {names}.").format(names=names)


def files_refused_text_not(names: str, *, one_way: bool) -> str:
    """Return what to say of them when the text can be sent at once."""
    return " ".join(
        [
            files_refused(names),
            _("You can send the rest now, without them."),
            files_later(one_way=one_way),
        ]
    )


def files_let_go(names: str, *, one_way: bool) -> str:
    """Return what to say of files that had arrived and had to make room for text."""
    return " ".join(
        [
            _("We are very short of room. To keep some for words we had to let these files go: {names}.").format(
                names=names
            ),
            _("You can send your words now."),
            files_later(one_way=one_way),
        ]
    )


def files_gone(room: RoomLeft) -> str:
    """Return what to say when files that had arrived are not here any more, nobody knows which."""
    if room.takes_files:
        return _("Some files that we had before are gone. Please add them once more.")
    return " ".join(
        [
            _("Some files that we had before are gone: we needed the room for words."),
            _("You can send the rest now, without them."),
            files_later(one_way=False),
        ]
    )


def files_later(*, one_way: bool) -> str:
    """Return what to do with files that cannot be taken now."""
    if one_way:
        return _("Keep the files. To send them another day you need a codename: untick “I do not want to come back”.")
    return _("Keep the files. Come back in a few days with your codename and add them from “My report”.")


def text_refused() -> str:
    """Return what to say when not even text finds room."""
    return _(
        "We have no room at all at the moment, so your words are not with us yet. If it is safe, leave this page open "
        "and try again in a few hours. Or come back tomorrow and write it again."
    )


def not_stored() -> str:
    """Return what to say when the reason is not room."""
    return _("We could not store this just now. Please try again in a few minutes.")


def name_some(names: Sequence[str]) -> str:
    """Return the first five names, and how many more there are."""
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else _("{names} and {more} more").format(names=shown, more=len(names) - 5)
