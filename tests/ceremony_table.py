"""People round a table, for tests: they walk both hosts' sittings in real processes, which are killed as asked."""

import os
import re
import shutil
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner

from ceremony.plugged_in import REHEARSAL
from journalist_interface.commands import main as desk_command
from journalist_interface.rehearsing.answers import USUAL, Answers
from source_interface.commands import main as drop_command
from tests.copied_hosts import but_sockets_and_locks

BIN = Path(sys.executable).parent
DESK, DROP = "candour-desk", "candour-drop"
# Where something is made or sent, by the heading of the step or the question; each is a moment in which the power goes.
MOMENTS = {
    (DESK, "The desk is made, and each custodian gets one share"),
    (DESK, "Share 2 of 3. Call its custodian"),
    (DESK, "The stick is written, to go from the desk to the source host"),
    (DESK, "answer of the desk: "),
    (DESK, "The first backup of the desk"),
    (DROP, "The source host is made"),
    (DROP, "The addresses: the site for sources, the door for the desk"),
    (DROP, "The stick now holds the pairing file"),
    (DROP, "The first backup of the source host"),
}


@dataclass
class Table:
    """Two data folders, a stick, and what was said. `killed`: at which moments of which host, in order."""

    root: Path
    answers: Answers
    said: dict[str, str] = field(default_factory=lambda: {DESK: "", DROP: ""})
    killed: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def laid(cls, root: Path) -> "Table":
        """Lay the table in an empty folder."""
        (root / "stick").mkdir()
        (root / REHEARSAL).touch()
        return cls(root, Answers())

    def copied(self, root: Path) -> "Table":
        """Return the same in another folder, to go on from here."""
        (root / REHEARSAL).touch()
        for name in ("desk", "drop", "stick"):
            shutil.copytree(self.root / name, root / name, symlinks=True, ignore=but_sockets_and_locks)
        return Table(root, deepcopy(self.answers), dict(self.said), list(self.killed))

    def words(self, host: str) -> list[str]:
        """What is typed at a host, after the program's name."""
        data = self.root / ("desk" if host == DESK else "drop")
        words = ["ceremony", "--data", str(data), "--stick", str(self.root / "stick")]
        return [*words, "--rehearsal"] if host == DESK else words

    def go_on(self, host: str, prefer: str, *, kill: bool) -> int:
        """Go on with a host's sitting; with `kill` it is killed once at each of MOMENTS. Return its end."""
        self.answers.prefer = (prefer, *USUAL)
        while True:
            ended = self._run(host, self._is_to_be_killed if kill else lambda _host, _said: False)
            if ended != -9:
                return ended

    def _is_to_be_killed(self, host: str, said: str) -> bool:
        """Tell whether now is a moment at which this host was not killed yet; two that came at once are one."""
        new = [each for each in sorted(MOMENTS - set(self.killed)) if each[0] == host and each[1] in said]
        self.killed += new
        return bool(new)

    def _run(self, host: str, is_to_be_killed: Callable[[str, str], bool]) -> int:
        number, typed, heard = _started(host, self.words(host))
        said = fresh = ""
        try:
            while piece := os.read(heard, 65536).decode("utf-8", "replace"):
                said, fresh = said + piece, fresh + piece
                self.said[host] += piece
                if is_to_be_killed(host, said):
                    os.kill(number, signal.SIGKILL)
                    break
                if fresh.endswith("> "):
                    os.write(typed, self.answers.to(fresh).encode() + b"\n")
                    fresh = ""
            self.answers.listen(fresh)
        finally:
            os.close(typed)
            os.close(heard)
            _number, status = os.waitpid(number, 0)
        return os.waitstatus_to_exitcode(status)


def _started(host: str, words: list[str]) -> tuple[int, int, int]:
    """Start a command as a process of its own; return its number, and the ends to type at and to listen to.

    It is forked, with all that it needs loaded: to load it anew is most of what such a process would do.
    """
    theirs, typed = os.pipe()
    heard, said = os.pipe()
    number = os.fork()
    if number == 0:
        code = 70
        try:
            for end, standard in ((theirs, 0), (said, 1), (said, 2)):
                os.dup2(end, standard)
            for end in (theirs, typed, heard, said):
                os.close(end)
            sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
            (desk_command if host == DESK else drop_command).main(words, prog_name=host)
        except SystemExit as ended:
            code = int(ended.code or 0)
        except BaseException:
            traceback.print_exc()
        finally:
            with suppress(OSError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)
    os.close(theirs)
    os.close(said)
    return number, typed, heard


def steps_of(host: str, data: Path) -> dict[str, str]:
    """The program's own table of steps: the name of each, and whether it is done."""
    command = desk_command if host == DESK else drop_command
    told = CliRunner().invoke(command, ["ceremony", "--data", str(data), "--where"])
    assert told.exit_code == 0, told.output
    return {name: mark for mark, name in re.findall(r"^ +\d+ +(done|next|-) +(\w+) ", told.output, re.M)}
