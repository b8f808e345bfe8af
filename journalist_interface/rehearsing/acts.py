"""What happens in a rehearsal, one act after another: the sitting, a letter, the disaster, the way back."""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from ceremony.asking import ask_word, say
from ceremony.state import read_sitting
from ceremony.words import AGAIN, DESK_BACKUPS, DROP_BACKUPS
from journalist_interface.desk_folder import Desk, opened_desk
from journalist_interface.errors import CustodyRefused, NotAnOfficer, SetUpRefused
from journalist_interface.letter_opening import open_letter
from journalist_interface.officers_asked import ProvedOfficers, ask_key_holders
from journalist_interface.opening import open_parcel
from journalist_interface.rehearsing.answers import USUAL, Answers
from journalist_interface.rehearsing.practice_source import PracticeSource
from journalist_interface.rehearsing.pretend_tor import pretended_tor
from journalist_interface.rehearsing.running import DESK, DROP, run_command, running
from journalist_interface.rehearsing.scratch import Scratch
from journalist_interface.sessions import SignedIn
from keys.errors import SignInRefused
from keys.session_seal import SessionToken
from serving.language import gettext as _
from store.desk.parcels import list_parcels

LETTER = _("This letter is made up, for a rehearsal. If you can read it after the disaster, you have practised well.")
_SERVED_WITHIN_SECONDS = 60
_LOOK_SECONDS = 0.05
_CODE = re.compile(r"^(?:[0-9A-Z]{4}-){13}[0-9A-Z]{4}\r?$", re.M)


@dataclass
class Rehearsal:
    """One rehearsal: its scratch folder; `answers`, if nobody sits there; what the source alone knows."""

    scratch: Scratch
    answers: Answers | None
    codename: str = field(default="", repr=False)

    def sitting(self, host: str, prefer: str, until: str) -> None:
        """Go on with a host's sitting until this step is done. Raises SetUpRefused if nobody is here to try again."""
        if self.answers is not None:
            self.answers.prefer = (prefer, *USUAL)
        data = self.scratch.desk if host == DESK else self.scratch.drop
        if until in read_sitting(data).done:
            return
        words = [host, "ceremony", "--data", str(data), "--stick", str(self.scratch.stick)]
        # How it ends says nothing: people leave it, and the check always names Tor, which no scratch host runs.
        self._run([*words, "--rehearsal"] if host == DESK else words, lambda _ended: until in read_sitting(data).done)

    def run(self, words: list[str], typed: str = "") -> str:
        """Run a command; return what it said if nobody sits there. Raises SetUpRefused."""
        return self._run(words, lambda ended: ended == 0, typed)

    def _run(self, words: list[str], is_done: Callable[[int], bool], typed: str = "") -> str:
        while True:
            ended, said = run_command(words, self.answers, typed)
            if is_done(ended):
                return said
            if self.answers is not None:
                raise SetUpRefused(
                    _("The rehearsal ends here: “{line}” was not done. Tell us.").format(line=" ".join(words[:2]))
                )
            say(_("That was not done to its end: a good thing to practise. The same line comes again."))
            ask_word(_("Type “again”; or press Ctrl-C to end the rehearsal."), AGAIN)


def sit_down(rehearsal: Rehearsal) -> None:
    """The sitting, at both hosts in turn."""
    say(
        _(
            "Type no word of a real card today, and no real password: a rehearsal is made to be looked over each "
            "other's shoulder. Two machines are played by this one. Whenever one host waits for the other, type "
            "“leave”: then the other goes on. Write groups down as you would, and PRACTICE on every paper. There is "
            "no stick to be taken out: a folder stands for it."
        )
    )
    rehearsal.sitting(DESK, "leave", "stick")
    rehearsal.sitting(DROP, "leave", "onions")
    say(_("Back at the desk. Type “back” when it asks for the stick. Write its answer down, then type “leave”."))
    rehearsal.sitting(DESK, "back", "aloud")
    say(_("The source host: “paired”, and the desk's answer from your paper. The stick is where it was: “here”."))
    rehearsal.sitting(DROP, "paired", "servers")
    say(_("What the check names is right here: scratch hosts run no Tor. Back at the desk: its answer is “taken”."))
    rehearsal.sitting(DESK, "taken", "servers")


def send_letter(rehearsal: Rehearsal) -> None:
    """A source writes; the courier collects; the night's backups are made."""
    with served(rehearsal.scratch) as source:
        rehearsal.codename = source.report(LETTER)
        say(_("A made-up source has written a letter, and keeps these seven words:"))
        say(f"    {rehearsal.codename}")
        collect(rehearsal)
    backups = str(rehearsal.scratch.stick / "candour-backups")
    rehearsal.run([DESK, "backup", "--data", str(rehearsal.scratch.desk), "--out", backups])
    rehearsal.run([DROP, "backup", "--data", str(rehearsal.scratch.drop), "--out", backups])


def lose_both(rehearsal: Rehearsal) -> None:
    """The disaster."""
    for folder in (rehearsal.scratch.desk, rehearsal.scratch.drop):
        shutil.rmtree(folder)
    say(_("Both machines are gone. What is left: the cards, the paper, the stick with the backups, and the source."))


