"""docs/guide-recovery.md, walked as it stands: its own commands at a terminal, from the first card to the last case."""

import hashlib
import re
import secrets
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pyotp
import pytest

from journalist_interface.accounts import make_account
from journalist_interface.case_documents import LetterDocument
from journalist_interface.case_page import read_case
from journalist_interface.desk_folder import open_desk
from journalist_interface.downloading import start_download
from journalist_interface.key_names import name_key
from journalist_interface.proof import prove
from journalist_interface.recovery_cards import NewShares
from keys.intake_secret import agent_running
from keys.recovery_shares import RecoveryShare, ShareSet
from store.desk.account_tables import audit, reviewers, roles, second_factors
from store.desk.audit_reading import verify_trail
from store.desk.reviewers import add_reviewer
from store.desk.roles import Role
from tests.custodians import give, shows, take_share, type_back, words_of
from tests.desk_office import PASSWORD, Office, new_office, write_letter
from tests.terminal import BIN, Terminal, at_terminal
from tests.two_officers import add_waiting_officer

PAGE = Path(__file__).parent.parent / "docs" / "guide-recovery.md"
INIT, VERIFY, RECOVER, AUDIT, INTAKE, RENEW = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
CASES = 30


def variables(desk: Path, name: str) -> dict[str, str]:
    """What a reader of the page puts in."""
    return {"DESK": str(desk), "NAME": name, "PATH": f"{BIN}:/usr/bin:/bin"}


def nothing_is_left(terminal: Terminal, cards: list[str]) -> None:
    """No share stands in what can be scrolled back to, neither shown nor typed."""
    assert not any(shows(terminal.left, card) for card in cards)
    assert any(shows(screen, card) for screen in terminal.private for card in cards), "else nothing was looked for"
    assert len(terminal.private) >= len(cards)


def make_desk(folder: Path) -> tuple[Office, list[str]]:
    """Make the desk as the page says; the second custodian copies two words in the wrong order at first."""
    cards = []
    with at_terminal(INIT, variables(folder, "amina")) as terminal:
        for question in ("Password of amina: ", "Repeat for confirmation: "):
            terminal.wait_for(question)
            terminal.type(PASSWORD)
        terminal.wait_for("amina comes to the screen")
        terminal.type("")
        terminal.wait_for("Scanned? Press Enter")
        terminal.type("")
        code = terminal.wait_for("never shown again.")
        terminal.type("")
        assert not folder.exists(), "who stops here is left with no desk that opens to nobody"
        for number in (1, 2, 3):
            card = take_share(terminal, number)
            if number == 2:
                words = card.split()
                words[6], words[7] = words[7], words[6]
                type_back(terminal, number, " ".join(words))
                terminal.wait_for("type what stands there: this word alone.")
                terminal.type(words[6])
                terminal.wait_for("Not the same as was shown, at number 7, 8.")
                assert words_of(terminal.wait_for("the screen is cleared.")) == card
                terminal.type("")
            assert not folder.exists(), "nothing is made before the last share has been typed back"
            type_back(terminal, number, " ".join(word[:4].upper() for word in card.split()))
            terminal.wait_for(f"Share {number} is copied rightly.")
            cards.append(card)
        terminal.wait_for("Recovery key of this desk, in the hands of its custodians")
        assert terminal.end() == 0, terminal.everything
        nothing_is_left(terminal, cards)
    totp = re.findall(r"Secret for typing: (\S+)", code)[0]
    desk = open_desk(folder)
    secret = prove(desk, "amina", PASSWORD, pyotp.TOTP(totp).now()).secret
    return Office(desk, {"amina": secret}, NewShares(b"", tuple(cards), 2)), cards


def lose_the_only_reviewer(office: Office) -> None:
    """Lose the account, and give a new one to chidi, who is cleared for nothing."""
    chidi = make_account("chidi", PASSWORD, (Role.INTAKE_OFFICER, Role.REVIEWER), office.passphrase())
    with office.desk.database.writing() as connection:
        connection.execute(second_factors.delete())
        connection.execute(roles.delete())
        connection.execute(reviewers.delete())
        add_reviewer(connection, chidi.reviewer)
        name_key(connection, chidi.reviewer.username, chidi.reviewer.username, chidi.reviewer.public_key)
    office.secrets = {"chidi": chidi.secret}


