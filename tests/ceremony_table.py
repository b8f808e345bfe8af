"""People round a table, for tests: they walk both hosts' sittings in real processes, which are killed as asked."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner

from ceremony.plugged_in import REHEARSAL
from journalist_interface.commands import main as desk_command
from journalist_interface.rehearsing.answers import USUAL, Answers
from source_interface.commands import main as drop_command

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

    def line(self, host: str) -> list[str]:
        """What is typed at a host."""
        data = self.root / ("desk" if host == DESK else "drop")
        words = [str(BIN / host), "ceremony", "--data", str(data), "--stick", str(self.root / "stick")]
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
        process = subprocess.Popen(
            self.line(host), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert process.stdin is not None
        assert process.stdout is not None
        said = fresh = ""
        with process, process.stdin, process.stdout:
            while piece := os.read(process.stdout.fileno(), 65536).decode("utf-8", "replace"):
                said, fresh = said + piece, fresh + piece
                self.said[host] += piece
                if is_to_be_killed(host, said):
                    process.kill()
                    break
                if fresh.endswith("> "):
                    process.stdin.write(self.answers.to(fresh).encode() + b"\n")
                    process.stdin.flush()
                    fresh = ""
            self.answers.listen(fresh)
        return process.returncode


def steps_of(host: str, data: Path) -> dict[str, str]:
    """The program's own table of steps: the name of each, and whether it is done."""
    command = desk_command if host == DESK else drop_command
    told = CliRunner().invoke(command, ["ceremony", "--data", str(data), "--where"])
    assert told.exit_code == 0, told.output
    return {name: mark for mark, name in re.findall(r"^ +\d+ +(done|next|-) +(\w+) ", told.output, re.M)}
