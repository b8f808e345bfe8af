"""The custodians of a desk's recovery key, for tests: what they type, and what comes of it."""

import re
from itertools import pairwise

from click.testing import CliRunner, Result

from journalist_interface.case_page import read_case
from journalist_interface.commands import main
from journalist_interface.intake_custody import seal_for_recovery
from keys.errors import SealBroken
from keys.hpke import SecretKey
from keys.intake_secret import new_passphrase
from keys.recovery_key import RecoverySecret
from keys.recovery_shares import RecoveryShare, ShareSet
from store.desk.account_tables import audit
from store.desk.case_tables import clearances
from store.desk.intake import put_recovery_copy
from store.desk.recovery import list_recoverable
from store.desk.reviewers import find_reviewer
from store.errors import Missing
from tests.desk_office import Office
from tests.terminal import Terminal

REASON = "Amina has left."


def run(office: Office, command: str, *typed: str) -> Result:
    """Run a command on the office's folder, typing lines."""
    words = [*command.split(), "--data", str(office.folder)]
    return CliRunner().invoke(main, words, input="".join(line + "\n" for line in typed))


def recover(office: Office, *typed: str, which: str = "--all", name: str = "bartek") -> Result:
    """Recover with a reason and what is typed after it."""
    return run(office, f"recover --reviewer {name} {which}", REASON, *typed)


def references(office: Office) -> list[str]:
    """Every case."""
    with office.desk.database.reading() as connection:
        return [case.reference for case in list_recoverable(connection)]


def readable(office: Office, username: str) -> list[str]:
    """The cases that really open with this reviewer's key."""
    opened = []
    for reference in references(office):
        try:
            read_case(office.desk, office.signed_in(username), reference)
        except (Missing, SealBroken):
            continue
        opened.append(reference)
    return opened


def acts(office: Office) -> list[tuple[str, str, str | None, str]]:
    """The trail from the recovery key's custodians."""
    with office.desk.database.reading() as connection:
        rows = connection.execute(audit.select().where(audit.c.actor == "recovery").order_by(audit.c.number)).all()
    return [(row.actor, row.act, row.case_reference, row.note) for row in rows]


def table(office: Office) -> list[tuple[object, ...]]:
    """Every clearance there is."""
    with office.desk.database.reading() as connection:
        rows = connection.execute(clearances.select().order_by(clearances.c.case_id, clearances.c.holder))
        return [tuple(row) for row in rows]


def combined(*shares: str) -> SecretKey:
    """The recovery key of so many shares."""
    held = ShareSet()
    for share in shares:
        held.add(RecoveryShare.read(share))
    return RecoverySecret(held.combine()).key()


def key_of(office: Office) -> SecretKey:
    """The office's recovery key."""
    return combined(*office.recovery.shares[:2])


def words_of(text: str) -> str:
    """Copy the numbered words of a screen or a card, as a custodian does."""
    found = dict(re.findall(r"\b(\d{1,2})  ([a-z]{4,8})\b", text))
    return " ".join(found[str(number)] for number in range(1, 34))


def take_share(terminal: Terminal, number: int) -> str:
    """Be the custodian of a new share: come, copy, have it cleared; return the card."""
    terminal.wait_for(f"Share {number} of 3. Call its custodian")
    terminal.type("")
    card = words_of(terminal.wait_for("the screen is cleared."))
    terminal.type("")
    return card


def type_back(terminal: Terminal, number: int, words: str) -> None:
    """Type a share back from the card."""
    terminal.wait_for(f"Share {number}: now type the 33 words")
    terminal.type(words)


def give(terminal: Terminal, number: int, words: str) -> None:
    """Type a share that is asked for, over three lines."""
    terminal.wait_for(f"Share {number}, of whichever card")
    for part in range(3):
        terminal.wait_for("> ")
        terminal.type(" ".join(words.split()[part * 11 : part * 11 + 11]))


def shows(text: str, share: str) -> bool:
    """Tell whether a text holds three words of a share in a row.

    Not counted are the first two, which are the whole set's, and the next two, which say the share's number and how
    many are needed: other sets have them too, and with the six bits of the fifth word three would be alike by chance.
    """
    return not _threes(share.split()[4:]).isdisjoint(_threes(re.findall("[a-z]+", text.casefold())))


def _threes(words: list[str]) -> set[tuple[str, ...]]:
    return {(*one, other[1]) for one, other in pairwise(pairwise(words))}


def seal_to_another(office: Office) -> None:
    """The intake key's passphrase is sealed to another key than the recovery key."""
    with office.desk.database.writing() as connection:
        public = find_reviewer(connection, "amina").public_key
        put_recovery_copy(connection, seal_for_recovery(public, new_passphrase()))


def erase_copy(office: Office) -> None:
    """It is sealed to none, as at a desk of before that nobody unlocked since."""
    with office.desk.database.writing() as connection:
        put_recovery_copy(connection, None)
