"""What a command shows once is gone with the screen, and in no core: at a real terminal, and in a script."""

import json
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest

from journalist_interface.desk_folder import open_desk
from journalist_interface.proof import prove
from keys.intake_secret import stop_agent
from tests.custodians import words_of
from tests.desk_office import PASSWORD, Office, new_office
from tests.terminal import Terminal, at_terminal

BIN = Path(sys.executable).parent
ENVIRONMENT = {"PATH": f"{BIN}:/usr/bin:/bin"}
CLEARED = "the screen is cleared, and this is never shown again."
SECRETS = re.compile(r"Secret for typing: \S.*|otpauth://\S+|^ {2}\S+-\S+$|[█▀▄]{3,}", re.M)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with real keys."""
    with new_office(tmp_path / "desk") as made:
        yield made


def command(*words: str) -> str:
    """A command line for the terminal's shell."""
    return shlex.join(["candour-desk", *words])


def answer(terminal: Terminal, question: str, line: str) -> None:
    """Wait for a question, and type the answer."""
    terminal.wait_for(question)
    terminal.type(line)


def say_who(terminal: Terminal, office: Office) -> None:
    """Be the officer."""
    answer(terminal, "Your user name", "amina")
    assert terminal.core_holds == 0, "what is typed next must be in no core"
    answer(terminal, "Your password", PASSWORD)
    answer(terminal, "Six-digit code", office.code())


def take_down(terminal: Terminal, name: str) -> str:
    """Be the person whose secrets are shown: come, take them down, have them cleared. Return the secret."""
    answer(terminal, f"{name} comes to the screen", "")
    answer(terminal, "Scanned? Press Enter", "")
    shown = terminal.wait_for(CLEARED)
    terminal.type("")
    assert name in shown
    found = re.findall(r"Secret for typing: (.+)", shown)
    return str(found[0]).replace(" ", "")


def test_the_first_people_of_a_desk_do_not_see_each_others_secrets(tmp_path: Path) -> None:
    """Not even by scrolling back: each one's stand on a screen of their own, and let in whom they were shown to."""
    folder = tmp_path / "desk"
    line = command("init", "--data", str(folder), "--username", "amina", "--colleague", "cora=supervisor")
    secrets = {}
    with at_terminal(line, ENVIRONMENT) as terminal:
        for name in ("amina", "cora"):
            answer(terminal, f"Password of {name}: ", PASSWORD + name)
            answer(terminal, "Repeat for confirmation: ", PASSWORD + name)
        for name in ("amina", "cora"):
            secrets[name] = take_down(terminal, name)
        for number in (1, 2, 3):
            answer(terminal, f"Share {number} of 3. Call its custodian", "")
            card = words_of(terminal.wait_for("the screen is cleared."))
            terminal.type("")
            answer(terminal, f"Share {number}: now type the 33 words", card)
        assert terminal.end() == 0, terminal.everything
        assert not SECRETS.findall(terminal.left)
        assert len([screen for screen in terminal.private if SECRETS.findall(screen)]) >= 2, (
            "else nothing was looked for"
        )
    desk = open_desk(folder)
    for name, secret in secrets.items():
        assert prove(desk, name, PASSWORD + name, pyotp.TOTP(secret).now()).reviewer.username == name
    desk.database.close()
    stop_agent(folder / "gnupg")


@pytest.mark.parametrize("stops", [False, True], ids=["to the end", "stopped with Ctrl-C"])
def test_a_new_reviewers_secrets_leave_the_screen(office: Office, stops: bool) -> None:
    """Nothing of them can be scrolled back to; whoever stops there is told that the account is made."""
    with at_terminal(command("reviewer", "add", "chidi", "--data", str(office.folder)), ENVIRONMENT) as terminal:
        say_who(terminal, office)
        answer(terminal, "typed by", PASSWORD + "chidi")
        answer(terminal, "Repeat for confirmation", PASSWORD + "chidi")
        if stops:
            answer(terminal, "comes to the screen", "")
            answer(terminal, "Scanned? Press Enter", "")
            terminal.wait_for(CLEARED)
            terminal.press_ctrl("c")
        else:
            take_down(terminal, "chidi")
        assert terminal.end() == int(stops), terminal.everything
        assert ("The account of chidi is made" in terminal.left) == stops
        assert not SECRETS.findall(terminal.left)
        assert SECRETS.findall("".join(terminal.private)), "else nothing was looked for"


ROOM = {"24 lines, the least that a console has": "24", "too few for the square": "23"}


@pytest.mark.parametrize("room", ROOM)
def test_nothing_is_shown_that_does_not_fit_the_screen(tmp_path: Path, room: str) -> None:
    """Such a screen cannot be scrolled back. Where the square has no room it says so, and the secret is typed."""
    script = tmp_path / "enrol.py"
    script.write_text(
        "from journalist_interface.accounts import make_account\n"
        "from journalist_interface.enrolment_screens import show_enrolment\n"
        "from journalist_interface.recovery_codes import draw_codes\n"
        "from store.desk.roles import Role\n"
        f"account = make_account('amina', {PASSWORD!r}, [Role.REVIEWER])\n"
        "show_enrolment(account, draw_codes(account.secret.seed, 'amina'))\n"
    )
    lines = {"LINES": ROOM[room], "COLUMNS": "80", "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    with at_terminal(f"{sys.executable} {script}", ENVIRONMENT | lines) as terminal:
        answer(terminal, "amina comes to the screen", "")
        if ROOM[room] == "23":
            answer(terminal, "then the secret is typed into the authenticator.", "")
        else:
            answer(terminal, "Scanned? Press Enter", "")
        answer(terminal, CLEARED, "")
        assert terminal.end() == 0, terminal.everything
        assert len(terminal.private) == (1 if ROOM[room] == "23" else 2)
        assert ("█" in "".join(terminal.private)) == (ROOM[room] == "24")
        assert not SECRETS.findall(terminal.left)
        for screen in terminal.private:
            shown = screen.partition("\x1b[2J")[2].partition("\x1b")[0].rstrip("\n")
            assert sum(1 + max(0, len(line) - 1) // 80 for line in shown.split("\n")) <= 24


def test_the_intake_passphrase_leaves_the_screen(office: Office, tmp_path: Path) -> None:
    """Nobody who sits down later scrolls up to what opens every letter."""
    line = command("export-intake-secret", "--data", str(office.folder), "--out", str(tmp_path / "secret.asc"))
    with at_terminal(line, ENVIRONMENT) as terminal:
        say_who(terminal, office)
        answer(terminal, "Written down? Press Enter.", "")
        assert terminal.end() == 0, terminal.everything
        assert office.passphrase() not in terminal.left
        assert office.passphrase() in "".join(terminal.private)


def test_a_script_that_makes_a_desk_leaves_no_core_either(tmp_path: Path) -> None:
    """Without any terminal: while it waits for the password, its core would hold nothing."""
    arguments = ["init", "--data", str(tmp_path / "desk"), "--username", "demo", "--password-stdin", "--json"]
    with subprocess.Popen(
        [BIN / "candour-desk", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        mask = Path(f"/proc/{process.pid}/coredump_filter")
        deadline = time.monotonic() + 30
        while int(mask.read_text(), 16) != 0 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert int(mask.read_text(), 16) == 0
        assert "\nMax core file size        0" in Path(f"/proc/{process.pid}/limits").read_text()
        said, _error = process.communicate(PASSWORD + "\n")
    assert json.loads(said)["username"] == "demo"
    stop_agent(tmp_path / "desk" / "gnupg")
