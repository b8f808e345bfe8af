"""What the operating system refused a command, as a sentence: no room, no such file, no right to it."""

import errno

import click

from serving.language import gettext as _

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def no_room() -> click.ClickException:
    """Return what is to be raised where a full disk ended a command."""
    return click.ClickException(
        _(
            "There is no room left on the disk, and what was wanted did not come to its end. Make room, in the order "
            "of docs/guide-disaster.md, “The disk is full”; then type the same line again."
        )
    )


def refused_by_system(reason: OSError) -> click.ClickException:
    """Return what is to be raised in its place. A reader who has gone away is click's to end: that is raised again."""
    if reason.errno == errno.EPIPE:
        raise reason
    if reason.errno in _NO_ROOM:
        return no_room()
    said = reason.strerror or type(reason).__name__
    return click.ClickException(said if reason.filename is None else f"{said}: {reason.filename}")
