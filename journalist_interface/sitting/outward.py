"""What the desk writes onto the stick for the source host: three public files, as often as it is asked to.

A stick is lost, breaks, or is exchanged on its way; then the source host says that the desk is to write it again.
"""

from collections.abc import Mapping
from contextlib import suppress

from ceremony.asking import ask_word, say
from ceremony.errors import CeremonyRefused
from ceremony.stick import COURIER_KEY, INTAKE_KEY, RECOVERY_KEY, Way, read_parcel, write_parcel
from ceremony.words import KEEP, WRITE
from journalist_interface.backup import recovery_public
from journalist_interface.sitting.host import DeskHost
from serving.language import gettext as _
from store.backup.own_keys import spell_recovery_key

STEP = "stick"


def write_stick(host: DeskHost) -> None:
    """Write what the source host needs. Raises CeremonyRefused."""
    files = _files(host)
    _go_on_with(host, files)
    host.sitting.begin()
    write_parcel(host.stick, Way.OUTWARD, host.sitting.number, files)
    say(
        _(
            "The stick holds the folder “candour-ceremony” with {n} files. None is a secret: nobody who finds it can "
            "read a letter. But who changes one could have letters sealed to himself, so they are compared aloud."
        ).format(n=len(files))
    )


def write_anew_if_asked(host: DeskHost) -> None:
    """If the stick is not as this desk wrote it, ask whether it is to be. Raises EOFError, CeremonyRefused."""
    if STEP not in host.sitting.done or _is_as_written(host):
        return
    question = _(
        "This stick does not hold what this desk wrote for the source host. If it is the wrong one, or has no need of "
        "that, type “keep”: nothing is changed. If it is a new one, or the source host said that the stick must be "
        "written again, type “write”."
    )
    if ask_word(question, KEEP, WRITE) == WRITE:
        write_stick(host)


def is_own(host: DeskHost) -> bool:
    """Tell whether the stick is of this desk's sitting: another, or an empty folder, holds nothing to erase."""
    try:
        read_parcel(host.stick, Way.OUTWARD, host.sitting.number)
    except CeremonyRefused:
        return False
    return True


def _files(host: DeskHost) -> dict[str, bytes]:
    return {
        INTAKE_KEY: (host.folder / INTAKE_KEY).read_bytes(),
        RECOVERY_KEY: spell_recovery_key(recovery_public(host.folder)).encode("ascii"),
        COURIER_KEY: (host.folder / COURIER_KEY).read_bytes(),
    }


def _is_as_written(host: DeskHost) -> bool:
    # A file of this desk's that is missing is no reason to stop here: the step that needs it says so.
    with suppress(CeremonyRefused, OSError):
        return dict(read_parcel(host.stick, Way.OUTWARD, host.sitting.number).untrusted_files) == _files(host)
    return False


def _go_on_with(host: DeskHost, files: Mapping[str, bytes]) -> None:
    """Take the number of this desk's own stick, if where the sitting stood was lost: the source host may know it."""
    with suppress(CeremonyRefused):
        parcel = read_parcel(host.stick, Way.OUTWARD, host.sitting.number)
        if not host.sitting.number and dict(parcel.untrusted_files) == dict(files):
            host.sitting.join(parcel.sitting)
