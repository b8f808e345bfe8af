"""`candour-desk audit checkpoint` as people meet it: what is signed, with which key; what is recorded and refused."""

import json
import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection

from journalist_interface.commands import main
from journalist_interface.pairing import pair
from keys.checkpoint import read_checkpoint
from keys.intake_key import load_intake_key
from store.desk.audit import Act, record_act
from store.desk.audit_reading import Wanted, read_trail, verify_trail
from tests.desk_office import Office, new_office
from tests.harms import execute
from tests.recorded_acts import run, trail
from tests.trail_tampering import by_sql, forge


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk just made, not served by anybody."""
    with new_office(tmp_path / "desk") as made:
        made.desk.database.close()
        yield made


def test_init_says_what_to_write_down(tmp_path: Path) -> None:
    """The signer that `init` prints is the one that signs checkpoints and that `verify --signer` takes from paper."""
    folder = tmp_path / "desk"
    sharing = ["--demonstration", "--shares", "1", "--needed", "1", "--shares-to", str(tmp_path)]
    done = CliRunner().invoke(
        main,
        ["init", "--data", str(folder), "--username", "amina", "--password-stdin", *sharing],
        input="seven quiet otters\n",
    )
    assert done.exit_code == 0, done.output
    signer = re.findall(r"signed by ([0-9a-f]{64})\.", done.stdout)[0]
    out = tmp_path / "checkpoint.json"
    assert CliRunner().invoke(main, ["audit", "checkpoint", "--data", str(folder), "--out", str(out)]).exit_code == 0
    assert read_checkpoint(out.read_bytes()).signer.hex() == signer
    copied = " ".join(signer[i : i + 8] for i in range(0, 64, 8)).upper()
    arguments = ["audit", "verify", "--data", str(folder), "--since", str(out), "--signer", copied]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    assert stat.S_IMODE((folder / "audit-signing-key").stat().st_mode) == 0o600


def test_a_checkpoint_is_recorded_and_covers_its_own_record(office: Office, tmp_path: Path) -> None:
    """It is for one person, says where to keep it, and an existing file is left alone."""
    out = tmp_path / "checkpoint.json"
    done = run(office, "checkpoint", "--out", str(out))
    assert done.exit_code == 0, done.output
    assert "Take it away from this host now" in done.stdout
    made = read_checkpoint(out.read_bytes())
    made.check_signature()
    assert made.signer.hex() in done.stdout
    last = trail(office)[-1]
    assert (last.number, last.actor, last.act) == (made.point.number, "", "checkpoint")
    before = out.read_bytes()
    again = run(office, "checkpoint", "--out", str(out))
    assert (again.exit_code, out.read_bytes(), len(trail(office))) == (1, before, last.number)


def test_a_broken_trail_is_not_signed(office: Office, tmp_path: Path) -> None:
    """A checkpoint of it would vouch for the alteration."""
    by_sql("UPDATE audit SET actor = 'bartek'")(office.folder)
    done = run(office, "checkpoint", "--out", str(tmp_path / "checkpoint.json"))
    assert done.exit_code == 1
    assert "broken at record 1; candour-desk audit verify says how" in done.stderr
    assert not (tmp_path / "checkpoint.json").exists()


def test_nothing_is_signed_with_another_key_than_the_desks(office: Office, tmp_path: Path) -> None:
    """Exchanged, cut short, missing, open to others: a sentence each, no checkpoint, no record."""
    key, out, records = office.folder / "audit-signing-key", tmp_path / "checkpoint.json", len(trail(office))
    for content, said in ((bytes(32), "not that of the database"), (bytes(31), "damaged"), (None, "is missing")):
        key.unlink(missing_ok=True)
        if content is not None:
            key.write_bytes(content)
            key.chmod(0o600)
        done = run(office, "checkpoint", "--out", str(out))
        assert done.exit_code == 1
        assert said in done.stderr
        assert not out.exists()
    assert len(trail(office)) == records
    key.write_bytes(bytes(32))
    key.chmod(0o644)
    assert "Others can read" in run(office, "checkpoint", "--out", str(out)).stderr


def lose_signer(office: Office) -> None:
    """Take the signing key out of folder and settings."""
    (office.folder / "audit-signing-key").unlink()
    execute(office.folder / "desk.sqlite", "DELETE FROM settings WHERE name = 'audit-signer'")


def test_a_signing_key_that_was_taken_out_is_not_made_anew(office: Office, tmp_path: Path) -> None:
    """The trail names it: who loses it on purpose gets no second one, and verify says so."""
    lose_signer(office)
    done = run(office, "checkpoint", "--out", str(tmp_path / "checkpoint.json"))
    assert done.exit_code == 1
    assert "somebody took it out" in done.stderr
    verified = run(office, "verify")
    assert verified.exit_code == 1
    assert "The trail names another desk or signing key than the settings do" in verified.stdout
    with office.desk.database.writing() as connection:
        record_act(connection, "", Act.SIGNING_KEY, note=f"desk {'ab' * 16} signer {'cd' * 32}")
        assert verify_trail(connection).named != trail_note(connection)


def trail_note(connection: Connection) -> str:
    """The note of the newest record."""
    [newest] = read_trail(connection, Wanted(last=1))
    return newest.record.note


def test_a_desk_from_before_gets_its_signing_key_with_its_first_checkpoint(office: Office, tmp_path: Path) -> None:
    """Its set-up names no signer; the record of the key does. A start that died in between is gone on with."""
    lose_signer(office)
    forge(lambda records: [replace(record, note="") for record in records])(office.folder)
    alone = run(office, "verify")
    assert alone.exit_code == 0
    assert "no key for signing checkpoints yet" in alone.stdout
    (office.folder / "audit-signing-key").write_bytes(bytes(range(32)))  # written, and then the process died
    (office.folder / "audit-signing-key").chmod(0o600)
    out = tmp_path / "checkpoint.json"
    assert run(office, "checkpoint", "--out", str(out)).exit_code == 0
    assert (office.folder / "audit-signing-key").read_bytes() == bytes(range(32))
    assert [record.act for record in trail(office)][-2:] == ["signing-key", "checkpoint"]
    assert run(office, "verify", "--since", str(out)).exit_code == 0
    assert run(office, "checkpoint", "--out", str(tmp_path / "second.json")).exit_code == 0
    assert [record.act for record in trail(office)][-2:] == ["checkpoint", "checkpoint"]


@pytest.mark.parametrize("signer", ["", "5c", "zz" * 32, "5c" * 33])
def test_a_signer_that_is_no_key_is_a_mistake_in_typing(office: Office, signer: str) -> None:
    """Exit code 2: nothing was verified, nothing is said of the trail."""
    done = run(office, "verify", "--signer", signer)
    assert done.exit_code == 2
    assert "64 hexadecimal digits" in done.stderr


def test_pairing_is_recorded(office: Office, tmp_path: Path) -> None:
    """Before the pairing is there; the trail holds neither the token nor the address."""
    fingerprint = load_intake_key(office.desk.paths.intake_key).fingerprint
    document = {"candour_pairing": 1, "token": "T" * 43, "fingerprint": fingerprint}
    (tmp_path / "pairing.json").write_text(json.dumps(document))
    pair(office.folder, tmp_path / "pairing.json", "http://127.0.0.1:8082")
    last = trail(office)[-1]
    assert (last.actor, last.act, last.note) == ("", "pair", "")
