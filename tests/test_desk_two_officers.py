"""Two officers to unlock the intake key: halves that open it only together, offers that end, the key handed over."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from journalist_interface.commands import main
from journalist_interface.consenters import consenters
from journalist_interface.errors import CustodyRefused, NotAnOfficer
from journalist_interface.intake_custody import open_own, put_together, share_purpose
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.key_names import name_key
from keys.ciphertext import Ciphertext
from keys.errors import SealBroken, SharesDisagree
from keys.hpke import SecretKey, seal
from keys.intake_secret import new_passphrase
from keys.intake_shares import MOST_OFFICERS, combine_passphrase, split_passphrase
from keys.reviewer_key import ReviewerSecret
from keys.spoken import spoken_fingerprint
from store.desk.account_tables import intake_shares, reviewers, roles, sessions
from store.desk.intake import find_share, key_holders, waiting_officers
from store.desk.reviewers import find_reviewer, renew_keys, suspend
from tests.desk_office import PASSWORD, Office, write_letter
from tests.two_officers import Browser, Officers, officers_at_work


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


def share_of(office: Office, username: str) -> bytes:
    """The share that an officer's own key opens."""
    with office.desk.database.reading() as connection:
        held = open_own(connection, find_reviewer(connection, username), office.secrets[username].key())
    assert isinstance(held, bytes)
    return held


def everything_on_disk(folder: Path) -> bytes:
    """Every byte of every file of the desk, the database's log too."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


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


def end_session_from_the_list(two: Officers, _amina: Browser) -> None:
    """Amina ends that session in another window."""
    with two.office.desk.database.reading() as connection:
        session = connection.execute(sessions.select().where(sessions.c.username == "amina")).first()
    assert session is not None
    other = two.browser("amina")
    data = {"csrf_token": other.token, "session": session.lookup_hash.hex()}
    assert other.client.post("/account/end", data=data).status_code == 303


def erase_session(two: Officers, _amina: Browser) -> None:
    """The session is over, and nobody told the lock."""
    with two.office.desk.database.writing() as connection:
        connection.execute(sessions.delete().where(sessions.c.username == "amina"))


def take_role(two: Officers, _amina: Browser | None = None) -> None:
    """Amina is no officer any more."""
    with two.office.desk.database.writing() as connection:
        connection.execute(roles.delete().where(roles.c.username == "amina", roles.c.role == "intake-officer"))


def pass_time(two: Officers, _amina: Browser) -> None:
    """Eleven minutes go by."""
    lock = two.works.lock
    later = time.time() + 11 * 60
    for place in lock._offers.values():
        place._clock = lambda: later


def suspend_amina(two: Officers, _amina: Browser) -> None:
    """An administrator shuts her account, as the page does it."""
    with two.office.desk.database.writing() as connection:
        suspend(connection, "amina", True)
    two.works.lock.forget_officer("amina")


def sign_out(_two: Officers, amina: Browser) -> None:
    """Amina goes home."""
    amina.client.post("/sign-out", data={"csrf_token": amina.token})


ENDS: dict[str, tuple[Callable[[Officers, Browser], object], list[str]]] = {
    "taken back": (lambda _two, amina: amina.press("take-back"), [""]),
    "taken back by Lock now": (lambda _two, amina: amina.press("lock"), [""]),
    "time": (pass_time, ["by itself"]),
    "signed out": (sign_out, [""]),
    "ended from the list of sessions": (end_session_from_the_list, ["its session ended"]),
    "the account suspended": (suspend_amina, ["its session ended"]),
    "the session's row gone": (erase_session, []),
    "the role taken away": (take_role, []),
}


@pytest.mark.parametrize("end", ENDS)
def test_an_offer_ends(two: Officers, end: str) -> None:
    """In whatever way: a second officer's half then opens nothing, for nobody."""
    amina, bartek = two.browser("amina"), two.browser("bartek")
    amina.press("unlock")
    assert "amina offers half" in bartek.page
    do, notes = ENDS[end]
    do(two, amina)
    # Of these two the lock is told by nobody, and asks when it matters.
    stands = end in ("the session's row gone", "the role taken away")
    assert ("amina offers half" in bartek.page) == stands
    refused = bartek.press("unlock", **{"with": "amina"})
    assert refused.status_code == 409
    assert "does not offer half of the key any more" in refused.text
    assert two.works.lock._unlocked == {}
    assert two.works.lock.offer() is None
    assert [note for _actor, _act, note in two.acts("unlock-offer-end")] == notes


