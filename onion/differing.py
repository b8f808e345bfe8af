"""Does the Tor that runs do what Candour would have it do? Its own answers against the torrc, in sentences.

The file on the disk does not tell: Tor may have been started from an older one, or been told otherwise at its control
socket. Nothing is asked or read here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath

from serving.language import gettext as _

# What GETCONF answers with all lines of all onion services, in their order.
SERVICES = "HiddenServiceOptions"
# Which network it is: the public one, unless somebody says otherwise.
NETWORK = ("TestingTorNetwork", "DirAuthority", "AlternateDirAuthority", "AlternateBridgeAuthority")
_FOLDER = "HiddenServiceDir"

Lines = Mapping[str, Sequence[str]]  # the values of each option
_Service = frozenset[tuple[str, str]]  # options and their values, less the folder


def options_in(torrc: str) -> dict[str, list[str]]:
    """Return the values of each option in the text of a torrc, but those of onion services."""
    found: dict[str, list[str]] = {}
    for option, value in _pairs(torrc.splitlines(), " "):
        if not option.startswith("HiddenService"):
            found.setdefault(option, []).append(value)
    return found


def value_of(answer: str) -> str:
    """Return the value in one line that GETCONF answers: `Option=value`, or the option alone."""
    return answer.partition("=")[2].strip().strip('"')


def values_of(answers: Iterable[str]) -> list[str]:
    """Return the values in what GETCONF answers; of an option that is not set, none."""
    return [value for value in map(value_of, answers) if value]


def differences(torrc: str, given: Lines) -> Iterator[str]:
    """Yield a sentence for each thing in which a running Tor differs from this torrc.

    `given`: what it answers to GETCONF for each of `options_in(torrc)`, and for SERVICES.
    """
    for option, wanted in options_in(torrc).items():
        if values_of(given[option]) != wanted:
            yield _of_option(option, wanted, values_of(given[option]))
    planned = _services(_pairs(torrc.splitlines(), " "))
    running = _services(_pairs(given[SERVICES], "="))
    for folder in planned.keys() - running.keys():
        yield _("Tor runs without the onion service “{name}”.").format(name=PurePath(folder).name)
    for folder in running.keys() - planned.keys():
        targets = ", ".join(sorted(value for option, value in running[folder] if option == "HiddenServicePort"))
        said = _("Tor runs an onion service that is none of Candour's: {folder}, which leads to {targets}.")
        yield said.format(folder=folder, targets=targets)
    for folder in planned.keys() & running.keys():
        yield from _of_service(PurePath(folder).name, planned[folder], running[folder])


def strange_network(given: Lines, beside: str) -> tuple[list[str], list[str]]:
    """Return which options take a running Tor out of the public network: those in the lines `beside`, and others.

    `given`: what it answers to GETCONF for each of NETWORK.
    """
    allowed = options_in(beside)
    told = [option for option in NETWORK if values_of(given[option]) not in ([], ["0"])]
    others = [option for option in told if values_of(given[option]) != allowed.get(option)]
    return [option for option in told if option not in others], others


def _of_option(option: str, wanted: Sequence[str], running: Sequence[str]) -> str:
    if option == "Sandbox":
        return _("Tor runs outside its own sandbox: whoever breaks into it is held by nothing.")
    return _("Tor runs with {option} “{running}”, and should with “{wanted}”.").format(
        option=option, running=", ".join(running), wanted=", ".join(wanted)
    )


def _of_service(name: str, planned: _Service, running: _Service) -> Iterator[str]:
    missing = {option for option, _value in planned - running}
    if "HiddenServicePoWDefensesEnabled" in missing:
        said = _("Tor runs “{name}” without proof of work: a flood shuts out everybody who wants to come.")
        yield said.format(name=name)
    if "HiddenServiceExportCircuitID" in missing:
        said = _("Tor does not tell “{name}” on which circuit somebody comes: nobody has a share of their own there.")
        yield said.format(name=name)
    others = {option for option, _value in planned ^ running}
    others -= {"HiddenServicePoWDefensesEnabled", "HiddenServiceExportCircuitID"}
    if others:
        said = _("Tor runs the onion service “{name}” otherwise than it should ({options}).")
        yield said.format(name=name, options=", ".join(sorted(others)))


def _services(lines: Iterable[tuple[str, str]]) -> dict[str, _Service]:
    """Return what stands of each onion service, by its folder."""
    found: dict[str, set[tuple[str, str]]] = {}
    folder = None
    for option, value in lines:
        if option == _FOLDER:
            folder = value
            found[folder] = set()
        elif option.startswith("HiddenService") and folder is not None:
            found[folder].add((option, value))
    return {folder: frozenset(options) for folder, options in found.items()}


def _pairs(lines: Iterable[str], sign: str) -> Iterator[tuple[str, str]]:
    """Yield the option and the value of each line that has one."""
    for line in lines:
        option, _sign, value = line.strip().partition(sign)
        if option and not option.startswith("#"):
            yield option, value.strip().strip('"')
