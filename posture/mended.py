"""Do the services run what Debian has mended, or still what they were started with?

A library that was replaced while a program runs stays in its memory: the kernel then calls its file "(deleted)" in
/proc/PID/maps (proc_pid_maps(5)). Debian asks for no restart of the machine for that.
"""

import re
from collections.abc import Iterator, Mapping

from posture.line import Look, Verdict, right, warning
from posture.machine import Machine, Unseen
from posture.services import SERVICES, main_process
from serving.language import gettext as _

# Of Debian's and of Candour's own; what a program made and erased itself is none of an update's.
_REPLACED = re.compile(r" (/(?:usr|lib|lib64|opt)/[^\n]*) \(deleted\)$", re.MULTILINE)


def mended_looks(plan: str) -> Iterator[Look]:
    """Yield what is looked at. `plan`: "drop" or "desk"."""
    yield Look(
        "updates.running", _("Updates"), _("A hole that was mended on the disk is open in what runs since before."),
        _("systemctl restart 'candour-*', when nobody is at work."), lambda machine: judge_mended(_maps(machine, plan)),
    )  # fmt: skip


def judge_mended(maps: Mapping[str, str]) -> Verdict:
    """Judge the memory of services: the text of /proc/PID/maps by unit."""
    old = {unit: found[1] for unit, text in maps.items() if (found := _REPLACED.search(text))}
    if not old:
        return right(_("The services run what is installed."))
    names = ", ".join(f"{unit} ({path.rsplit('/', 1)[-1]})" for unit, path in sorted(old.items()))
    return warning(_("Still run with what was replaced since: {names}.").format(names=names))


def _maps(machine: Machine, plan: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for unit in SERVICES[plan]:
        try:
            process = main_process(unit, machine)
        except Unseen:
            continue  # what does not run has a line of its own
        found[unit] = machine.read(f"/proc/{process}/maps")
    if not found:
        raise Unseen(_("None of the services runs."))
    return found
