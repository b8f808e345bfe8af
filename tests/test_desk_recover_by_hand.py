"""docs/recover-by-hand.md works word for word: gpg, a shell, the exported key, and a copy of the sealed files."""

import json
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from journalist_interface.commands import main
from tests.desk_office import PASSWORD, Office, new_office, write_letter

DOCUMENT = Path(__file__).parent.parent / "docs" / "recover-by-hand.md"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with real keys."""
    with new_office(tmp_path / "desk") as made:
        yield made


def steps() -> list[str]:
    """Return the commands of the document, one block after another."""
    return re.findall(r"^```sh\n(.*?)^```$", DOCUMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def shell(script: str, variables: dict[str, str]) -> str:
    """Run commands in a plain shell that knows nothing of this program; return what they print."""
    done = subprocess.run(
        ["/bin/sh", "-eu", "-c", script],
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_documents_commands_recover_a_letter_and_its_files(office: Office, tmp_path: Path) -> None:
    """From the exported key and the sealed files alone: the letter word for word, each file byte for byte."""
    files = {"photo.jpg": secrets.token_bytes(250_123), "empty.txt": b"", "zeros": bytes(65_000)}
    sent = office.deliver(write_letter(None, 'He said "no".\nTwice.'), files)
    office.deliver(write_letter(None, "Another letter."))
    shutil.copytree(office.folder / "post" / "sealed", tmp_path / "copy")
    key, passphrase, work = tmp_path / "secret.asc", tmp_path / "passphrase", tmp_path / "work"
    exported = CliRunner().invoke(
        main,
        ["export-intake-secret", "--data", str(office.folder), "--out", str(key)],
        input=f"amina\n{PASSWORD}\n{office.code()}\n",
    )
    assert exported.exit_code == 0, exported.output
    found = re.search(r"^[0-9a-f]{64}$", exported.stdout, re.MULTILINE)
    assert found
    passphrase.write_text(found[0] + "\n")
    work.mkdir(mode=0o700)
    variables = {"KEY": str(key), "PASSPHRASE": str(passphrase), "BLOBS": str(tmp_path / "copy"), "WORK": str(work)}
    home = {"GNUPGHOME": str(work / "gnupg")}
    bring_key, open_all, read, recover, clean_up = steps()
    shell(bring_key, variables)
    shell(open_all, variables | home)
    letters = [json.loads(line) for line in shell(read, variables).splitlines() if line]
    letter = next(each for each in letters if each["submission"] == sent.submission)
    assert len(letters) == 2
    assert letter["message"] == 'He said "no".\nTwice.'
    assert [record["name"] for record in letter["attachments"]] == list(files)
    for record in letter["attachments"]:
        one = {"BLOB": record["blob"], "SIZE": str(record["size"]), "SHA256": record["sha256"]}
        assert shell(recover, variables | one).strip().endswith("OK")
        assert (work / "attachment").read_bytes() == files[record["name"]]
    shell(clean_up, variables | home)
    assert not work.exists()
