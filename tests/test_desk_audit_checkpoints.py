"""Checkpoints of the audit trail: who is told that there is none, and whom one was given to."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from journalist_interface.checkpoint_age import CHECKPOINT_DAYS, checkpoint_warning
from journalist_interface.commands import main
from keys.checkpoint import read_checkpoint
from store.desk.audit import Act
from store.desk.audit_reading import Wanted, read_trail
from tests.desk_routes import Desk, form_to, furnished
from tests.road_steps import AUDITOR
from tests.trail_tampering import forge


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with cases."""
    (tmp_path / "out").mkdir()
    with furnished(tmp_path / "desk") as made:
        yield made


def checkpoint(desk: Desk, name: str, *more: str) -> tuple[int, str]:
    """Make a checkpoint."""
    out = desk.office.folder.parent / name
    done = CliRunner().invoke(
        main, ["audit", "checkpoint", "--data", str(desk.office.folder), "--out", str(out), *more]
    )
    return done.exit_code, done.output


def test_a_week_without_a_checkpoint_is_told(desk: Desk) -> None:
    """To the auditor on their page, to the administrator by `check`; until one is made, and again a week later."""
    auditor = desk.browser(AUDITOR)
    never = "No checkpoint of the audit trail was ever made."
    assert never in auditor.get("/audit").text
    checked = ["check", "--data", str(desk.office.folder)]
    assert f"{never}" in CliRunner().invoke(main, checked).output
    assert checkpoint(desk, "one.json")[0] == 0
    assert "checkpoint of the audit trail" not in auditor.get("/audit").text
    assert "checkpoint of the audit trail" not in CliRunner().invoke(main, checked).output
    with desk.office.desk.database.reading() as connection:
        [made] = read_trail(connection, Wanted(act=Act.CHECKPOINT.value))
        week = made.record.at + CHECKPOINT_DAYS * 86_400
        assert checkpoint_warning(connection, week - 1) == ""
        assert checkpoint_warning(connection, made.record.at - 10) == ""
        assert "was made 7 days ago" in checkpoint_warning(connection, week)
    forge(lambda records: [replace(record, at=record.at - 9 * 86_400) for record in records])(desk.office.folder)
    assert "was made 9 days ago" in auditor.get("/audit").text
    # Pressing the button says it once, among what was found.
    found = auditor.post("/audit/verify", data=form_to(auditor.get("/audit").text, "/audit/verify").data()).text
    assert found.count("was made 9 days ago") == 1


def test_a_checkpoint_names_whom_it_was_given_to(desk: Desk) -> None:
    """In the file, signed; and in the trail, so that it can be asked for."""
    code, _said = checkpoint(desk, "two.json", "--for", " Evan, the auditor ")
    assert code == 0
    made = read_checkpoint((desk.office.folder.parent / "two.json").read_bytes())
    made.check_signature()
    assert made.given_to == "Evan, the auditor"
    with desk.office.desk.database.reading() as connection:
        [record] = read_trail(connection, Wanted(last=1))
    assert (record.record.act, record.record.note) == ("checkpoint", "for Evan, the auditor")
    verified = CliRunner().invoke(
        main,
        ["audit", "verify", "--data", str(desk.office.folder), "--since", str(desk.office.folder.parent / "two.json")],
    )
    assert verified.exit_code == 0, verified.output
    for wrong in ("x" * 65, "a\nb", "a\x1b[2J"):
        code, said = checkpoint(desk, "three.json", "--for", wrong)
        assert (code, "one line of at most 64" in said) == (2, True)
    assert not (desk.office.folder.parent / "three.json").exists()
