"""Is a host's Tor as it should be? What stands in its folder, what it runs with, and how it is doing.

Each finding is a sentence and whether all is well in it; nothing is changed. What it runs with is asked of Tor itself:
a line that somebody put elsewhere, or a command at its control socket, shows there and not in a file.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from onion.clients import is_shut, names, passed_over
from onion.control import Control, open_control
from onion.descriptor import open_descriptor
from onion.differing import NETWORK, SERVICES, Lines, differences, options_in, strange_network, value_of, values_of
from onion.errors import OnionError, TorEnded
from onion.health import HealthUnknown, read_health, tell
from onion.in_force import Force, look
from onion.process import program_says
from onion.running import Plan
from onion.stamp import unreadable
from onion.torrc import write_torrc
from serving.language import gettext as _

OLDEST = (0, 4, 8)  # the first with proof of work for onion services
_VERSION = re.compile(r"Tor version (\d+)\.(\d+)\.(\d+)")
# Each would listen on an address of this machine, whatever else it did.
_PORTS = (
    "ControlPort",
    "DirPort",
    "DNSPort",
    "ExtORPort",
    "HTTPTunnelPort",
    "MetricsPort",
    "NATDPort",
    "ORPort",
    "TransPort",
)
_SINGLE_HOP = ("HiddenServiceSingleHopMode", "HiddenServiceNonAnonymousMode")

Finding = tuple[str, bool]


def check_tor(plan: Plan, now: int) -> Iterator[Finding]:
    """Yield a finding for each thing looked at. `now` in seconds since 1970."""
    yield _program()
    yield _configuration(plan)
    yield from _closed(plan)
    yield from _files(plan)
    yield from _running(plan)
    yield from _in_force(plan)
    try:
        yield from tell(read_health(plan.folder.health), now)
    except HealthUnknown as unknown:
        yield str(unknown), False


def _program() -> Finding:
    try:
        asked, modules = program_says("--version"), program_says("--list-modules")
    except TorEnded as missing:
        return str(missing), False
    found = _VERSION.search(asked)
    version = tuple(int(number) for number in found.groups()) if found else ()
    spelt = ".".join(str(number) for number in version)
    if version < OLDEST or "pow: yes" not in modules:
        return _("Tor {version} has no proof of work for onion services. Use Debian's, 0.4.8 or newer.").format(
            version=spelt
        ), False
    return _("Tor {version} is installed.").format(version=spelt), True


def _configuration(plan: Plan) -> Finding:
    try:
        if plan.folder.torrc.read_text("utf-8") == _torrc(plan):
            return _("Tor's configuration is as Candour wrote it."), True
    except UnicodeDecodeError:
        pass
    except OSError:
        return _("Tor's configuration is not there. Run “onion run”."), False
    return _("Somebody changed {path}. “onion run” writes it anew.").format(path=plan.folder.torrc), False


def _torrc(plan: Plan) -> str:
    return write_torrc(plan.folder, plan.services, for_the_courier=plan.for_the_courier)


def _files(plan: Plan) -> Iterator[Finding]:
    """Tor passes over a file that it cannot read, and only says so when it ends."""
    for service in (each for each in plan.services if not each.open_to_all):
        for path in passed_over(plan.folder.service(service.name)):
            yield _("{path} is no key that Tor can read: it lets nobody in. Take it away.").format(path=path), False
    for path in unreadable(plan.folder, (service.name for service in plan.services)):
        yield _("{path} cannot be read: Tor passes over it, or does not start with it. Take it away.").format(
            path=path
        ), False  # fmt: skip


def _closed(plan: Plan) -> Iterator[Finding]:
    for service in (each for each in plan.services if not each.open_to_all):
        folder = plan.folder.service(service.name)
        nobody = {path.stem for path in passed_over(folder)}
        let_in = [name for name in names(folder) if name not in nobody]
        if not is_shut(folder):
            said = _("The onion service “{name}” is open to whoever knows its address. “onion run” shuts it.")
            yield said.format(name=service.name), False
        elif _opens_to_all(plan, service.name):
            yield (
                _(
                    "The onion service “{name}” is published as one that is open to all. Start “onion run” again."
                ).format(name=service.name),
                False,
            )
        elif let_in:
            yield _("Let in at “{name}”: {who}.").format(name=service.name, who=", ".join(let_in)), True
        else:
            yield _("Nobody is let in at “{name}” yet.").format(name=service.name), True


def _opens_to_all(plan: Plan, name: str) -> bool:
    """Tell whether a closed service's descriptor opens with its address alone, as Tor has it at this moment."""
    address = plan.addresses().get(name)
    if address is None:
        return False
    try:
        with open_control(plan.folder.control_socket, plan.folder.cookie) as control:
            open_descriptor(control.info(f"hs/service/desc/id/{address.removesuffix('.onion')}"), address)
    except OnionError:
        return False
    return True


