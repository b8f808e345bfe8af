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


def files_gone(room: RoomLeft, *, one_way: bool, some_left: bool) -> str:
    """Return what to say when files that had arrived were erased. `some_left`: others of theirs are here, listed."""
    # Nobody who is afraid should wonder where they went: they were sealed, and are nowhere.
    said = [_("Some of your files had to make room.") if some_left else _("Your files had to make room.")]
    said.append(_("They were erased; nobody could read them."))
    if some_left:
        said.append(_("Those listed below are still here."))
    if not room.takes_files:
        said += [_("You can send the rest now, without what is gone."), files_later(one_way=one_way)]
    elif some_left:
        said.append(_("Please add the others again."))
    else:
        said.append(_("Please add them again."))
    return " ".join(said)


def files_later(*, one_way: bool) -> str:
    """Return what to do with files that cannot be taken now."""
    if one_way:
        return _("Keep the files. To send them another day you need a codename: untick “I do not want to come back”.")
    return _("Keep the files. Come back in a few days with your codename and add them from “My report”.")


def text_refused(*, closed: bool = False) -> str:
    """Return what to say when not even text is taken: for want of room, or because the site is `closed`."""
    if closed:
        return _(
            "We take no messages at the moment, so your words are not with us. Nothing is wrong with what you wrote. "
            "Press “Leave”, and look here again in a few days. Do not leave this page open where anybody may come."
        )
    return _(
        "We have no room now, so your words are not with us. Press “Leave”, and write it again tomorrow. Do not leave "
        "this page open where anybody may come."
    )


def not_stored() -> str:
    """Return what to say when the reason is not room."""
    return _("We could not store this just now. Please try again in a few minutes.")


def name_some(names: Sequence[str]) -> str:
    """Return the first five names, and how many more there are."""
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else _("{names} and {more} more").format(names=shown, more=len(names) - 5)
