"""Where a sitting stands: a small file in the host's data folder, without a secret in it.

Rules:
- It is written whole or not at all, after a step, or before what must not be done twice unseen: a power cut at any
  moment leaves the file of before or the one of after.
- What a host has done is looked up on the host itself (`Step.found`). This file holds what no host can tell: that
  people compared, wrote down, burnt.
"""

import fcntl
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ceremony.errors import CeremonyRefused
from keys.errors import Malformed
from keys.strict_json import read_object, write_object
from serving.language import gettext as _
from store.folder import check_private_folder, make_private_file, make_private_folder, read_private_file
from store.folder import write_private_file as write_whole

STATE = "ceremony.json"
_LOCK = ".ceremony.lock"
_LARGEST = 16 * 1024  # bytes
_MOST = 64  # steps, and facts
_LONGEST = 500  # characters


@dataclass
class Sitting:
    """Where one host's sitting stands. `number`: 32 hexadecimal digits that both hosts' sittings share; "" yet none.

    `facts` are what was answered, by name, such as how many shares there are. Never a secret.
    """

    folder: Path
    number: str = ""
    done: list[str] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)

    def begin(self) -> None:
        """Draw the number that tells this sitting from every other."""
        if not self.number:
            self.number = secrets.token_hex(16)
            self._keep()

    def join(self, number: str) -> None:
        """Take the number of the other host's sitting for this one's."""
        self.number = number
        self._keep()

    def forget(self, steps: Iterable[str], facts: Iterable[str]) -> None:
        """Have neither number nor these steps and facts: the other host has begun anew."""
        self.number = ""
        self.done = [step for step in self.done if step not in set(steps)]
        self.facts = {name: value for name, value in self.facts.items() if name not in set(facts)}
        self._keep()

    def note(self, **facts: str) -> None:
        """Keep what was answered, or what is about to be done."""
        self.facts |= facts
        self._keep()

    def finish(self, step: str) -> None:
        """Keep that a step is done."""
        if step not in self.done:
            self.done.append(step)
            self._keep()

    def _keep(self) -> None:
        make_private_folder(self.folder)
        document = {"candour_ceremony": 1, "sitting": self.number, "done": self.done, "facts": self.facts}
        write_whole(self.folder / STATE, write_object(document))


def read_sitting(folder: Path) -> Sitting:
    """Return where the sitting stands whose data folder this is; one that has not begun makes nothing there.

    Raises CeremonyRefused if the file is not one that this program wrote, FolderExposed if others can read it.
    """
    path = folder / STATE
    if not path.exists():
        return Sitting(folder)
    check_private_folder(folder)
    try:
        fields = read_object(read_private_file(path, _("Where the sitting stands")), _LARGEST)
        fields.exactly("candour_ceremony", 1)
        sitting = Sitting(folder, fields.text("sitting", 32))
        sitting.done = list(fields.list_of("done", _MOST, _short))
        facts = fields.value("facts")
        fields.end()
        if not isinstance(facts, dict) or len(facts) > _MOST:
            raise Malformed("facts")
        sitting.facts = {_short(name): _short(value) for name, value in facts.items()}
    except Malformed as broken:
        raise CeremonyRefused(
            _(
                "{path} is damaged. Nothing of the host is lost. Take the file away and run the same line again: what "
                "the host has done is found done, and what people compare is asked again."
            ).format(path=path)
        ) from broken
    return sitting


@contextmanager
def only_sitting(folder: Path) -> Iterator[None]:
    """Be the one sitting in this data folder. A killed one leaves no lock behind. Raises CeremonyRefused."""
    make_private_folder(folder)
    make_private_file(folder / _LOCK)
    with (folder / _LOCK).open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as reason:
            raise CeremonyRefused(
                _("The sitting goes on at another terminal of this machine already. Nothing was changed here.")
            ) from reason
        yield


def _short(untrusted: object) -> str:
    if not isinstance(untrusted, str) or len(untrusted) > _LONGEST:
        raise Malformed("a text is too long")
    return untrusted
