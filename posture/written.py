"""Is what deploy/install wrote still as it wrote it? Lists of its own say what it was: mode, SHA-256 and path.

Rules:
- One list is of root's files on this machine, two of the program, in its folder: its own files, and what was
  compiled of them and of the packages, which Python runs in their place. All are root's alone to write.
- A list that is missing, or cannot be understood, is a fault: an installation that came to its end has all.
- A compiled file is right if it is listed and as it was, and not because it belongs to a source that is right.
- Whoever is root can write the lists too. This finds a mistake, an installation that stopped half-way and what was
  changed in haste; not a careful hand. For that there is the checkout, and deploy/install from it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from posture.folders import PROGRAM
from posture.line import Look, Verdict, fault, right
from posture.machine import Entry, Machine
from serving.language import gettext as _

LIST = "/etc/candour/installed"
PROGRAM_LIST = f"{PROGRAM}/installed"
COMPILED_LIST = f"{PROGRAM}/compiled"
_LINE = re.compile(r"([0-7]{4}) ([0-9a-f]{64}) (\S.*)")
# Made by Python and pip beside the program: the environment has lists of its own (posture.installed).
_BESIDE = re.compile(r"\.venv\Z|candour\.egg-info\Z")
_COMPILED = re.compile(r"(.*/)?__pycache__/[^/]+\.pyc")
_MOST_NAMED = 3


@dataclass(frozen=True)
class Written:
    """A file as it was written: its permission bits, and the SHA-256 of what is in it."""

    mode: int
    digest: bytes


def written_looks() -> Iterator[Look]:
    """Yield what is looked at, in its order."""
    group = _("Folders")
    yield Look(
        "host.files", group, _("A file that is not as it was installed is damage, or somebody's work."),
        _("Ask who changed it; then run deploy/install again, which puts it right."), _files,
    )  # fmt: skip
    yield Look(
        "program.own", group, _("Whoever can change the program reads everything from then on, and no seal helps."),
        _("Take the host off the network, ask who was at it, then run deploy/install again."), _program,
    )  # fmt: skip
    yield Look(
        "program.compiled", group, _("Python runs a compiled file in the place of the one that can be read."),
        _("Take the host off the network, ask who was at it, then run deploy/install again."), _compiled,
    )  # fmt: skip


def read_list(text: str) -> dict[str, Written]:
    """Return what a list says, by path; empty if it cannot be understood."""
    found = [_LINE.fullmatch(line) for line in text.splitlines() if line and not line.startswith("#")]
    return {each[3]: Written(int(each[1], 8), bytes.fromhex(each[2])) for each in found if each} if all(found) else {}


def written_here(machine: Machine, path: str = LIST) -> dict[str, Written]:
    """Return what a list on this machine says. Raises Unseen if it is there and cannot be read; empty if it is not."""
    return read_list(machine.read(path)) if machine.exists(path) else {}


def judge_written(
    path: str, of_list: Entry, written: Mapping[str, Written], difference: Callable[[str, Written], str]
) -> Verdict:
    """Judge files by a list. `difference` returns what is wrong with a file, in a word; empty if nothing."""
    if of_list.owner != "root" or of_list.mode & 0o022 or of_list.is_link:
        return fault(_("Others than root can write {path}, by which files are judged.").format(path=path))
    if not written:
        return fault(_("{path} does not say what was installed.").format(path=path))
    wrong = [f"{each} ({said})" for each in sorted(written) if (said := difference(each, written[each]))]
    if not wrong:
        return right(_("All {count} files are as deploy/install wrote them.").format(count=len(written)))
    rest = " …" if len(wrong) > _MOST_NAMED else ""
    said = _("Not as deploy/install wrote them: {count} files: {names}.")
    return fault(said.format(count=len(wrong), names=", ".join(wrong[:_MOST_NAMED]) + rest))


def difference(machine: Machine, path: str, written: Written) -> str:
    """Return what is wrong with a file, in a word; empty if nothing. Raises Unseen if it may not be read."""
    if not machine.exists(path):
        return _("gone")
    entry = machine.entry(path)
    if entry.is_link or entry.is_folder:
        return _("no plain file")
    if machine.digest(path) != written.digest:
        return _("changed")
    if entry.owner != "root":
        return _("its owner")
    return "" if entry.mode == written.mode else _("its mode")


def _files(machine: Machine) -> Verdict:
    if not machine.exists(LIST):
        return _without(LIST)
    return judge_written(
        LIST, machine.entry(LIST), written_here(machine), lambda path, each: difference(machine, path, each)
    )


def _program(machine: Machine) -> Verdict:
    lists = {path.rsplit("/", 1)[1] for path in (PROGRAM_LIST, COMPILED_LIST)}
    said = _("Among the program lie {count} files that deploy/install did not bring, {path} among them.")
    return _below_program(machine, PROGRAM_LIST, (path for path in _brought(machine) if path not in lists), said)


def _compiled(machine: Machine) -> Verdict:
    said = _("{count} compiled files are there that deploy/install did not make, {path} among them.")
    below = (path.removeprefix(f"{PROGRAM}/") for path, _entry in machine.below(PROGRAM))
    return _below_program(machine, COMPILED_LIST, filter(is_compiled, below), said)


def is_compiled(path: str) -> bool:
    """Tell whether a file of the program, by its path there, is what Python compiled of another, beside it."""
    return _COMPILED.fullmatch(path) is not None


def _below_program(machine: Machine, of_list: str, there: Iterable[str], strangers: str) -> Verdict:
    """Judge files of the program by a list; then what is `there` and not in it, by `strangers`: a sentence."""
    if not machine.exists(of_list):
        return _without(of_list)
    written = written_here(machine, of_list)
    verdict = judge_written(
        of_list, machine.entry(of_list), written, lambda path, each: difference(machine, f"{PROGRAM}/{path}", each)
    )
    strange = sorted(set(there) - set(written))
    if not strange or verdict != right(verdict.sentence):
        return verdict
    return fault(strangers.format(count=len(strange), path=strange[0]))


def _brought(machine: Machine) -> Iterator[str]:
    """Yield what lies in the program's folder and was not compiled there, by its path there."""
    for name in machine.names(PROGRAM):
        if _BESIDE.match(name):
            continue
        for path, entry in machine.below(f"{PROGRAM}/{name}"):
            below = path.removeprefix(f"{PROGRAM}/")
            if not entry.is_folder and not is_compiled(below):
                yield below


def _without(path: str) -> Verdict:
    said = _("{path} is missing: the installation did not come to its end, or is of an earlier version.")
    return fault(said.format(path=path))


def unit_difference(machine: Machine, path: str) -> str:
    """Return what is wrong with one of root's files by the list, in a word; empty if nothing. Raises Unseen."""
    written = written_here(machine).get(path)
    # Of a list that was cut short, or never written.
    return _("in no list") if written is None else difference(machine, path, written)
