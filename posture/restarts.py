"""How often systemd has started each of Candour's services again: for an administrator's metrics."""

from posture.looking import is_installed
from posture.machine import Machine, Unseen
from posture.services import SERVICES, read_state


def count_restarts(machine: Machine, plan: str) -> dict[str, int]:
    """Return the count of each service that can be asked about; none on a host that deploy/install did not make."""
    if not is_installed(machine, plan):
        return {}
    counts = {}
    for unit in SERVICES[plan]:
        try:
            said = read_state(machine.run("systemctl", "show", f"{unit}.service", "--property=NRestarts"))
        except Unseen:
            continue
        if said.get("NRestarts", "").isdigit():
            counts[unit] = int(said["NRestarts"])
    return counts
