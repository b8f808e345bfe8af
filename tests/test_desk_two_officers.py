"""Two officers to unlock the intake key: halves that open it only together, and of which one alone is nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from journalist_interface.errors import NotAnOfficer
from journalist_interface.intake_custody import put_together, share_purpose
from keys.errors import SealBroken, SharesDisagree
from keys.hpke import SecretKey, seal
from keys.intake_secret import new_passphrase
from keys.intake_shares import MOST_OFFICERS, combine_passphrase, split_passphrase
from store.desk.account_tables import intake_shares, reviewers
from store.desk.intake import find_share
from store.desk.reviewers import find_reviewer
from tests.desk_office import write_letter
from tests.two_officers import Officers, everything_on_disk, officers_at_work, share_of


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


def test_any_two_shares_give_the_passphrase_and_one_gives_nothing() -> None:
    """Whichever two; the same one twice, and one of another splitting of the very same passphrase, do not combine."""
    passphrase = new_passphrase()
    for officers in (2, 3, MOST_OFFICERS):
        shares = split_passphrase(passphrase, officers)
        assert len({len(share) for share in shares}) == 1, "how long the words are would tell something"
        for one in shares:
            for other in shares:
                if one != other:
                    assert combine_passphrase(one, other) == passphrase
                    continue
                with pytest.raises(SharesDisagree):
                    combine_passphrase(one, other)
    with pytest.raises(SharesDisagree):
        combine_passphrase(split_passphrase(passphrase, 2)[0], split_passphrase(passphrase, 2)[1])
    for refused in (1, MOST_OFFICERS + 1):
        with pytest.raises(ValueError, match="2 to 16"):
            split_passphrase(passphrase, refused)


def test_nobody_holds_the_whole_passphrase_any_more(desk: Officers) -> None:
    """Each sealed copy that stood in the database stands in no file of the desk afterwards, nor in its log."""
    office = desk.office
    with office.desk.database.reading() as connection:
        before = {name: bytes(find_reviewer(connection, name).sealed_passphrase or b"") for name in ("amina", "bartek")}
    held = everything_on_disk(office.folder)
    assert all(sealed and sealed[200:264] in held for sealed in before.values()), "else nothing is looked for"
    passphrase = office.passphrase()
    amina = desk.browser("amina")
    amina.press("unlock")
    # And nothing after it: signing out would empty the log too.
    assert amina.press("officers", needed="2").status_code == 303
    held = everything_on_disk(office.folder)
    assert not [name for name, sealed in before.items() if sealed[200:264] in held]
    assert not desk.holds_whole("amina")
    assert not desk.holds_whole("bartek")
    assert put_together(share_of(office, "amina"), share_of(office, "bartek")) == passphrase
    with pytest.raises(NotAnOfficer):
        office.passphrase()
    assert desk.acts("settings") == [("amina", "settings", "officers to unlock the intake key: 1 -> 2")]


def test_choosing_it_locks_everybody(desk: Officers) -> None:
    """Who had unlocked alone is locked at once, and so is whoever chose it."""
    desk.office.deliver(write_letter(None))
    bartek, amina = desk.browser("bartek"), desk.browser("amina")
    for each in (bartek, amina):
        each.press("unlock")
        assert each.is_unlocked
    assert amina.press("officers", needed="2").status_code == 303
    assert not bartek.is_unlocked
    assert not amina.is_unlocked
    ended = [("amina", "lock", "two officers are needed now"), ("bartek", "lock", "two officers are needed now")]
    assert sorted(desk.acts("lock")) == ended


def test_two_officers_unlock_together(two: Officers) -> None:
    """One offers, the other sees whose half it is and adds theirs: both read letters, and both are in the trail."""
    two.office.deliver(write_letter(None))
    amina, bartek = two.browser("amina"), two.browser("bartek")
    assert "Two officers unlock it together" in amina.page
    amina.press("unlock")
    assert "You offer half of the key" in amina.page
    assert not amina.is_unlocked
    assert "amina offers half of the key" in bartek.page
    assert not bartek.is_unlocked
    assert bartek.press("unlock", **{"with": "amina"}).status_code == 303
    for each in (amina, bartek):
        assert each.is_unlocked
        assert "Sergeant Blunt" in each.page
        assert "offers half" not in each.page
    assert two.acts("unlock-offer", "unlock")[-3:] == [
        ("amina", "unlock-offer", ""),
        ("amina", "unlock", "with bartek"),
        ("bartek", "unlock", "with amina"),
    ]
    amina.press("lock")
    assert not amina.is_unlocked
    assert bartek.is_unlocked, "each locks their own"


def test_one_officer_is_never_enough(two: Officers) -> None:
    """Not twice, not in two sessions, not by naming themselves; the offer is where they pressed last."""
    first, second = two.browser("amina"), two.browser("amina")
    for each, fields in ((first, {}), (first, {}), (second, {}), (second, {"with": "amina"}), (first, {})):
        each.press("unlock", **fields)
        assert not first.is_unlocked
        assert not second.is_unlocked
        assert "You offer half" in first.page
    bartek = two.browser("bartek")
    bartek.press("unlock", **{"with": "amina"})
    assert first.is_unlocked
    assert not second.is_unlocked


def test_nobody_unlocks_for_somebody_whom_the_page_did_not_name(two: Officers) -> None:
    """A button of a page from before the offer unlocks nothing; one of a page from before its end, neither."""
    amina, bartek = two.browser("amina"), two.browser("bartek")
    amina.press("unlock")
    refused = bartek.press("unlock")
    assert refused.status_code == 409
    assert "amina offers half of the key by now" in refused.text
    assert "Unlock together with amina" in refused.text
    amina.press("take-back")
    refused = bartek.press("unlock", **{"with": "amina"})
    assert refused.status_code == 409
    assert "amina does not offer half of the key any more" in refused.text
    assert "You offer half" not in bartek.page
    assert not amina.is_unlocked
    assert not bartek.is_unlocked
    assert two.acts("unlock-offer-end") == [("amina", "unlock-offer-end", "")]


def test_a_third_officer_unlocks_with_one_who_has(two: Officers) -> None:
    """Two have unlocked; the third offers, and either of them adds a half without losing anything."""
    fingerprint = two.add_waiting("zoe")
    amina, bartek, zoe = two.browser("amina"), two.browser("bartek"), two.browser("zoe")
    amina.press("unlock")
    bartek.press("unlock", **{"with": "amina"})
    assert amina.press("hand-over", name="zoe", fingerprint=fingerprint).status_code == 303
    zoe.press("unlock")
    assert not zoe.is_unlocked
    bartek.press("unlock", **{"with": "zoe"})
    for each in (amina, bartek, zoe):
        assert each.is_unlocked


def test_an_offer_is_in_no_file(two: Officers) -> None:
    """Neither the share's words nor its bits, nor the passphrase once two have unlocked: not in the log either."""
    amina, bartek = two.browser("amina"), two.browser("bartek")
    amina.press("unlock")
    shares = [share_of(two.office, name) for name in ("amina", "bartek")]
    passphrase = put_together(*shares)
    needles = [passphrase.encode(), bytes.fromhex(passphrase)]
    needles += [b" ".join(share.split()[at : at + 4]) for share in shares for at in (2, 12, 24)]
    for step in ("offered", "unlocked"):
        held = everything_on_disk(two.office.folder)
        assert b"unlock-offer" in held, "else the log was not read"
        assert not [needle for needle in needles if needle in held], step
        bartek.press("unlock", **{"with": "amina"})
    assert amina.is_unlocked
    assert not [each for each in (repr(two.works.lock.offer()),) if "share" in each]