def _running(plan: Plan) -> Iterator[Finding]:
    wanted = _torrc(plan)
    asked = {*_PORTS, *_SINGLE_HOP, *NETWORK, "SocksPort", SERVICES, *options_in(wanted)}
    try:
        with open_control(plan.folder.control_socket, plan.folder.cookie) as control:
            given, beside = _given(control, asked), _beside(control)
    except OnionError as silent:
        yield str(silent), False
        return
    yield _listening(given)
    if any(value_of(given[name][0]) not in ("", "0") for name in _SINGLE_HOP):
        yield _("Tor gives away where this host is (single hop). Stop it, and make new addresses."), False
    else:
        yield _("Tor hides where this host is: its onion services have all their hops."), True
    wrong = list(differences(wanted, given))
    wrong += [
        _("Tor was taken out of the public network ({option}), and by no file of yours.").format(option=option)
        for option in strange_network(given, beside)[1]
    ]
    for said in wrong:
        yield _("{said} Start “onion run” again.").format(said=said), False
    if not wrong:
        yield _("Tor runs with the configuration that Candour wrote."), True


def _listening(given: Lines) -> Finding:
    opened = [name for name in _PORTS if values_of(given[name]) not in ([], ["0"])]
    # Exactly: 0.0.0.0:9050, open to the whole world, begins with the sign that means none.
    opened += [line for line in given["SocksPort"] if not (value_of(line).startswith("unix:") or value_of(line) == "0")]
    if opened:
        said = _("Tor listens on ports of this machine ({names}). Only sockets may be: start “onion run” again.")
        return said.format(names=", ".join(opened)), False
    return _("Tor listens on no port of this machine."), True


def own_network(plan: Plan) -> str | None:
    """Return a warning if this Tor is in another network than the public one because an administrator said so."""
    try:
        with open_control(plan.folder.control_socket, plan.folder.cookie) as control:
            options, _others = strange_network(_given(control, NETWORK), _beside(control))
    except OnionError:
        return None
    if not options:
        return None
    return _(
        "Tor is in a network of its own, as your file beside says ({options}): nobody finds this host with Tor Browser."
    ).format(options=", ".join(options))


def _given(control: Control, options: Iterable[str]) -> dict[str, list[str]]:
    return {option: control.ask(f"GETCONF {option}") for option in options}


def _beside(control: Control) -> str:
    """Return the lines of an administrator's own, from the file that this Tor was started with."""
    with suppress(OSError, UnicodeDecodeError):
        return Path(control.info("config-defaults-file")).read_text("utf-8")
    return ""


def _in_force(plan: Plan) -> Iterator[Finding]:
    """What does not run is told elsewhere; what runs must have taken up who was let in and out."""
    force = look(plan.folder, plan.mark())
    if force is Force.NOT_TAKEN:
        yield (
            _(
                "Tor runs with keys or addresses from before a change: who was shut out may still come in. Wait half "
                "a minute; then start “onion run” again."
            ),
            False,
        )
    elif force is not Force.NOT_RUNNING:
        yield _("Tor runs with the keys and addresses as they are now."), True
