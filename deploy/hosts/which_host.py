"""Which of the two hosts this machine is, and whether what was typed is for that one.

The two must not be one machine: whoever takes the source host would have the keys too. And one word wrong would take
the services of the other away, or erase what it keeps.

Rules:
- Data decide: a database is there once somebody set the host up. A command is only what was typed once, or mistyped.
- Whatever is refused names a line that is not: nobody is sent to and fro between two refusals.
- Taking the programs off while the data stay is for whoever wants out of a muddle, and so is bringing an upgrade that
  was cut short to its end.
"""

from deploy.hosts.host import Host, Refused
from deploy.hosts.steps import is_ours
from deploy.hosts.units import DATA
from deploy.hosts.upgrade_state import read_note

_OTHER = {"drop": "desk", "desk": "drop"}
_CALLED = {"drop": "the source host", "desk": "the reviewer host"}
_OF_THE_OTHER = (
    "This machine is {called} of Candour, and keeps its data; “{plan}” is for {wanted}. Nothing was changed. What you "
    "want here is the same line with “{other}”"
)
_OF_BOTH = (
    "This machine keeps the data of both hosts of Candour, and they must not be one machine: whoever takes it would "
    "have the letters and the keys. Nothing was changed. Back {called} up with “candour-{other} backup”, restore "
    "it on a machine of its own (docs/guide-backup.md), then take {data}/{other}.sqlite away from here and type this "
    "line again. “deploy/uninstall {plan} --keep-data” takes the programs off now, and leaves all data"
)
_A_SLIP = (
    "This machine was installed as {called} of Candour, and nothing is kept on it yet; “{plan}” is for {wanted}. "
    "Nothing was changed. If “{other}” was a slip: deploy/uninstall {other} --destroy-data, then deploy/install "
    "{plan}. If “{plan}” is the slip, what you want here is the same line with “{other}”"
)


def refuse_other_plan(host: Host, *, keeps_data: bool = False, unfinished: bool = False) -> None:
    """Raise Refused if this machine is the other host, by its data, or by its command where there are none.

    `keeps_data`: the programs are to be taken off, and the data left. `unfinished`: nothing is wanted but the end of an
    upgrade that was cut short. Raises InstallError if that one's note is damaged.
    """
    other = _OTHER[host.plan]
    if unfinished and ((note := read_note(host)) is None or note.plan == host.plan):
        return
    is_this = _keeps(host, host.plan) or _has_command(host, host.plan)
    if keeps_data and is_this:
        return
    if _keeps(host, other):
        said = _OF_BOTH if _keeps(host, host.plan) else _OF_THE_OTHER
    elif _has_command(host, other) and not is_this:
        said = _A_SLIP
    else:
        # Also where another version let both be installed: the steps take the other's command away.
        return
    names = {"called": _CALLED[other], "wanted": _CALLED[host.plan], "data": DATA}
    raise Refused(said.format(plan=host.plan, other=other, **names))


def _keeps(host: Host, plan: str) -> bool:
    return host.path(f"{DATA}/{plan}.sqlite").exists()


def _has_command(host: Host, plan: str) -> bool:
    return is_ours(f"/usr/local/sbin/candour-{plan}", host)
