"""What an administrator does after a reviewer host was shut out: a short list, of commands that there are."""

from collections.abc import Iterator
from pathlib import Path

from serving.language import gettext as _


def what_to_do_next(data: Path, *, closed: bool) -> Iterator[str]:
    """Yield the list, a line each. `closed`: the site is closed."""
    yield _("What to do next:")
    for number, line in enumerate(_lines(closed=closed), 1):
        yield f"{number}. {line.format(data=data)}"


def _lines(*, closed: bool) -> Iterator[str]:
    yield _(
        "Back this host up anew: candour-drop backup --data {data} --out FOLDER. In a backup of before the "
        "stolen keys are good and the site is open: after restoring one, type revoke-desk again before you start Tor."
    )
    yield _("Give the door another address: candour-drop onion new-address --data {data} door")
    yield _(
        "Make a new desk on a clean machine, from the backup of the old one: candour-desk restore. Have everybody "
        "there change password and second factor: the thief has the old disk."
    )
    if closed:
        yield _(
            "Give this host a new intake key, made now: on the new desk candour-desk intake-key renew, here "
            "candour-drop intake-key replace --data {data} STATEMENT --old-key-is-gone FINGERPRINT, read to you from "
            "there. No statement of before the theft: the thief may have that key too. Then the site opens by itself. "
            "If you find that the old one is safe: candour-drop after-revoking reopen --data {data}"
        )
    else:
        yield _(
            "Change the intake key (on the new desk candour-desk intake-key renew, here candour-drop intake-key "
            "replace --data {data} STATEMENT), with a statement made after the theft: the thief may have a key that "
            "was made before it. If the desk was running or unlocked when it was taken, the old one is lost: close the "
            "site until then, with the same line and --close."
        )
    yield _(
        "On the new desk, before anything is collected: candour-desk onion new-key --data DIR --courier-key "
        "NEWNAME.auth, and candour-desk audit new-key --data DIR: the thief has the keys that are in its backup, also "
        "that for signing backups: candour-desk backup --data DIR --out FOLDER --new-signing-key. Carry NEWNAME.auth "
        "here."
    )
    yield _(
        "Pair anew: candour-drop pairing --data {data} --pairing FILE --courier-key NEWNAME.auth, and on the new desk "
        "candour-desk pair --data DIR --pairing FILE. Only then start it, and collect."
    )
    yield _(
        "Answers that the charity did write are shown again with: candour-drop after-revoking answers --data {data} "
        "--release. Those it did not: the same with --remove."
    )
