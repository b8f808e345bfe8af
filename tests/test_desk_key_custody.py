"""Who holds the intake key and how many are needed: handed to a new officer, and changed only by those who may."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from journalist_interface.consenters import consenters
from journalist_interface.intake_custody import put_together
from journalist_interface.key_names import name_key
from keys.errors import SharesDisagree
from keys.intake_shares import combine_passphrase
from keys.reviewer_key import ReviewerSecret
from keys.spoken import spoken_fingerprint
from store.desk.account_tables import intake_shares, reviewers
from store.desk.intake import key_holders, waiting_officers
from store.desk.reviewers import renew_keys, suspend
from tests.desk_office import PASSWORD
from tests.two_officers import Officers, officers_at_work, share_of


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Officers]:
    """Amina and bartek hold the key; either is enough."""
    with officers_at_work(tmp_path / "desk", "bartek") as made:
        yield made


@pytest.fixture
def two(desk: Officers) -> Officers:
    """The same desk, where two are needed."""
    desk.need_two()
    return desk


def test_one_officer_cannot_do_away_with_the_other(two: Officers) -> None:
    """Though both have unlocked it: that one be enough takes a second officer who agrees to just that."""
    amina, bartek = two.browser("amina"), two.browser("bartek")
    amina.press("unlock")
    bartek.press("unlock", **{"with": "amina"})
    amina.press("officers", needed="1")
    amina.press("officers", needed="1")
    assert not two.holds_whole("amina")
    assert "You propose that one officer be enough" in amina.page
    assert "amina wants that from now on one officer be enough" in bartek.page
    # Neither is an offer to unlock, nor does agreeing to unlock agree to this.
    assert bartek.press("unlock", **{"with": "amina"}).status_code == 409
    assert not two.holds_whole("amina")
    assert bartek.press("officers", needed="1", **{"with": "amina"}).status_code == 303
    with two.office.desk.database.reading() as connection:
        assert connection.execute(intake_shares.select()).all() == []
    assert two.office.passphrase("amina") == two.office.passphrase("bartek")
    note = "officers to unlock the intake key: 2 -> 1"
    assert two.acts("settings")[-2:] == [("amina", "settings", note), ("bartek", "settings", note)]
    zoe_alone = two.browser("bartek")
    zoe_alone.press("unlock")
    assert zoe_alone.is_unlocked


def test_an_offer_to_unlock_is_no_agreement_to_one(two: Officers) -> None:
    """The other way round: who offers half to unlock has not said that one be enough."""
    amina, bartek = two.browser("amina"), two.browser("bartek")
    amina.press("unlock")
    assert bartek.press("officers", needed="1", **{"with": "amina"}).status_code == 409
    assert not two.holds_whole("bartek")
    assert "amina offers half" in bartek.page


REFUSED: dict[str, tuple[str, dict[str, str], str]] = {
    "two, while it is locked": ("officers", {"needed": "2"}, "The intake key is locked"),
    "one, where one is enough": ("officers", {"needed": "1"}, "One officer is enough already"),
    "handing over while it is locked": ("hand-over", {"name": "zoe", "fingerprint": ""}, "The intake key is locked"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_chosen_is_said(desk: Officers, what: str) -> None:
    """And changes nothing."""
    button, fields, said = REFUSED[what]
    bartek = desk.browser("bartek")
    refused = bartek.press(button, **fields)
    assert refused.status_code == 409
    assert said in refused.text
    assert desk.holds_whole("bartek")
    assert desk.acts("settings", "hand-over") == []


def test_two_cannot_be_needed_where_there_is_one(tmp_path: Path) -> None:
    """Or nobody could unlock; the page says what is missing."""
    with officers_at_work(tmp_path / "desk") as desk:
        amina = desk.browser("amina")
        amina.press("unlock")
        assert "Two can be needed once a second officer holds the key" in amina.page
        refused = amina.press("officers", needed="2")
        assert refused.status_code == 409
        assert "Two officers must hold the intake key" in refused.text
        assert desk.holds_whole("amina")


@pytest.mark.parametrize("needed", ["1", "2"])
def test_the_key_is_handed_to_a_new_officer(desk: Officers, needed: str) -> None:
    """Who waits sees what to do and their fingerprint; a colleague compares it, hands over; then zoe unlocks too."""
    if needed == "2":
        desk.need_two()
    fingerprint = desk.add_waiting("zoe")
    amina, bartek, zoe = desk.browser("amina"), desk.browser("bartek"), desk.browser("zoe")
    assert "You wait for the key" in zoe.page
    assert fingerprint in zoe.page
    assert zoe.press("unlock").status_code == 403
    assert "zoe" not in amina.page, "only whoever could hand it over is asked to"
    amina.press("unlock")
    bartek.press("unlock", **({"with": "amina"} if needed == "2" else {}))
    assert "zoe is an intake officer and waits for the key" in amina.page
    assert fingerprint in amina.page
    assert amina.press("hand-over", name="zoe", fingerprint=fingerprint).status_code == 303
    assert desk.acts("hand-over") == [("amina", "hand-over", "zoe")]
    assert "waits for the key" not in amina.page
    zoe.press("unlock")
    if needed == "2":
        assert not zoe.is_unlocked
        bartek.press("unlock", **{"with": "zoe"})
    assert zoe.is_unlocked
    assert desk.holds_whole("zoe") == (needed == "1")


def test_a_key_that_was_exchanged_is_not_handed_anything(desk: Officers) -> None:
    """Somebody writes a key of their own into zoe's row: the pages differ, and after comparing it is refused."""
    fingerprint = desk.add_waiting("zoe")
    amina, zoe = desk.browser("amina"), desk.browser("zoe")
    amina.press("unlock")
    thief = ReviewerSecret.draw().key().public
    with desk.office.desk.database.writing() as connection:
        connection.execute(update(reviewers).where(reviewers.c.username == "zoe").values(public_key=thief))
    assert fingerprint in zoe.page, "what her own secret key says"
    assert spoken_fingerprint(thief) in amina.page
    assert fingerprint not in amina.page
    refused = amina.press("hand-over", name="zoe", fingerprint=fingerprint)
    assert refused.status_code == 409
    assert "does not wait for the key with this fingerprint" in refused.text
    assert not desk.holds_whole("zoe")
    assert amina.press("hand-over", name="bartek", fingerprint="").status_code == 409