def everything_opens(office: Office, references: dict[str, dict[str, bytes]], username: str) -> None:
    """Each case is read, and each attachment downloaded, by this reviewer."""
    for reference, files in references.items():
        case = read_case(office.desk, office.signed_in(username), reference)
        [letter] = [entry.document for entry in case.entries if isinstance(entry.document, LetterDocument)]
        assert letter.message == f"Case of {sorted(files)}"
        assert {each.name for each in letter.attachments} == set(files)
        for each in letter.attachments:
            pieces = start_download(office.desk, office.signed_in(username), reference, each.id).pieces()
            assert hashlib.sha256(b"".join(pieces)).digest() == hashlib.sha256(files[each.name]).digest()


def fill(office: Office, cases: int) -> dict[str, dict[str, bytes]]:
    """Open letters with one or two attachments each; return the files by case."""
    made = {}
    for number in range(cases):
        files = {f"{number}-{part}.jpg": secrets.token_bytes(1000 + number) for part in range(1 + number % 2)}
        made[office.open(office.deliver(write_letter(None, f"Case of {sorted(files)}"), files))] = files
    return made


def test_the_page_from_the_first_card_to_the_last_case(tmp_path: Path) -> None:
    """A desk made, thirty cases, the only reviewer lost, two custodians: every case opens, every file byte for byte."""
    office, cards = make_desk(tmp_path / "desk")
    with agent_running(office.desk.paths.gnupg):
        made = fill(office, CASES)
        lose_the_only_reviewer(office)
    with at_terminal(VERIFY, variables(office.folder, "chidi")) as terminal:
        for number, card in enumerate(cards, start=1):
            give(terminal, number, card)
            assert terminal.core_holds == 0, "what is typed must be in no core"
        terminal.wait_for("To end, press Enter alone.")
        terminal.type("")
        assert terminal.end() == 0, terminal.everything
        assert "These shares give the recovery key of this desk. No case was opened." in terminal.left
        assert "They would open the post too" in terminal.left
        nothing_is_left(terminal, cards)
    with at_terminal(RECOVER, variables(office.folder, "chidi")) as terminal:
        terminal.wait_for(f"{CASES} cases will be opened to chidi.")
        terminal.wait_for("Why?")
        terminal.type("Amina has left; the board decided it.")
        give(terminal, 1, cards[2])
        give(terminal, 2, cards[0])
        assert terminal.end() == 0, terminal.everything
        assert f"chidi can read {CASES} cases now." in terminal.left
        nothing_is_left(terminal, [cards[0], cards[2]])
    everything_opens(office, made, "chidi")
    with at_terminal(AUDIT, variables(office.folder, "chidi")) as terminal:
        assert terminal.end() == 0, terminal.everything
    with office.desk.database.reading() as connection:
        verify_trail(connection)
        rows = connection.execute(audit.select().where(audit.c.act == "recover")).all()
    assert rows[0].note == f"chidi, {CASES} cases: Amina has left; the board decided it."
    assert {row.case_reference for row in rows[1:]} == set(made)
    the_post_opens_again(office, cards)
    office.desk.database.close()
    no_share_is_on_disk(office.folder, cards)


def the_post_opens_again(office: Office, cards: list[str]) -> None:
    """A letter waits, and no officer is left who could unlock: custodians hand the key to dana, who opens it."""
    letter = office.deliver(write_letter(None, "It waited."))
    with office.desk.database.writing() as connection:
        connection.execute(roles.delete().where(roles.c.role == Role.INTAKE_OFFICER.value))
    add_waiting_officer(office, "dana")
    with at_terminal(INTAKE, variables(office.folder, "dana")) as terminal:
        terminal.wait_for("The intake key will be handed to dana.")
        terminal.wait_for("Why?")
        terminal.type("Chidi has left too.")
        give(terminal, 1, cards[1])
        give(terminal, 2, cards[2])
        assert terminal.end() == 0, terminal.everything
        assert "dana holds the intake key now." in terminal.left
        nothing_is_left(terminal, cards[1:])
    with agent_running(office.desk.paths.gnupg):
        reference = office.open(letter, "dana", ("dana",))
    assert read_case(office.desk, office.signed_in("dana"), reference).entries


