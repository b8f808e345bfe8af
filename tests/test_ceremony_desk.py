"""The sitting at the desk: a real terminal, words copied by hand; what is half made, and what is never taken away."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from click import ClickException

from ceremony.errors import CeremonyRefused
from ceremony.state import STATE, Sitting, only_sitting, read_sitting
from ceremony.steps import may_be_left
from journalist_interface.errors import SetUpRefused
from journalist_interface.recovery_cards import NewShares, Scheme, card
from journalist_interface.setting_up import Beginner, clear_half_made, is_complete, set_up_desk
from journalist_interface.sitting.host import DeskHost
from journalist_interface.sitting.making import make
from store.errors import FolderExposed
from tests.ceremony_table import BIN, DESK, DROP, steps_of
from tests.custodians import shows, words_of
from tests.desk_office import PASSWORD, Office, new_office
from tests.terminal import Terminal, at_terminal

GROUPS = re.compile(r"(?:[0-9A-F]{4} ){5}[0-9A-F]{4}")


def answer(terminal: Terminal, question: str, line: str) -> str:
    """Wait for a question, and type the answer; return what was said before it."""
    said = terminal.wait_for(question)
    terminal.type(line)
    return said


def plan(terminal: Terminal) -> None:
    """Answer what is asked before anything is made."""
    answer(terminal, "type “here” or “folder”> ", "folder")
    answer(terminal, "user name of the intake officer> ", "Amina!")
    answer(terminal, "user name of the intake officer> ", "amina")
    answer(terminal, "user name of the supervisor> ", "amina")
    answer(terminal, "user name of the supervisor> ", "none")
    answer(terminal, "user name of the administrator> ", "none")
    answer(terminal, "how many custodians> ", "2")
    answer(terminal, "needed together> ", "1")
    answer(terminal, "how many custodians> ", "2")
    answer(terminal, "needed together> ", "2")
    answer(terminal, "type “right” or “again”> ", "")
    answer(terminal, "type “right” or “again”> ", "right")


def enrol(terminal: Terminal) -> None:
    """Choose a password, and take down what the authenticator needs; the first code is mistyped."""
    answer(terminal, "password of amina> ", PASSWORD)
    answer(terminal, "once more> ", PASSWORD)
    answer(terminal, "amina comes to the screen", "")
    answer(terminal, "Scanned? Press Enter", "")
    shown = answer(terminal, "this is never shown again.", "")
    secret = re.findall(r"Secret for typing: (\S+)", shown)[0]
    answer(terminal, "shows now> ", "000000")
    again = answer(terminal, "shows now> ", pyotp.TOTP(secret).now())
    assert "or this machine's, where it is 2" in " ".join(again.split()), "a machine without a network is off by hours"
    assert "Secret for typing" not in again, "one digit is no reason to take everything down anew"


def copy_share(terminal: Terminal, number: int) -> str:
    """Be a custodian: come, copy, type back over several lines; one word is none, another is not the one."""
    answer(terminal, f"Share {number} of 2. Call its custodian", "")
    words = words_of(answer(terminal, "the screen is cleared.", ""))
    typed = words.split()
    answer(terminal, f"Share {number}: now type the 33 words", " ".join([*typed[:10], "nonsense", *typed[11:13]]))
    answer(terminal, "Word number 11 is not on the list of words.", " ".join(typed[10:32]))
    answer(terminal, "33> ", "acid" if typed[32] != "acid" else "acne")
    answer(terminal, "type what stands there: this word alone.", typed[32])
    return words


def test_words_copied_at_a_terminal_are_on_no_screen_afterwards_and_are_never_shown_twice(tmp_path: Path) -> None:
    """Ctrl-C after the first share: the same line goes on, has that card burnt, and hands out other words."""
    (tmp_path / "stick").mkdir()
    line = f"{BIN / DESK} ceremony --data {tmp_path}/desk --stick {tmp_path}/stick"
    with at_terminal(line, {}) as terminal:
        plan(terminal)
        enrol(terminal)
        first = copy_share(terminal, 1)
        terminal.wait_for("Share 2 of 2. Call its custodian")
        terminal.press_ctrl("c")
        assert terminal.end() == 1
        assert "To go on at this very place, type the same line again" in terminal.left
        assert line.removeprefix(f"{BIN}/") in terminal.left.replace("\n", "")
        assert not shows(terminal.left.replace(first, ""), first)
    assert not (tmp_path / "desk" / "gnupg").exists()
    with at_terminal(line, {}) as terminal:
        answer(terminal, "type “here” or “folder”> ", "folder")
        said = answer(terminal, "type “burnt”> ", "")
        groups = GROUPS.findall(" ".join(said.split()))
        answer(terminal, "type “burnt”> ", "burnt")
        enrol(terminal)
        again = copy_share(terminal, 1)
        assert not shows(again, first)
        copy_share(terminal, 2)
        answer(terminal, "type “written”> ", "written")
        shown = terminal.wait_for("type “back” or “again” or “leave”> ")
        assert groups[0] not in shown
        assert "    candour-drop ceremony --data /var/lib/candour --stick /mnt/stick\n" in shown
        terminal.type("leave")
        assert terminal.end() == 0
    assert steps_of(DESK, tmp_path / "desk")["aloud"] == "next"


@pytest.fixture
def half_made(tmp_path: Path) -> Path:
    """A desk that was being made when the power went: its intake key is there, nothing else."""
    folder = tmp_path / "desk"
    folder.mkdir(mode=0o700)
    (folder / "post").write_text("in the way")
    with pytest.raises((SetUpRefused, FileExistsError, FolderExposed)):
        set_up_desk(folder, [Beginner("amina", PASSWORD)], NewShares.draw(Scheme(2, 2)), lambda _new: None)
    (folder / "post").unlink()
    assert (folder / "gnupg").is_dir()
    assert not is_complete(folder)
    return folder


def host_in(folder: Path) -> DeskHost:
    """A desk in its sitting, whose questions nobody answers."""
    return DeskHost(folder, folder.parent / "stick", read_sitting(folder))


def test_a_half_made_desk_is_cleared_only_by_the_sitting_that_began_it(half_made: Path) -> None:
    """A key without a database may be all that is left of a desk that burnt."""
    with pytest.raises(SetUpRefused, match="There is a desk"):
        make(host_in(half_made))
    assert (half_made / "gnupg").is_dir()
    sitting = Sitting(half_made)
    sitting.note(making="yes", officer="amina", shares="2", needed="2", cards="")
    with pytest.raises((EOFError, OSError)):
        make(host_in(half_made))  # it asks for a password, which nobody types
    assert not (half_made / "gnupg").exists()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk that was made by hand."""
    with new_office(tmp_path / "desk") as made:
        yield made