def test_an_offer_from_before_the_handing_over_is_over(two: Officers) -> None:
    """Halves are made anew for all: an old one beside a new one opens nothing, so the offer is withdrawn."""
    fingerprint = two.add_waiting("zoe")
    amina, bartek = two.browser("amina"), two.browser("bartek")
    amina.press("unlock")
    old = share_of(two.office, "amina")
    bartek.press("unlock", **{"with": "amina"})
    other = two.browser("amina")
    other.press("unlock")
    assert "amina offers half" in bartek.page
    bartek.press("hand-over", name="zoe", fingerprint=fingerprint)
    assert "amina offers half" not in bartek.page
    with pytest.raises(SharesDisagree):
        combine_passphrase(old, share_of(two.office, "bartek"))
    assert put_together(share_of(two.office, "zoe"), share_of(two.office, "bartek"))


def test_another_key_pair_and_a_shut_account_hold_nothing(two: Officers) -> None:
    """Whose keys were made anew waits for the key as a new officer does; whose account is shut counts for nobody."""
    fresh = ReviewerSecret.draw()
    with two.office.desk.database.writing() as connection:
        sealed = fresh.seal_under(PASSWORD, "bartek")
        renew_keys(connection, "bartek", fresh.key().public, sealed)
        name_key(connection, "bartek", "bartek", fresh.key().public)
    two.office.secrets["bartek"] = fresh
    assert "You wait for the key" in two.browser("bartek").page
    with two.office.desk.database.writing() as connection:
        assert set(key_holders(connection)) == {"amina"}
        suspend(connection, "amina", suspended=True)
        suspend(connection, "bartek", suspended=True)
        assert (key_holders(connection), waiting_officers(connection)) == ({}, {})


def test_who_holds_a_half_consents_as_who_holds_the_whole(two: Officers) -> None:
    """At a desk without a supervisor; who only has the role, and waits, does not."""
    two.add_waiting("zoe")
    with two.office.desk.database.reading() as connection:
        assert consenters(connection) == ("amina", "bartek")