def test_an_offer_ends_by_a_timer_though_nobody_looks(two: Officers) -> None:
    """The half is gone from memory, and its end is recorded once."""
    lock, amina = IntakeLock(offered_minutes=0.0001), two.office.signed_in()
    lock.unlock(two.office.desk, amina)
    for place in lock._offers.values():
        if (offer := place._offer) is not None:
            offer.timer.join(10)
    assert [place._offer for place in lock._offers.values()] == [None, None]
    assert lock.offer() is None
    assert two.acts("unlock-offer-end") == [("amina", "unlock-offer-end", "by itself")]


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


def test_the_other_process_knows_of_no_offer(two: Officers) -> None:
    """An offer ends with the process: after a restart the second officer is alone."""
    amina = two.browser("amina")
    amina.press("unlock")
    with pytest.raises(CustodyRefused, match="any more"):
        IntakeLock().unlock(two.office.desk, two.office.signed_in("bartek"), "amina")


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


def run(office: Office, *arguments: str, typed: str = "") -> Result:
    """Run a command on the office's folder."""
    return CliRunner().invoke(main, [*arguments, "--data", str(office.folder)], input=typed)


def proof(office: Office, username: str) -> str:
    """What an officer types to prove who they are."""
    return f"{username}\n{PASSWORD}\n{office.code(username)}\n"


def test_the_export_takes_two_officers(two: Officers, tmp_path: Path) -> None:
    """Two different ones, each with password and code; one alone, or the same one twice, exports nothing."""
    office, out = two.office, tmp_path / "secret.asc"
    amina, bartek = proof(office, "amina"), proof(office, "bartek")
    wrong = f"bartek\n{PASSWORD}\n000000\n"
    for second, said in (("", "Aborted"), (amina, "Two different officers are needed"), (wrong, "code is wrong")):
        two.forget_codes()
        done = run(office, "export-intake-secret", "--out", str(out), typed=amina + second)
        assert done.exit_code == 1
        assert "Two officers are needed" in done.output
        assert said in done.output
        assert not out.exists()
    expected = put_together(share_of(office, "amina"), share_of(office, "bartek"))
    done = run(office, "export-intake-secret", "--out", str(out), typed=amina + bartek)
    assert done.exit_code == 0, done.output
    assert expected in done.output
    assert two.acts("export") == [("amina", "export", ""), ("bartek", "export", "")]
    out.unlink()
    again = run(office, "export-intake-secret", "--out", str(out), typed=amina + bartek)
    assert again.exit_code == 1, "each code opens once"
    assert not out.exists()


def test_adding_an_officer_by_command_takes_two(two: Officers) -> None:
    """A reviewer is added by one officer; an officer by two, and gets a half as the others do."""
    office = two.office
    new = "four otters ring the viaduct\n" * 2
    two.forget_codes()
    done = run(office, "reviewer", "add", "rosa", typed=proof(office, "amina") + new)
    assert done.exit_code == 0, done.output
    two.forget_codes()
    add = ("reviewer", "add", "zoe", "--role", "intake-officer")
    assert run(office, *add, typed=proof(office, "amina") + new).exit_code == 1
    two.forget_codes()
    done = run(office, *add, typed=proof(office, "amina") + proof(office, "bartek") + new)
    assert done.exit_code == 0, done.output
    with office.desk.database.reading() as connection:
        assert set(key_holders(connection)) == {"amina", "bartek", "zoe"}
    assert not two.holds_whole("zoe")
    added = [record for record in two.acts("reviewer-added") if record[2] == "zoe: intake-officer"]
    assert [actor for actor, _act, _note in added] == ["amina", "bartek"]
    take_role(two)
    two.forget_codes()
    refused = run(office, *add[:2], "max", typed=proof(office, "amina") + new)
    assert refused.exit_code == 1
    assert "That takes an intake officer" in refused.output


def test_check_tells_who_holds_what(two: Officers) -> None:
    """Sound as it is; who waits is named; a whole passphrase beside halves, or one holder left, is a fault."""
    office = two.office
    assert run(office, "check").exit_code == 0
    two.add_waiting("zoe")
    done = run(office, "check")
    assert done.exit_code == 0
    assert "zoe is an intake officer and waits for the key" in done.output
    with office.desk.database.writing() as connection:
        connection.execute(
            update(reviewers).where(reviewers.c.username == "zoe").values(sealed_passphrase=Ciphertext(b"x"))
        )
    assert "zoe holds the whole of it all the same" in run(office, "check").output
    with office.desk.database.writing() as connection:
        connection.execute(update(reviewers).values(sealed_passphrase=None))
        connection.execute(intake_shares.delete().where(intake_shares.c.username == "bartek"))
    done = run(office, "check")
    assert done.exit_code == 1
    assert re.search("FAULT.*too few officers hold it", done.output)