def test_a_half_that_somebody_wrote_into_the_database_unlocks_nothing(two: Officers) -> None:
    """A share of another passphrase, and somebody else's share copied: told apart, and the offer is over."""
    amina, bartek = two.browser("amina"), two.browser("bartek")
    foreign = split_passphrase(new_passphrase(), 2)[1]
    with two.office.desk.database.writing() as connection:
        public = find_reviewer(connection, "bartek").public_key
        sealed = seal(public, foreign, share_purpose("bartek"))
        connection.execute(update(intake_shares).where(intake_shares.c.username == "bartek").values(sealed=sealed))
    amina.press("unlock")
    refused = bartek.press("unlock", **{"with": "amina"})
    assert refused.status_code == 409
    assert "do not belong together" in refused.text
    assert two.works.lock._unlocked == {}
    with two.office.desk.database.writing() as connection:
        copied = find_share(connection, "amina")
        connection.execute(update(intake_shares).where(intake_shares.c.username == "bartek").values(sealed=copied))
    amina.press("unlock")
    assert bartek.press("unlock", **{"with": "amina"}).status_code == 500
    assert two.works.lock._unlocked == {}


def test_with_the_whole_disk_and_one_password_the_post_stays_shut(two: Officers) -> None:
    """What a bribed officer has, alone: their own secret key, and every row. No row opens to the passphrase with it."""
    office = two.office
    key = office.secrets["amina"].key()
    with office.desk.database.reading() as connection:
        sealed = [bytes(row.sealed) for row in connection.execute(intake_shares.select())]
        rows = connection.execute(reviewers.select()).all()
    opened = [found for each in sealed if (found := opens(key, each, "amina"))]
    assert len(opened) == 1
    assert all(row.sealed_passphrase is None for row in rows)
    with pytest.raises(SharesDisagree):
        combine_passphrase(opened[0], opened[0])


def opens(key: SecretKey, sealed: bytes, username: str) -> bytes:
    """What a key opens of a share; nothing if it does not."""
    try:
        return key.open(sealed, share_purpose(username))
    except SealBroken:
        return b""
