"""The end of a sitting, alike on both hosts: the first backup, the servers, what the check leaves, the list."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import click

from ceremony.asking import ask_word, say, written_down
from ceremony.checklist import FILE, checklist
from ceremony.errors import CeremonyRefused
from ceremony.plugged_in import is_rehearsal
from ceremony.words import LATER, STARTED
from serving.language import gettext as _
from serving.language import ngettext
from store.findings import Told
from store.folder import write_private_file


def keep_signer(path: Path, label: str, groups: str) -> None:
    """Have the groups written down by which this host's backups are known. Raises CeremonyRefused."""
    say(_("The first backup is written and read back: {path}.").format(path=path))
    written_down(
        label,
        groups,
        _(
            "After a disaster these groups tell your own backup from one that somebody made up. They belong to the "
            "custodians' cards, on paper, one line for each host. Without them nobody can tell later."
        ),
    )


def start_servers(lines: Sequence[str], data: Path) -> None:
    """Say what root types to start the programs of the host whose data folder this is, and wait for it.

    In a rehearsal no line is shown that would reach a real host.
    """
    if is_rehearsal(data):
        # Whatever stands on the screen is typed by somebody, and this machine may be a real host.
        say(
            _(
                "This is a rehearsal, and nothing is started: type “later”. On the day one line for root stands here, "
                "which starts the real host's programs. It is left out today, for this machine may be one."
            )
        )
    else:
        say(_("Open a second terminal as root on this machine, and type:"))
        for line in lines:
            click.echo(f"    {line}")
        say(
            _(
                "Programs that were not installed with deploy/install are started as docs/guide-onion.md says, steps 4 "
                "to 7."
            )
        )
    ask_word(_("Type “started”, or “later” if the machine has no network here: the check will say so."), STARTED, LATER)


def check_at_the_end(
    folder: Path,
    told: Iterable[Told],
    title: str,
    done: Sequence[str],
    facts: Mapping[str, str],
    by_hand: Sequence[str],
) -> None:
    """Check the host, write the list for signing, and tell what is left. Raises CeremonyRefused if anything is."""
    wrong = []
    for each in told:
        if each.wrong:
            wrong.append(each.finding.sentence)
            click.echo(each.line)
    write_private_file(folder / FILE, checklist(title, done, facts, by_hand, wrong).encode())
    say(_("The list for signing is in {path}. Print it, read it aloud, and sign it.").format(path=folder / FILE))
    if wrong:
        raise CeremonyRefused(
            ngettext(
                "Nothing of the sitting is lost, but {n} thing is left, named above and on the list. Mend it, then run "
                "the same line again: only the check is repeated.",
                "Nothing of the sitting is lost, but {n} things are left, named above and on the list. Mend them, then "
                "run the same line again: only the check is repeated.",
                len(wrong),
            ).format(n=len(wrong))
        )
    say(_("The check found nothing wrong. This host is ready."))
