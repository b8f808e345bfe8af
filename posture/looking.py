"""All that is looked at on a host, in one order, and each look for itself: none can end the round.

Rules:
- A host that deploy/install did not make has no faults of posture, only warnings: nobody promised its walls.
- Nor is any program started on such a host unasked: what one may say of somebody's own machine is nobody's business.
- What cannot be seen is said to be unseen; it is never right.
"""

from collections.abc import Iterator
from dataclasses import replace

from posture.debian import debian_looks
from posture.disks import disk_looks
from posture.firewall import firewall_looks
from posture.folders import PROGRAM, folder_looks
from posture.installed import installed_looks
from posture.keeping import keeping_looks
from posture.kernel import kernel_looks
from posture.line import Grade, Line, Look, Verdict
from posture.listening import listening_looks
from posture.machine import Machine, Unseen
from posture.mended import mended_looks
from posture.people import people_looks
from posture.services import SERVICES, service_looks
from posture.starters import starter_looks
from posture.written import written_looks
from serving.language import gettext as _


def looks(plan: str, data: str) -> list[Look]:
    """Return all that is looked at. `plan`: "drop" or "desk"; `data`: the data folder, an absolute path."""
    return [
        *folder_looks(plan, data),
        *installed_looks(),
        *written_looks(),
        *people_looks(),
        *service_looks(plan),
        *starter_looks(plan),
        *firewall_looks(),
        *listening_looks(plan),
        *kernel_looks(),
        *keeping_looks(),
        *disk_looks(data),
        *debian_looks(),
        *mended_looks(plan),
    ]


def look_at(machine: Machine, plan: str, data: str, *, ask_anyway: bool = False) -> Iterator[Line]:
    """Yield a line for each look, and before them one for whether deploy/install made this host.

    `ask_anyway`: programs of Debian's are asked on a host that it did not make, too.
    """
    installed = is_installed(machine, plan)
    yield _installed(installed=installed)
    if not installed and not ask_anyway:
        machine.ask_nobody(_("No program is asked on a host that deploy/install did not make; --machine asks."))
    for look in looks(plan, data):
        line = one_line(machine, look)
        yield line if installed or line.grade is not Grade.FAULT else replace(line, grade=Grade.WARNING)


def is_installed(machine: Machine, plan: str) -> bool:
    """Tell whether something of the installer's is there: its program, or one of its services."""
    paths = [PROGRAM, *(f"/etc/systemd/system/{unit}.service" for unit in SERVICES[plan])]
    try:
        return any(machine.exists(path) for path in paths)
    except Unseen:
        return False


def one_line(machine: Machine, look: Look) -> Line:
    """Return what a look gives, whatever goes wrong in it."""
    try:
        verdict = look.see(machine)
    except Unseen as reason:
        verdict = Verdict(Grade.UNSEEN, _("Cannot be seen: {why}").format(why=reason))
    except Exception as reason:
        # What a machine can hold knows no bounds. Not the error's text: nobody knows what it would quote.
        verdict = Verdict(Grade.UNSEEN, _("Cannot be seen: {why}").format(why=type(reason).__name__))
    return Line(look.name, look.group, verdict.grade, verdict.sentence, look.why, look.how)


def _installed(*, installed: bool) -> Line:
    why = _("Only the installer's walls are known well enough to call it a fault when one is missing.")
    how = _("Run deploy/install on a fresh Debian, and bring the data there from a backup.")
    if installed:
        return Line("host.installed", _("Host"), Grade.RIGHT, _("deploy/install made this host."), why, how)
    said = _("This host was not installed by deploy/install: what is missing below is a warning.")
    return Line("host.installed", _("Host"), Grade.WARNING, said, why, how)
