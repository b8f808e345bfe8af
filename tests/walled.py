"""What a unit of systemd shows its program of the data folder, as mounts: tests run the program behind its walls.

There is no systemd under the tests. Its words are done here as systemd.exec(5) has them: what is bound, what is
inaccessible (an empty thing that nobody may open is put over it), where nothing may be run.
"""

import os
import re
import shlex
from pathlib import Path

from deploy.hosts.units import DATA, Unit

_ALONE = ("unshare", "--mount", "--propagation", "private")


def walled(unit: Unit, root: Path, beside: Path) -> tuple[str, ...]:
    """Return what stands before a command so that it sees of the data folder `root` what the unit shows.

    `beside`: an empty folder for what is put over. What the unit says must be there and is not fails, as there.
    """
    lines = _mounts(unit, root, beside)
    # Whoever is not root mounts in a namespace of their own.
    alone = _ALONE if os.geteuid() == 0 else (*_ALONE, "--map-root-user")
    return (*alone, "sh", "-euc", "\n".join([*lines, 'exec "$@"']), "walled")


def _mounts(unit: Unit, root: Path, beside: Path) -> list[str]:
    beside.mkdir(mode=0o700, exist_ok=True)
    nothing, no_folder, own = beside / "nothing", beside / "no folder", beside / "own"
    nothing.touch(mode=0o000)
    for made, mode in ((no_folder, 0o000), (own, 0o700)):
        made.mkdir(mode=mode, exist_ok=True)
    lines: list[str] = []
    bound = [_pair(each, unit, root, own) for each in _words(unit, "BindPaths")]
    # What is bound is found as it was before anything was put over it.
    for number, (source, _target) in enumerate(bound):
        (beside / str(number)).mkdir(exist_ok=True)
        lines.append(_command("mount", "--rbind", source, beside / str(number)))
    for number, (_source, target) in enumerate(bound):
        lines += [_command("mkdir", "-p", target), _command("mount", "--rbind", beside / str(number), target)]
    for word in _words(unit, "InaccessiblePaths"):
        path = _here(word.removeprefix("-"), root)
        if path.exists() or not word.startswith("-"):
            over = no_folder if path.is_dir() else nothing
            lines.append(_command("mount", "--bind", over, path))
    for word in _words(unit, "NoExecPaths"):
        path = _here(word, root)
        lines += [_command("mount", "--rbind", path, path), _command("mount", "-o", "remount,bind,noexec", path)]
    return lines


def _words(unit: Unit, option: str) -> list[str]:
    return " ".join(re.findall(rf"^{option}=(.*)$", unit.text(), re.MULTILINE)).split()


def _pair(word: str, unit: Unit, root: Path, own: Path) -> tuple[Path, Path]:
    source, _colon, target = word.partition(":")
    # RuntimeDirectory=: an empty folder of the program's user, made anew at each start.
    is_own = source == f"/run/{unit.name}" and f"RuntimeDirectory={unit.name}\n" in unit.text()
    return own if is_own else _here(source, root), _here(target or source, root)


def _here(path: str, root: Path) -> Path:
    return Path(path.replace(DATA, str(root), 1))


def _command(*words: object) -> str:
    return shlex.join(map(str, words))
