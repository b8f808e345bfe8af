"""How a host's Tor is: what the watch writes down of it is read back, and told, one sentence for one fault."""

import json
import stat
import time
from pathlib import Path

import pytest

from onion.health import Health, HealthUnknown, read_health, tell, write_health

NOW = 1_800_000_000
WELL = Health(seen_at=NOW, progress=100, published={"site": True, "door": True}, effort=0, skew=5)


def test_what_the_watch_writes_is_read_back(tmp_path: Path) -> None:
    """By its owner alone, and whole."""
    write_health(tmp_path / "health.json", WELL)
    assert read_health(tmp_path / "health.json") == WELL
    assert stat.S_IMODE((tmp_path / "health.json").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["health.json"]


NO_HEALTH = {
    "nothing": "",
    "no JSON": "{",
    "a list": "[]",
    "of another version": json.dumps({"candour_tor_health": 2, "seen_at": 1, "progress": 1}),
    "a field too few": json.dumps({"candour_tor_health": 1, "seen_at": 1}),
    "a field too many": json.dumps({"candour_tor_health": 1, "seen_at": 1, "progress": 1, "visitors": 7}),
    "a text for a number": json.dumps({"candour_tor_health": 1, "seen_at": "1", "progress": 1}),
    "a number for the open service": json.dumps(
        {"candour_tor_health": 1, "seen_at": 1, "progress": 1, "open_to_all": 1}
    ),
    "a list for the services": json.dumps({"candour_tor_health": 1, "seen_at": 1, "progress": 1, "published": []}),
}


@pytest.mark.parametrize("what", NO_HEALTH)
def test_what_is_no_health_is_unknown(tmp_path: Path, what: str) -> None:
    """A sentence, never a traceback."""
    (tmp_path / "health.json").write_text(NO_HEALTH[what])
    with pytest.raises(HealthUnknown):
        read_health(tmp_path / "health.json")


def test_all_is_well_only_if_it_is() -> None:
    """Seen a moment ago, connected, published, the clock right."""
    assert all(sound for _sentence, sound in tell(WELL, NOW + 10))


ILL = {
    "nobody looked for minutes": (WELL, NOW + 301, "Nobody has looked"),
    "looked at in the future": (WELL, NOW - 301, "Nobody has looked"),
    "not connected": (Health(NOW, 45, {}, 0, None), NOW, "45 per cent"),
    "one service unpublished": (Health(NOW, 100, {"site": True, "door": False}), NOW, "“door” is not published"),
    "a site without proof of work": (
        Health(NOW, 100, {"site": True}, None, 0, open_to_all="site"),
        NOW,
        "“site” is published without proof of work",
    ),
    "the clock ahead": (Health(NOW, 100, {}, None, 7200), NOW, "120 minutes ahead"),
    "the clock behind": (Health(NOW, 100, {}, None, -7200), NOW, "120 minutes behind"),
}


@pytest.mark.parametrize("what", ILL)
def test_what_is_wrong_is_said(what: str) -> None:
    """One sentence for one fault."""
    health, now, words = ILL[what]
    assert [words in sentence for sentence, sound in tell(health, now) if not sound] == [True]


CLOCKS: dict[str, tuple[int | None, bool]] = {
    "nothing is known of it": (None, False),
    "Tor has found nothing wrong": (0, True),
}


@pytest.mark.parametrize("what", CLOCKS)
def test_a_clock_of_which_nothing_is_known_is_not_called_right(what: str) -> None:
    """Only what Tor could have contradicted is said."""
    skew, is_said = CLOCKS[what]
    said = [sentence for sentence, _sound in tell(Health(NOW, 100, skew=skew), NOW)]
    assert any("clock agrees" in sentence for sentence in said) == is_said
    assert any("clock" in sentence for sentence in said) == is_said


def test_work_asked_of_visitors_is_told_and_is_no_fault() -> None:
    """It is the defence at work."""
    flooded = Health(int(time.time()), 100, {}, effort=12)
    assert any("effort 12" in sentence and sound for sentence, sound in tell(flooded, flooded.seen_at))
