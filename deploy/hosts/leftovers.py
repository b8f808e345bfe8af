"""What another version of the installer wrote, and this one does not: taken away at each install, and with the rest.

A unit that nobody writes any more would go on running, and a profile that is loaded would be in force, for years.
"""

from collections.abc import Iterable

from deploy.hosts.host import Host
from deploy.hosts.steps import Step, is_ours

_PLACES = (
    ("/etc/systemd/system", "candour-*.service"),
    ("/etc/systemd/system", "candour-*.socket"),
    ("/etc/systemd/system", "candour-*.timer"),
    ("/etc/systemd/system", "*.service.d/candour.conf"),
    ("/etc/apparmor.d", "candour-*"),
    ("/etc/apt/apt.conf.d", "*candour*"),
    ("/usr/local/sbin", "candour-*"),  # of the other host, installed here by mistake
    ("/etc/default", "htpdate"),  # set the clock, in versions before this one
)


def leftovers(steps: Iterable[Step]) -> Step:
    """Return the step that takes away whatever none of these `steps` writes."""
    ours = {step.path for step in steps}

    def found(host: Host) -> list[str]:
        paths = [
            f"{folder}/{path.relative_to(host.path(folder))}"
            for folder, pattern in _PLACES
            for path in sorted(host.path(folder).glob(pattern))
        ]
        return [path for path in paths if path not in ours and is_ours(path, host)]

    def remove(host: Host) -> None:
        for path in found(host):
            name = path.rsplit("/", 1)[1]
            if host.is_running and path.startswith("/etc/systemd/system/candour-"):
                host.try_run("systemctl", "disable", "--now", name)
            if host.is_running and path.startswith("/etc/apparmor.d/"):
                host.try_run("apparmor_parser", "-R", path)
            host.remove(path)
        if host.is_running:
            host.run("systemctl", "daemon-reload", why="systemd did not let go of what was removed")

    return Step(
        "What another version wrote",
        "A unit that nobody writes any more would run for years.",
        lambda host: not found(host),
        remove,
        remove,
        is_there=lambda host: bool(found(host)),
    )
