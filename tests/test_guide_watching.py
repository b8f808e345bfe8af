"""docs/guide-watching.md: the way that it leads with is followed line by line, and leaves a notice in the folder."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from journalist_interface.commands import main
from tests.desk_office import new_office
from tests.keys_fixtures import CURVE25519, gpg_home
from tests.test_guide_onion import parse

GUIDE = (Path(__file__).resolve().parent.parent / "docs" / "guide-watching.md").read_text("utf-8")


def lines(title: str) -> list[str]:
    """The lines to be typed of a section."""
    text = GUIDE.split(f"\n### {title}\n", 1)[1].split("\n##", 1)[0]
    return [line for block in re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S) for line in block.splitlines()]


def test_a_folder_is_set_up_as_the_guide_says(tmp_path: Path) -> None:
    """From nothing but the reader's key on a stick: every line, in its order. Only whose a file is cannot be given."""
    with gpg_home(tmp_path / "reader") as reader, new_office(tmp_path / "desk") as office:
        (tmp_path / "stick").mkdir()
        key = reader.public(reader.make("reader", CURVE25519.format(expiry=0)))
        (tmp_path / "stick" / "officer.asc").write_bytes(key)
        said = []
        for line in lines("By a drop folder"):
            here = line.replace("/var/lib/candour", str(office.folder)).replace("$DESK", str(office.folder))
            words = shlex.split(
                here.replace("/mnt/stick", str(tmp_path / "stick")).replace("-o candour -g candour ", "")
            )
            if words[0] == "install":
                subprocess.run(words, check=True, timeout=60)
                continue
            done = CliRunner().invoke(main, words[1:])
            assert done.exit_code == 0, (line, done.output)
            said.append(done.output)
        assert "Today's notice for officer is on its way." in said[2]
        assert "says “Today's notice" in GUIDE.replace('"', "“")
        notice = office.folder / "notices" / "notice-officer.asc"
        assert notice.read_bytes().startswith(b"-----BEGIN PGP MESSAGE-----")


@pytest.mark.parametrize("line", [line for line in lines("By mail") if line.startswith("candour-")])
def test_a_line_for_mail_can_be_typed(line: str) -> None:
    """As it stands, with all that it requires."""
    parse(line)


def test_no_mail_is_sent_before_there_is_a_relay() -> None:
    """Who types the lines in their order has the socket first, then the relay's name, then an address, then the try."""
    order = ("systemctl daemon-reload", "systemctl enable --now candour-relay.socket", "candour-desk notice rhythm",
             "candour-desk notice add", "candour-desk notice send")  # fmt: skip
    typed = lines("By mail")
    assert [line for line, begins in zip(typed, order, strict=True) if not line.startswith(begins)] == []
    assert GUIDE.index("ListenStream=/var/lib/candour/relay.sock") < GUIDE.index(typed[0])
