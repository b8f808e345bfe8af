"""Are the installed packages what their wheels held, and the versions that Candour pins?

Every wheel brings a list of its files with their SHA-256 (RECORD, PEP 376 and 427). Whoever can write the files can
write the list too: this finds what broke and what was changed in haste, and no careful hand. For that there is
deploy/install, which compares against the hashes in requirements/run.lock.
"""

import base64
import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from posture.folders import PROGRAM
from posture.line import Look, Verdict, fault, right
from posture.machine import Machine, Unseen
from posture.written import is_compiled
from serving.language import gettext as _

LOCK = f"{PROGRAM}/requirements/run.lock"
_LIBRARIES = f"{PROGRAM}/.venv/lib"
# Brought by Python's own venv, or Candour itself; if the lock pins one all the same (setuptools), it is held to it.
_NOT_PINNED = frozenset({"pip", "setuptools", "wheel", "candour"})
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(\s*;)?", re.MULTILINE)


@dataclass(frozen=True)
class Recorded:
    """A file as its wheel's list has it: the path below site-packages, and its SHA-256."""

    path: str
    digest: bytes


def installed_looks() -> Iterator[Look]:
    """Yield what is looked at, in its order."""
    group, again = _("Folders"), _("Take the host off the network, ask who was at it, then run deploy/install again.")
    yield Look(
        "program.packages", group, _("A file that is not as it was installed is damage, or somebody's work."), again,
        lambda machine: _packages(machine),
    )  # fmt: skip
    yield Look(
        "program.strangers", group, _("Python runs what lies among its packages, whoever put it there."), again,
        lambda machine: _strangers(machine),
    )  # fmt: skip
    yield Look(
        "program.versions", group, _("Only the versions that are pinned were read and tested together."), again,
        lambda machine: judge_versions(_installed(machine), read_lock(machine.read(LOCK))),
    )  # fmt: skip


def read_record(text: str) -> list[Recorded]:
    """Return the files in a RECORD that have a hash; compiled files and the list itself have none."""
    found = []
    for row in csv.reader(text.splitlines()):
        if len(row) == 3 and row[1].startswith("sha256="):
            spelt = row[1].removeprefix("sha256=")
            found.append(Recorded(row[0], base64.urlsafe_b64decode(spelt + "=" * (-len(spelt) % 4))))
    return found


def read_lock(text: str) -> dict[str, tuple[str, bool]]:
    """Return what a lock pins: the version by name, and whether it is for every machine (without a marker)."""
    return {_name(found[1]): (found[2], found[3] is None) for found in _PIN.finditer(text)}


def judge_packages(recorded: Iterable[Recorded], digest_of: Callable[[str], bytes]) -> Verdict:
    """Judge files against their lists. `digest_of` may raise Unseen, which counts as another file."""
    files = list(recorded)
    if not files:
        return fault(_("No installed package has a list of its files."))
    other = [each.path for each in files if not _is_same(each, digest_of)]
    if not other:
        return right(_("All {count} files of the installed packages are as they came.").format(count=len(files)))
    return fault(
        _("Not as they came: {count} files of the installed packages, {path} among them.").format(
            count=len(other), path=min(other)
        )
    )


def judge_strangers(there: Iterable[str], listed: frozenset[str]) -> Verdict:
    """Judge the files below site-packages, by their paths, against all that the packages' lists name.

    Compiled files are judged by a list of the installer's (posture.written).
    """
    strange = sorted(path for path in there if path not in listed and not is_compiled(path))
    if not strange:
        return right(_("Nothing lies among the installed packages that none of them brought."))
    said = _("Among the installed packages lie {count} files that none of them brought, {path} among them.")
    return fault(said.format(count=len(strange), path=strange[0]))


def judge_versions(installed: Mapping[str, str], lock: Mapping[str, tuple[str, bool]]) -> Verdict:
    """Judge the installed versions, by name, against the lock."""
    wrong = [
        f"{name} {version}"
        for name, version in installed.items()
        if lock.get(name, ("",))[0] != version and (name in lock or name not in _NOT_PINNED)
    ]
    wrong += [name for name, (_version, always) in lock.items() if always and name not in installed]
    if not wrong:
        return right(_("The installed packages are the pinned ones."))
    return fault(_("Not as pinned in requirements/run.lock: {names}.").format(names=", ".join(sorted(wrong))))


def _is_same(recorded: Recorded, digest_of: Callable[[str], bytes]) -> bool:
    try:
        return digest_of(recorded.path) == recorded.digest
    except Unseen:
        return False


def _packages(machine: Machine) -> Verdict:
    folder = _site_packages(machine)
    lists = [read_record(machine.read(f"{folder}/{name}/RECORD")) for name in _dist_infos(machine, folder)]
    return judge_packages((each for one in lists for each in one), lambda path: machine.digest(f"{folder}/{path}"))


def _strangers(machine: Machine) -> Verdict:
    folder = _site_packages(machine)
    listed = frozenset(
        row[0]
        for name in _dist_infos(machine, folder)
        for row in csv.reader(machine.read(f"{folder}/{name}/RECORD").splitlines())
        if row
    )
    there = (path.removeprefix(f"{folder}/") for path, entry in machine.below(folder) if not entry.is_folder)
    return judge_strangers(there, listed)


def _installed(machine: Machine) -> dict[str, str]:
    folder = _site_packages(machine)
    pairs = [name.removesuffix(".dist-info").rsplit("-", 1) for name in _dist_infos(machine, folder)]
    return {_name(pair[0]): pair[1] for pair in pairs if len(pair) == 2}


def _site_packages(machine: Machine) -> str:
    versions = [name for name in machine.names(_LIBRARIES) if name.startswith("python3")]
    if len(versions) != 1:
        raise Unseen(_("{path} is not what Python makes.").format(path=_LIBRARIES))
    return f"{_LIBRARIES}/{versions[0]}/site-packages"


def _dist_infos(machine: Machine, folder: str) -> list[str]:
    return [name for name in machine.names(folder) if name.endswith(".dist-info")]


def _name(spelt: str) -> str:
    # PEP 503.
    return re.sub(r"[-_.]+", "-", spelt).lower()
