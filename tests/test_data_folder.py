"""What is typed after `--data`: where a name stands for nothing, nobody is sent to a folder that was not meant."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from journalist_interface.commands import main as desk
from source_interface.commands import main as drop

FOLLOWED_AT_NIGHT = {
    "a source host that must go silent": (drop, ["silence"]),
    "a source host that is looked at": (drop, ["check"]),
    "a desk that is looked at": (desk, ["check"]),
    "a courier": (desk, ["collect"]),
}


@pytest.mark.parametrize("what", FOLLOWED_AT_NIGHT)
def test_an_empty_name_is_told(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--data "$DROP"` in a new window: it is neither this folder nor a host on which init must be run."""
    monkeypatch.chdir(tmp_path)
    program, words = FOLLOWED_AT_NIGHT[what]
    told = CliRunner().invoke(program, [*words, "--data", ""])
    assert told.exit_code == click.UsageError.exit_code
    assert "such as $DROP, stands for nothing in this window" in told.output
    assert "init" not in told.output
    assert list(tmp_path.iterdir()) == []
