"""The list of what the installer wrote: each of root's files with its mode and SHA-256, for `check` to judge them by.

It is made of what is to be written, not of what is found: a file that somebody changed does not come into it by a
second run, but is put right by it. What is the administrator's to change (bridges, /etc/fstab) is not in it. Of the
program's own files there is one like it in its folder (deploy.hosts.program), which moves with it when versions change.
"""

from collections.abc import Iterable
from hashlib import sha256

from deploy.hosts.steps import Step, file_step

LIST = "/etc/candour/installed"
HEAD = "# Written by Candour's installer; it writes this file anew. Mode, SHA-256 and path of each file of root's.\n"


def line(mode: int, content: bytes, path: str) -> str:
    """Return the line of one file."""
    return f"{mode:04o} {sha256(content).hexdigest()} {path}\n"


def the_list(steps: Iterable[Step]) -> Step:
    """Return the step that writes the list of what these `steps` write."""
    lines = sorted(line(step.mode, step.text.encode(), step.path) for step in steps if step.path)
    return file_step(
        "The list of what was written",
        "What somebody changes afterwards, or a run that failed left undone, is named by check.",
        LIST,
        HEAD + "".join(lines),
    )