def restore_desk(rehearsal: Rehearsal) -> None:
    """The desk comes back, with the custodians' shares; first typed wrongly, so that everybody has seen it."""
    say(
        _(
            "Try what may go wrong: type a share with two of its words in each other's place, then rightly; then the "
            "same share a second time; then the second custodian's. Nothing is lost by a wrong one."
        )
    )
    if rehearsal.answers is not None:
        rehearsal.answers.practise_slips()
    words = [DESK, "restore", "--data", str(rehearsal.scratch.desk), "--backup", _backup(rehearsal, "desk")]
    rehearsal.run([*words, *_signed_by(rehearsal, DESK_BACKUPS)])


def restore_drop(rehearsal: Rehearsal) -> None:
    """The source host comes back, with a code from the desk: shares are never typed there."""
    backup = ["--backup", _backup(rehearsal, "drop"), *_signed_by(rehearsal, DROP_BACKUPS)]
    said = rehearsal.run([DESK, "backup-code", *backup])
    code = f"{_CODE.findall(said)[0].strip()}\n" if said else ""
    rehearsal.run([DROP, "restore", "--data", str(rehearsal.scratch.drop), *backup], typed=code)


def read_letter(rehearsal: Rehearsal) -> None:
    """The intake officer opens the letter that came before the disaster."""
    with opened_desk(rehearsal.scratch.desk) as desk, desk.database.reading() as connection:
        [parcel] = list_parcels(connection)
    with opened_desk(rehearsal.scratch.desk) as desk:
        signed_in, passphrase = _officer(rehearsal, desk)
        message = open_letter(desk, passphrase, parcel).message
        say(_("The letter, as the officer reads it:"), f"    {message}")
        if message != LETTER:
            raise SetUpRefused(_("That is not the letter that was sent. The rehearsal failed: tell us."))
        open_parcel(desk, signed_in, passphrase, parcel.submission, (signed_in.username,))


def return_of_the_source(rehearsal: Rehearsal) -> None:
    """The source comes back to the restored site with the seven words; the courier works again."""
    with served(rehearsal.scratch) as source:
        collect(rehearsal)
        if not source.comes_back(rehearsal.codename):
            raise SetUpRefused(_("The codename opens nothing. The rehearsal failed: tell us."))
    say(_("The seven words open the source's inbox, at the address of before."))


@contextmanager
def served(scratch: Scratch) -> Iterator[PracticeSource]:
    """Have the scratch source host serve, and the courier find it; give a source who knows its address."""
    site, door = scratch.drop / "site.sock", scratch.drop / "door.sock"
    data = ["--data", str(scratch.drop)]
    with ExitStack() as servers:
        servers.enter_context(running([DROP, "serve", *data, "--bind", f"unix:{site}", "--from-tor"]))
        servers.enter_context(running([DROP, "door", *data, "--bind", f"unix:{door}"]))
        servers.enter_context(pretended_tor(scratch.desk / "tor" / "socks.sock", door))
        _wait_for(lambda: site.exists() and door.exists())
        address = (scratch.drop / "tor" / "site" / "hostname").read_text("ascii").strip()
        yield PracticeSource(site, address)


def collect(rehearsal: Rehearsal) -> None:
    """Have the courier collect, without the padding and the slowness that hide a real collection."""
    words = [DESK, "collect", "--data", str(rehearsal.scratch.desk), "--least", "0", "--at-most", "0"]
    rehearsal.run(words)


def _officer(rehearsal: Rehearsal, desk: Desk) -> tuple[SignedIn, str]:
    if rehearsal.answers is None:
        say(_("The intake officer says who they are, with the password and the authenticator of the sitting."))
        officers = ask_until_right(desk)
        proof, passphrase = officers.proofs[0], officers.passphrase
    else:
        proof, passphrase = rehearsal.answers.unlock(desk)
    return SignedIn(proof.reviewer.username, proof.secret.key(), SessionToken.draw()), passphrase


def ask_until_right(desk: Desk) -> ProvedOfficers:
    """Ask as often as it takes: a wrong digit is no reason to throw an hour away."""
    while True:
        try:
            return ask_key_holders(desk)
        except (SignInRefused, NotAnOfficer, CustodyRefused):
            say(
                _(
                    "That was not right: user name, password or digits. Nothing is lost. Wait until the telephone "
                    "shows new digits, under “Candour PRACTICE”, and try again."
                )
            )


def _backup(rehearsal: Rehearsal, host: str) -> str:
    return str(rehearsal.scratch.backup_of(host))


def _signed_by(rehearsal: Rehearsal, label: str) -> list[str]:
    """Return the option with the groups on paper; people are asked about them instead."""
    return [] if rehearsal.answers is None else ["--signed-by", rehearsal.answers.heard[label]]


def _wait_for(there: Callable[[], bool]) -> None:
    ends = time.monotonic() + _SERVED_WITHIN_SECONDS
    while not there():
        if time.monotonic() > ends:
            raise SetUpRefused(_("The practice site did not start. Nothing real was touched."))
        time.sleep(_LOOK_SECONDS)
