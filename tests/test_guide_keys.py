"""docs/guide-keys.md, the parts on tokens and keys of hosts: every command can be typed as it stands."""

import re
from pathlib import Path

import pytest

from tests.test_guide_onion import parse

GUIDE = (Path(__file__).resolve().parent.parent / "docs" / "guide-keys.md").read_text("utf-8")
SECTIONS = (
    "When the desk is stolen or taken",
    "The door's token",
    "The courier's key for the door",
    "A reviewer's key to the desk",
    "The signing key of the audit trail",
)


def typed(title: str) -> list[str]:
    """The commands of a section, in lines of their own and within sentences."""
    section = GUIDE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    lines = re.findall(r"^(candour-(?:drop|desk) .* --data .*)$", section, re.M)
    return lines + re.findall(r"`(candour-(?:drop|desk) [^`\n]* --data [^`\n]*)`", section)


@pytest.mark.parametrize("title", SECTIONS)
def test_each_command_can_be_typed_as_it_stands(title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With all that it requires, from the folder in which the files are that were carried there."""
    monkeypatch.chdir(tmp_path)
    for name in ("reviewer-host-2027.auth", "checkpoint-2026.json"):
        Path(name).touch()
    found = typed(title)
    assert found
    for line in found:
        parse(line)


def test_both_yearly_changes_are_one() -> None:
    """Each makes a pairing file of the same name: who followed one after the other was told that it exists already."""
    token = GUIDE.split("\n## The door's token\n", 1)[1].split("\n## ", 1)[0]
    [pairing] = [line for line in typed("The courier's key for the door") if " pairing " in line]
    assert "--courier-key" in pairing
    assert token.index("(#the-couriers-key-for-the-door), which changes the token, too") < token.index("candour-drop")


def test_nobody_is_sent_to_write_a_warning_where_the_finder_reads_it() -> None:
    """Of words that were seen the guide says one thing with that for the night."""
    [told] = [each for each in GUIDE.splitlines() if "a certain source's words were seen" in each]
    assert "(guide-disaster.md#a-codename-is-known-to-somebody-else)" in told
    assert not re.search(r"(?<!not )write (so )?(in)?to th", told)


@pytest.mark.parametrize("command", ["pepper rotate", "pepper finish"])
def test_the_site_stands_still_while_the_pepper_is_changed(command: str) -> None:
    """By lines that can be typed, before and in the same block."""
    [block] = [each for each in re.findall(r"^```\n(.*?)^```", GUIDE, re.M | re.S) if command in each]
    assert block.index("systemctl stop candour-site") < block.index(command)


def test_the_first_thing_on_the_page_is_what_is_typed_at_six_in_the_morning() -> None:
    """One line, before anything that could be done in peace."""
    first = re.search(r"^(candour-.*)$", GUIDE, re.M)
    assert first
    assert first[1].startswith("candour-drop revoke-desk --data DIR")
