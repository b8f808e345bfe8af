"""What an administrator does after the desk was restored: a short list, of commands that there are.

A backup is as old as it is. Whoever was shut out since, at the desk itself or in a case, is let in again by what comes
out of it; the desk cannot know, and the people do.
"""

from collections.abc import Iterator
from pathlib import Path

from serving.language import gettext as _
from serving.numbered_steps import numbered_steps


def what_to_do_restored(data: Path) -> Iterator[str]:
    """Return the list, a line each, for the restored desk in `data`."""
    return numbered_steps(_("What to do next, before you start the desk:"), _steps(), data)


def _steps() -> Iterator[str]:
    yield _(
        "Compare the trail with a checkpoint kept elsewhere: candour-desk audit verify --data {data} --since FILE. "
        "That it ends sooner is right; that it differs is not."
    )
    yield _(
        "Destroy again what was destroyed since that day. This desk cannot know: lay destroyed-cases.txt of the old "
        "one, or the copy that is kept with the checkpoints, into {data}, as a file of the user whose that folder is. "
        "Then candour-desk check --data {data} names the cases, and candour-desk destroy-again --data {data} REFERENCE "
        "destroys them."
    )
    yield _(
        "Compare the intake key with the source host's, by ear: candour-desk intake-key show --data {data}, and there "
        "candour-drop intake-key show. Does it seal to a newer one, made since that day? That was on the old host "
        "alone, and nobody reads what is sealed to it now: have the source host take the key of this desk at once, "
        "candour-drop intake-key replace with {data}/intake-key.asc and --old-key-is-gone FINGERPRINT; or, if somebody "
        "may have that, one made now, candour-desk intake-key renew."
    )
    yield _(
        "May the old host be in somebody's hands? Then, on the source host, candour-drop revoke-desk says what is to "
        "be done there and here, in which order, before anything is collected."
    )
    yield _(
        "Else, if the pairing was changed since that day, pair anew: candour-drop pairing there, candour-desk pair "
        "--data {data} here."
    )
    yield _(
        "Then start the desk. Who was suspended since that day can sign in again, and who was kept out of a case since "
        "reads it again; passwords, authenticators and the keys to the desk are those of that day. Suspend them again "
        "at once, on the page People, and keep them out again."
    )