def test_a_desk_that_is_whole_is_never_cleared(office: Office) -> None:
    """Whatever the sitting noted."""
    with pytest.raises(SetUpRefused, match="There is a desk"):
        clear_half_made(office.folder)
    assert is_complete(office.folder)


def test_a_desk_made_by_hand_is_found_done(office: Office) -> None:
    """By what is on the host; nothing is asked about it."""
    steps = steps_of(DESK, office.folder)
    assert (steps["plan"], steps["make"], steps["road"]) == ("done", "done", "next")


DAMAGED = {
    "half of it": '{"candour_ceremony":1,',
    "nothing": "",
    "another version": '{"candour_ceremony":2,"sitting":"","done":[],"facts":{}}',
    "a fact that is no text": '{"candour_ceremony":1,"sitting":"","done":[],"facts":{"shares":3}}',
}


@pytest.mark.parametrize("which", DAMAGED)
def test_a_damaged_state_is_told_in_a_sentence(tmp_path: Path, which: str) -> None:
    """And what to do: what the host has done is found done."""
    tmp_path.chmod(0o700)
    (tmp_path / STATE).write_text(DAMAGED[which])
    (tmp_path / STATE).chmod(0o600)
    with pytest.raises(CeremonyRefused, match="Take the file away and run the same line again"):
        read_sitting(tmp_path)


def test_a_state_that_others_can_write_is_not_believed(tmp_path: Path) -> None:
    """They could have said that people compared."""
    tmp_path.chmod(0o700)
    Sitting(tmp_path).finish("aloud")
    (tmp_path / STATE).chmod(0o666)
    with pytest.raises(FolderExposed):
        read_sitting(tmp_path)


