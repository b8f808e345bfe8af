"""What an administrator does after the source host was restored: a short list, of commands that there are.

A backup is as old as it is. What was taken from somebody since, or replaced because somebody had it, is in force again
in what comes out of it; the host cannot know, and the people do.
"""

from collections.abc import Iterator
from pathlib import Path

from serving.language import gettext as _
from serving.numbered_steps import numbered_steps


def what_to_do_restored(data: Path) -> Iterator[str]:
    """Return the list, a line each, for the restored host in `data`."""
    return numbered_steps(_("What to do next, before you start anything:"), _steps(), data)


def _steps() -> Iterator[str]:
    yield _(
        "Was a reviewer host ever lost, stolen or taken, since that day or before? Then shut it out again: "
        "candour-drop revoke-desk --data {data} --since DAY; with --close if the intake key may have been lost with "
        "it. What was done about it since that day is not in this backup."
    )
    yield _(
        "Was the pepper changed since that day, because somebody may know it? That one is in force again: "
        "candour-drop pepper rotate --data {data}"
    )
    yield _(
        "Compare the intake key with the desk's, by ear: candour-drop intake-key show --data {data}, and there "
        "candour-desk intake-key show. If it was changed since that day this host seals to the old one: on the desk "
        "candour-desk intake-key statement, here candour-drop intake-key replace --data {data} STATEMENT. If the old "
        "one is in somebody's hands, keep the site closed until then."
    )
    yield _(
        "Pair the desk anew: candour-drop pairing --data {data} --pairing FILE, and there candour-desk pair. No token "
        "of before opens this door: somebody may have it. Letters wait here until then; nothing is lost."
    )
    yield _(
        "Start door and onion run. Was an inbox shut since that day, because its codename is in somebody else's hands? "
        "It is open again. At the desk candour-desk audit show --act inbox-shut names the cases: candour-desk "
        "shut-inbox once more for each, then candour-desk collect. Only then start serve."
    )
    yield _(
        "Tell those who work at the desk: answers that were brought here since that day are not here, though the desk "
        "says that they arrived, and they must be written again. An answer that was taken back since then shows again. "
        "So do reports that sources took back since, as if they had not; nobody can tell which: ask each source before "
        "you act."
    )
    yield _("Never let two hosts run with the same keys.")
