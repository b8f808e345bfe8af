"""What is said of the intake key: by the door, by checks ahead of its end, on the page without scripts."""

import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from journalist_interface.check_intake import key_warnings
from journalist_interface.courier_errors import DoorDistrusted
from journalist_interface.courier_host_rules import read_intake_key
from keys.intake_key import spoken
from source_interface.drop_folder import DropFolder, make_drop
from source_interface.intake_key_history import Change, write_changes
from store.expiry import judge_age, judge_expiry, judge_recovery_age
from tests.conftest import IntakeSecret
from tests.desk_office import new_office
from tests.source_site import running_site

OLD = "0123456789ABCDEF0123456789ABCDEF01234567"
DAY = 24 * 3600
HOSTILE = {
    "not JSON": b"<html>",
    "no fingerprint": b'{"candour_door":1}',
    "words for people": b'{"candour_door":1,"fingerprint":"Call this number: 020 7946 0000 at once!!"}',
    "40 signs that are none": b'{"candour_door":1,"fingerprint":"' + b"<" * 40 + b'"}',
    "small letters": b'{"candour_door":1,"fingerprint":"' + OLD.lower().encode() + b'"}',
    "a line more": b'{"candour_door":1,"fingerprint":"' + OLD[:39].encode() + b'\\n"}',
    "a field more": b'{"candour_door":1,"fingerprint":"' + OLD.encode() + b'","more":1}',
}


@pytest.mark.parametrize("how", HOSTILE)
def test_a_hostile_answer_reaches_nobody(how: str) -> None:
    """A fingerprint, and nothing else that somebody at the desk would read."""
    with pytest.raises(DoorDistrusted):
        read_intake_key(HOSTILE[how])


def test_an_honest_answer_and_an_old_door() -> None:
    """A fingerprint; and None."""
    assert read_intake_key(b'{"candour_door":1,"fingerprint":"' + OLD.encode() + b'"}') == OLD
    assert read_intake_key(None) is None


@pytest.mark.parametrize(("weeks", "warns"), [(9, False), (7, True), (1, True)])
def test_the_end_is_warned_about_weeks_ahead(tmp_path: Path, weeks: int, warns: bool) -> None:
    """By both checks, and to officers on the page of the post."""
    assert judge_expiry(int(time.time()) + weeks * 7 * DAY + 60, time.time()).warns is warns
    with new_office(tmp_path / "desk") as office, office.desk.database.reading() as connection:
        then = int(time.time()) + 730 * DAY - weeks * 7 * DAY - 60
        said = key_warnings(connection, office.desk.paths.intake_key, then)
    assert any("expires on" in each for each in said) is warns


@pytest.mark.parametrize(("months", "warns"), [(0, False), (11, False), (13, True)])
def test_a_key_of_a_year_is_due(months: int, warns: bool) -> None:
    """Whatever its end; and shares of three years."""
    now = time.time()
    assert judge_age(int(now - months * 30.5 * DAY), now).warns is warns
    assert judge_recovery_age(int(now - 3 * months * 30.5 * DAY), now).warns is warns


@pytest.mark.parametrize("signed", [True, False])
def test_the_page_says_it_at_every_width_without_scripts(
    browser: Browser, intake_secret: IntakeSecret, tmp_path: Path, signed: bool
) -> None:
    """Both fingerprints and the day, and nothing sticks out of the page; a change is seen without a restart."""
    make_drop(tmp_path / "drop", intake_secret.public, tmp_path / "pairing.json")
    with running_site(tmp_path / "drop") as url:
        context = browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{url}/about")
        assert "We changed our key." not in page.content()
        change = Change(1 if signed else 0, "2026-11-20", OLD, intake_secret.fingerprint)
        write_changes(DropFolder(tmp_path / "drop"), (change,))
        for width in (320, 768, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{url}/about")
            section = page.locator("section", has_text="We changed our key.")
            said = section.inner_text()
            assert spoken(OLD) in said
            assert spoken(intake_secret.fingerprint) in said
            assert "2026-11-20" in said
            assert ("it signed the new one" in said) is signed
            assert ("The old key could not sign the new one." in said) is not signed
            box = section.bounding_box()
            assert box is not None
            assert box["x"] + box["width"] <= width
        context.close()