def test_two_terminals_are_one_too_many(tmp_path: Path) -> None:
    """The second is told, and changes nothing; a killed one leaves no lock."""
    folder = tmp_path / "desk"
    with only_sitting(folder), pytest.raises(CeremonyRefused, match="at another terminal"), only_sitting(folder):
        pass
    with only_sitting(folder):
        assert read_sitting(folder).done == []


# What people write down by hand, and type back.
WRITING = (
    "from pathlib import Path; from ceremony.finishing import keep_signer; "
    "keep_signer(Path('a backup'), 'backups', '1A2B 3C4D 5E6F 7A8B 9C0D 1E2F')"
)
BACKUPS = ["1A2B", "3C4D", "5E6F", "7A8B", "9C0D", "1E2F"]


def test_groups_are_typed_from_paper_for_they_have_left_the_screen(tmp_path: Path) -> None:
    """Whoever types something else three times sees them once more, and cannot go on without paper."""
    script = tmp_path / "writing.py"
    script.write_text(WRITING)
    with at_terminal(
        f"{sys.executable} {script}", {"PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    ) as terminal:
        answer(terminal, "Written? Press Enter", "")
        for _attempt in range(3):
            answer(terminal, "backups, groups ", "0000 0000 0000")
        terminal.wait_for("It is shown once more: put the paper right.")
        answer(terminal, "Written? Press Enter", "")
        asked = terminal.wait_for("> ")
        numbers = [int(number) for number in re.findall(r"groups ([\d ]+)> ", asked)[-1].split()]
        terminal.type(" ".join(BACKUPS[number - 1] for number in numbers))
        assert terminal.end() == 0, terminal.everything
        # Three are typed, and may be any three; all of them stood on the cleared screens alone.
        assert " ".join(BACKUPS) not in terminal.left
        assert sum(" ".join(BACKUPS) in each for each in terminal.private) == 2


def test_half_a_letter_is_asked_for_again(tmp_path: Path) -> None:
    """A bare console takes back one byte at a time: who mends a slip in “Café” must not end the sitting by it."""
    script = tmp_path / "asking.py"
    script.write_text("from ceremony.asking import ask; print('taken:', ask('name'))")
    with at_terminal(
        f"{sys.executable} {script}", {"PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    ) as terminal:
        answer(terminal, "name> ", "Café\x7f")
        answer(terminal, "type it again.\nname> ", "Cafe")
        assert terminal.end() == 0, terminal.everything
        assert "taken: Cafe\n" in terminal.left


def test_a_disk_or_a_stick_that_fails_is_told_in_a_sentence_with_the_line_that_goes_on(tmp_path: Path) -> None:
    """Pulled out while it is read, or mounted for somebody else."""
    sentence = r"(?s)stick/list: No such file.*type the same line again:\n    the line"
    with pytest.raises(ClickException, match=sentence), may_be_left("the line"):
        (tmp_path / "stick" / "list").read_bytes()


def test_a_card_has_room_for_what_is_written_in_by_hand() -> None:
    """Four signs of a hand need an inch; six of them in a line of 78 are what a page has."""
    text = card(NewShares.draw(Scheme(3, 2)), 1)
    blanks = [line.split() for line in text.splitlines() if line.count("____ ") >= 5]
    assert [len(line) for line in blanks] == [6, 6]
    assert min(len(blank) for line in blanks for blank in line) >= 11
    assert max(len(line) for line in text.splitlines()) <= 78
    assert len(text.splitlines()) <= 62


@pytest.mark.parametrize("host", [DESK, DROP])
def test_what_is_typed_in_the_sitting_is_in_no_core(tmp_path: Path, host: str) -> None:
    """At the source host too: a pairing token passes through it."""
    (tmp_path / "stick").mkdir()
    with at_terminal(f"{BIN / host} ceremony --data {tmp_path}/data --stick {tmp_path}/stick", {}) as terminal:
        terminal.wait_for("type “here” or “folder”> ")
        assert terminal.core_holds == 0