def no_share_is_on_disk(folder: Path, cards: list[str]) -> None:
    """Neither four words of a share in a row, nor its value, nor the key that shares give."""
    held = ShareSet()
    for card in cards[:2]:
        held.add(RecoveryShare.read(card))
    secret = held.combine()
    needles = [secret, secret.hex().encode(), *(" ".join(card.split()[4:8]).encode() for card in cards)]
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [needle for needle in needles if needle in content], path


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk whose shares are known."""
    with new_office(tmp_path / "desk") as made:
        yield made


def test_the_page_renews_and_the_old_cards_open_nothing_new(office: Office) -> None:
    """The new shares recover old cases and later ones, at a desk that ran all the while; the old ones are refused."""
    made = fill(office, 3)
    old = list(office.recovery.shares)
    with at_terminal(RENEW, variables(office.folder, "")) as terminal:
        give(terminal, 1, old[0])
        give(terminal, 2, old[1])
        cards = []
        for number in (1, 2, 3):
            cards.append(take_share(terminal, number))
            type_back(terminal, number, cards[-1])
        assert terminal.end() == 0, terminal.everything
        assert "3 cases are sealed to the new recovery key" in terminal.left
        nothing_is_left(terminal, cards + old[:2])
    made |= fill(office, 1)
    lose_the_only_reviewer(office)
    with at_terminal(RECOVER, variables(office.folder, "chidi")) as terminal:
        terminal.wait_for("Why?")
        terminal.type("An old card turned up.")
        give(terminal, 1, old[0])
        give(terminal, 2, old[2])
        assert terminal.end() == 1
        assert "which is not this desk's" in terminal.left
    with at_terminal(RECOVER, variables(office.folder, "chidi")) as terminal:
        terminal.wait_for("Why?")
        terminal.type("Amina has left.")
        give(terminal, 1, cards[1])
        give(terminal, 2, cards[2])
        assert terminal.end() == 0, terminal.everything
    everything_opens(office, made, "chidi")


STOPS: dict[str, Callable[[Terminal], None]] = {
    "Ctrl-C": lambda terminal: terminal.press_ctrl("c"),
    "Ctrl-backslash": lambda terminal: terminal.press_ctrl("\\"),
    "Ctrl-D": lambda terminal: terminal.press_ctrl("d"),
    "the host goes down": lambda terminal: terminal.signal(signal.SIGTERM),
    "the window is closed": lambda terminal: terminal.signal(signal.SIGHUP),
}


@pytest.mark.parametrize("stop", STOPS)
def test_whoever_stops_in_the_middle_has_changed_nothing(office: Office, stop: str) -> None:
    """While the second new share is on the screen: it is cleared, a sentence says so, the old shares hold."""
    made = fill(office, 1)
    old = list(office.recovery.shares)
    with at_terminal(RENEW, variables(office.folder, "")) as terminal:
        give(terminal, 1, old[0])
        give(terminal, 2, old[1])
        first = take_share(terminal, 1)
        type_back(terminal, 1, first)
        terminal.wait_for("Share 2 of 3. Call its custodian")
        terminal.type("")
        terminal.wait_for("the screen is cleared.")
        assert terminal.ignores(signal.SIGTSTP), "Ctrl-Z would lay the screen aside with a share on it"
        STOPS[stop](terminal)
        assert terminal.end() == 1
        assert "Stopped. Nothing was changed." in terminal.left
        nothing_is_left(terminal, [first, *old[:2]])
    lose_the_only_reviewer(office)
    with at_terminal(RECOVER, variables(office.folder, "chidi")) as terminal:
        terminal.wait_for("Why?")
        terminal.type("Amina has left.")
        give(terminal, 1, old[2])
        give(terminal, 2, old[1])
        assert terminal.end() == 0, terminal.everything
    everything_opens(office, made, "chidi")
