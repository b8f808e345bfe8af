"""What reviewers say of themselves: kept sealed, edited by its owner, compared by officers, read by nobody else."""

import re
import secrets
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from journalist_interface.about_me import Written, also_keep_out, read_own_page, save_own_page
from journalist_interface.conflicts import Asked
from journalist_interface.errors import WritingRefused
from journalist_interface.walls import withdraw
from journalist_interface.who_can_read import read_recusals
from keys.hpke import SEED_SIZE, SecretKey
from keys.letter import TOPICS
from keys.recusals import (
    LONGEST_LINE,
    MOST_CHARACTERS,
    MOST_LINES,
    open_as_oneself,
    seal_for_officers,
    seal_for_oneself,
)
from store.desk.account_tables import audit, profiles
from store.desk.case_tables import cases
from store.desk.cases import cleared_for
from store.desk.profiles import find_profile, list_profiles
from store.desk.roles import Role
from store.errors import Missing
from tests.desk_office import Office, new_office, sign_in, write_letter

CANARY = "Kestrelford"
REASON = "I know one of them"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with amina, and ben who is a reviewer alone."""
    with new_office(tmp_path / "desk", {"ben": (Role.REVIEWER,)}) as made:
        yield made


@pytest.fixture
def client(app: Flask, office: Office) -> FlaskClient:
    """A browser in which ben is signed in."""
    browser = app.test_client()
    sign_in(browser, office, "ben")
    return browser


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return unescape(found[1])


def form(client: FlaskClient, *topics: str, recusals: str = "", back_on: str = "") -> dict[str, object]:
    """The form of the page as it stands now, filled in."""
    page = client.get("/about-me").text
    return {
        "csrf_token": hidden(page, "csrf_token"),
        "version": hidden(page, "version"),
        "topic": list(topics),
        "recusals": recusals,
        "back_on": back_on,
    }


def say(office: Office, username: str, recusals: str) -> None:
    """Have a reviewer name what they must not be given."""
    signed_in = office.signed_in(username)
    version = read_own_page(office.desk, signed_in).version
    save_own_page(office.desk, signed_in, Written(list(TOPICS), "", recusals, version))


def case_of_both(office: Office) -> str:
    """A case that amina and ben can read."""
    key = SecretKey(secrets.token_bytes(SEED_SIZE)).public
    return office.open(office.deliver(write_letter(key)), cleared=("amina", "ben"))


def test_who_said_nothing_takes_everything(office: Office) -> None:
    """And is there, and has named no conflict."""
    own = read_own_page(office.desk, office.signed_in("ben"))
    assert (own.topics, own.back_on, own.lines, own.is_lost) == (TOPICS, "", (), False)
    assert read_recusals(office.desk, office.passphrase()) == (Asked("amina", ()), Asked("ben", ()))


def test_what_is_kept_is_shown_to_its_owner_again(client: FlaskClient, office: Office) -> None:
    """Topics, day and lines; and the words that are looked for."""
    sent = form(client, "money", "hate", recusals=f"My brother, {CANARY}\r\n\r\n PC 1234 \n", back_on="2031-02-03")
    assert client.post("/about-me", data=sent).status_code == 303
    page = client.get("/about-me?kept=1").text
    assert "It counts from the next letter on" in page
    assert f"My brother, {CANARY}\nPC 1234" in page
    assert re.findall(r'value="(\w+)" checked', page) == ["money", "hate"]
    assert 'value="2031-02-03"' in page
    assert re.findall(r'<span class="topic">(.*?)</span>', page) == [CANARY, "1234"]
    with office.desk.database.reading() as connection:
        assert [row.act for row in connection.execute(audit.select())][-1] == "about-me"


REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "no topic": ({"topic": []}, "Choose at least one topic"),
    "a day that is none": ({"back_on": "2031-02-30"}, "Write the day of your return"),
    "too many lines": ({"recusals": "x\n" * (MOST_LINES + 1)}, "lines are too many"),
    "a line too long": ({"recusals": "y" * (LONGEST_LINE + 1)}, f"A line has {LONGEST_LINE + 1} characters"),
    "too much in all": ({"recusals": f"{'z' * 199}\n" * (MOST_CHARACTERS // 199 + 1)}, "All lines together"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_was_typed_survives_a_refusal(client: FlaskClient, office: Office, what: str) -> None:
    """The sentence, every word, and nothing kept."""
    wrong, sentence = REFUSED[what]
    sent = {**form(client, "money", recusals=f"{CANARY} & <b>", back_on="2031-02-03"), **wrong}
    answer = client.post("/about-me", data=sent)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert str(sent["recusals"]).strip().replace("& <b>", "&amp; &lt;b&gt;") in answer.text
    with office.desk.database.reading() as connection, pytest.raises(Missing):
        find_profile(connection, "ben")


def test_two_windows_do_not_overwrite_each_other(client: FlaskClient, office: Office) -> None:
    """The second is refused with its words, first page or not."""
    for first, second in (("Aldham", "Boxted"), ("Copford", "Dedham")):
        older = form(client, "money", recusals=second)
        assert client.post("/about-me", data=form(client, "money", recusals=first)).status_code == 303
        answer = client.post("/about-me", data=older)
        assert answer.status_code == 422
        assert "in another window" in answer.text
        assert second in answer.text
        assert read_own_page(office.desk, office.signed_in("ben")).lines == (first,)


def test_officers_can_compare_them_those_to_come_too(office: Office) -> None:
    """One sealed copy, which any officer's passphrase opens; another reviewer's key does not."""
    say(office, "ben", CANARY)
    office.add("olu", Role.INTAKE_OFFICER)
    assert Asked("ben", (CANARY,)) in read_recusals(office.desk, office.passphrase("olu"))
    with office.desk.database.reading() as connection:
        row = find_profile(connection, "ben")
    assert open_as_oneself(office.secrets["ben"].key(), "ben", row.sealed_own) == (CANARY,)
    lost = read_own_page(office.desk, office.signed_in("ben"))
    assert not lost.is_lost


def test_nothing_of_them_is_in_clear_at_rest(office: Office) -> None:
    """In no file of the folder, database, log and trail included; and every copy has one size."""
    say(office, "ben", f"{CANARY}\n" * MOST_LINES)
    say(office, "amina", "")
    for path in office.folder.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes(), path.name
    with office.desk.database.reading() as connection:
        rows = list_profiles(connection).values()
        notes = " ".join(row.note for row in connection.execute(audit.select()))
    assert len({(len(row.sealed_recusals), len(row.sealed_own)) for row in rows}) == 1
    assert len(rows) == 2
    assert CANARY not in notes


ALTERED = ("given to a colleague", "cut short", "to another key")


@pytest.mark.parametrize("how", ALTERED)
def test_what_somebody_altered_counts_as_unknown(office: Office, how: str) -> None:
    """Whoever can write to the database can take a conflict away, but not exchange it for another's unseen."""
    say(office, "ben", CANARY)
    with office.desk.database.reading() as connection:
        row = find_profile(connection, "ben")
    sealed: bytes = row.sealed_recusals
    if how == "given to a colleague":
        sealed = seal_for_officers(office.desk.paths.intake_key, "amina", ())
    elif how == "cut short":
        sealed = sealed[:-20]
    else:
        sealed = row.sealed_own
    with office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE profiles SET sealed_recusals = ? WHERE username = 'ben'", (sealed,))
    assert read_recusals(office.desk, office.passphrase()) == (Asked("amina", ()), Asked("ben", None))


