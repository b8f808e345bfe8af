"""The steps that have the pinned Python packages beside the program: as they came, and none that somebody changed.

pip looks at versions alone: of a package of the right version whose files were changed it says that it is there. So the
files are held against the packages' own lists, as `check` does it, and where one is other the environment is made anew.
Whoever is root can write those lists too; what they find, `check` finds, and tells an administrator to run this again.
"""

from deploy.hosts.host import Host
from deploy.hosts.program import PROGRAM, environment_line, through_tor
from deploy.hosts.steps import Step

_ENVIRONMENT = f"{PROGRAM}/.venv"
# Without one the environment is of another place or of another Python, and is laid aside for a new one (setup.sh).
_STAMPS = (f"{_ENVIRONMENT}/stamp-home", f"{_ENVIRONMENT}/stamp-run")
_LOOK = """
import sys
from posture.installed import installed_looks
from posture.machine import Machine
looks = [look for look in installed_looks() if look.name in ("program.packages", "program.strangers")]
sys.exit(any(look.see(Machine()).grade.value != "right" for look in looks))
"""


def packages() -> list[Step]:
    """Return the steps, in their order."""
    return [_as_they_came(), _pinned()]


def _as_they_came() -> Step:
    def is_done(host: Host) -> bool:
        if not all(host.path(stamp).is_file() for stamp in _STAMPS):
            return True
        return host.try_run(f"{_ENVIRONMENT}/bin/python", "-c", _LOOK).returncode == 0

    def do(host: Host) -> None:
        for stamp in _STAMPS:
            host.remove(stamp)

    return Step(
        "Python packages as they came",
        "Python runs what lies there: where a file is not as it came, all are fetched again by the next step.",
        is_done,
        do,
    )


def _pinned() -> Step:
    return Step(
        "Python packages",
        f"Into {_ENVIRONMENT}, each file checked against its hash in requirements/run.lock.",
        lambda host: (
            host.try_run(*environment_line('VENV=$CHECKOUT/.venv; stamped run "$(find_python)"')).returncode == 0
        ),
        lambda host: host.do(
            *through_tor(host), *environment_line("set_up run"), why="the Python packages were not installed"
        ),
    )