def test_lines_under_a_key_that_is_gone_still_count(client: FlaskClient, office: Office) -> None:
    """The page says so and shows none; they are not added to by mistake."""
    say(office, "ben", CANARY)
    stranger = SecretKey(secrets.token_bytes(SEED_SIZE)).public
    with office.desk.database.writing() as connection:
        connection.execute(profiles.update().values(sealed_own=seal_for_oneself(stranger, "ben", [CANARY])))
    page = client.get("/about-me").text
    assert "cannot be shown to you any more" in page
    assert CANARY not in page
    assert Asked("ben", (CANARY,)) in read_recusals(office.desk, office.passphrase())
    with pytest.raises(WritingRefused):
        also_keep_out(office.desk, office.signed_in("ben"), "Boxted")


def test_stepping_back_adds_to_what_one_must_not_be_given(client: FlaskClient, office: Office) -> None:
    """The case is gone from ben, the line is on his page, and the trail says no word of it."""
    say(office, "ben", "Boxted")
    reference = case_of_both(office)
    sent = {"csrf_token": hidden(client.get("/about-me").text, "csrf_token"), "who": "ben", "reason": REASON}
    answer = client.post(f"/case/{reference}/withdraw", data={**sent, "keep_out_of": f"{CANARY}\nBoxted"})
    assert (answer.status_code, answer.location) == (303, "/")
    assert client.get(f"/case/{reference}").status_code == 404
    assert read_own_page(office.desk, office.signed_in("ben")).lines == ("Boxted", CANARY)
    assert Asked("ben", ("Boxted", CANARY)) in read_recusals(office.desk, office.passphrase())
    with office.desk.database.reading() as connection:
        records = [(row.act, row.case_reference, row.note) for row in connection.execute(audit.select())][-2:]
    assert sorted(records, key=str) == [("about-me", None, ""), ("withdraw", reference, "ben")]


def test_a_step_back_that_is_refused_adds_nothing(client: FlaskClient, office: Office) -> None:
    """Without a reason, or as the only reader; every word is still there. Nobody speaks for a colleague."""
    reference = case_of_both(office)
    token = hidden(client.get("/about-me").text, "csrf_token")
    url = f"/case/{reference}/withdraw"
    for who, reason, said in (("ben", "", "Give a reason"), ("amina", REASON, "theirs to say")):
        sent = {"csrf_token": token, "who": who, "reason": reason, "keep_out_of": CANARY}
        answer = client.post(url, data=sent)
        assert answer.status_code == 422
        assert said in answer.text
        assert CANARY in answer.text
    withdraw(office.desk, office.signed_in(), reference, "amina", REASON)
    answer = client.post(url, data={"csrf_token": token, "who": "ben", "reason": REASON, "keep_out_of": CANARY})
    assert "Nobody else can read this case" in answer.text
    with office.desk.database.reading() as connection:
        assert list_profiles(connection) == {}
        assert cleared_for(connection, connection.execute(cases.select()).one().id) == ("ben",)


def test_what_changed_meanwhile_stops_the_step_back_too(office: Office) -> None:
    """One transaction: either the wall stands and the line is kept, or neither."""
    reference = case_of_both(office)
    ben = office.signed_in("ben")
    also = also_keep_out(office.desk, ben, CANARY)
    say(office, "ben", "Boxted")
    with pytest.raises(WritingRefused, match="another window"):
        withdraw(office.desk, ben, reference, "ben", REASON, also)
    assert read_own_page(office.desk, ben).lines == ("Boxted",)
    with office.desk.database.reading() as connection:
        assert "ben" in cleared_for(connection, connection.execute(cases.select()).one().id)


def test_the_page_is_found_from_the_account(client: FlaskClient) -> None:
    """And from every page's head."""
    assert client.get("/account").text.count('href="/about-me"') == 2
