"""Second factors at the desk: recovery codes used once and made anew, and an exchanged key noticed."""

import json
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from journalist_interface.commands import main
from journalist_interface.proof import prove
from journalist_interface.recovery_codes import CODES, codes_left, draw_codes
from keys.errors import SignInRefused
from keys.hpke import SEED_SIZE, SecretKey
from keys.intake_secret import stop_agent
from store.desk.account_tables import reviewers, second_factors, sessions
from tests.desk_office import PASSWORD, Office, new_office
from tests.entering import browser, enter, give_codes, hidden, last_record


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with two officers."""
    with new_office(tmp_path / "desk", {"bartek": ()}) as made:
        yield made


def test_a_recovery_code_lets_in_once_and_says_how_many_are_left(app: Flask, office: Office) -> None:
    """In the box of the other code, however it is typed; then the account page; the trail names the kind."""
    codes = give_codes(office)
    client, status, led_to = enter(app, codes[3].lower().replace("-", " "))
    assert (status, led_to) == (303, "/account?recovered=1")
    assert "9 recovery codes are left" in " ".join(client.get(led_to).text.split())
    assert last_record(office) == ("amina", "sign-in", "recovery-code")
    assert enter(app, codes[3])[1] == 401
    assert last_record(office)[:2] == ("amina", "sign-in-failed")
    assert enter(app, codes[4])[1] == 303
    assert codes_left(office.desk, "amina") == CODES - 2
    raw = b"".join(path.read_bytes() for path in office.folder.glob("desk.sqlite*"))
    for code in codes:
        assert code.encode() not in raw
        assert code.replace("-", "").encode() not in raw


def test_the_authenticators_code_leads_to_the_cases(app: Flask, office: Office) -> None:
    """And is what the trail names."""
    assert enter(app, office.code())[1:] == (303, "/today")
    assert last_record(office) == ("amina", "sign-in", "authenticator")


def test_every_failure_is_one_answer(app: Flask, office: Office) -> None:
    """Wrong password and right code, somebody else's code, a used one, nobody's name: one page, nothing used up."""
    codes, theirs = give_codes(office), give_codes(office, "bartek")
    assert enter(app, codes[0])[1] == 303
    pages = {
        enter(app, code, "amina", password)[2]
        for password, code in ((PASSWORD + "x", codes[1]), (PASSWORD, theirs[0]), (PASSWORD, codes[0]), (PASSWORD, ""))
    }
    pages |= {enter(app, codes[1], "nobody")[2].replace("nobody", "amina")}
    assert len(pages) == 1
    assert "That did not work" in pages.pop()
    assert codes_left(office.desk, "amina") == CODES - 1
    assert codes_left(office.desk, "bartek") == CODES


def test_recovery_codes_are_guessed_as_slowly_as_all_else(app: Flask, office: Office) -> None:
    """The brake is the account's, whichever factor is tried."""
    codes = give_codes(office)
    statuses = [enter(app, f"0000-0000-000{guess}")[1] for guess in range(6)]
    assert statuses == [401] * 5 + [429]
    assert enter(app, codes[0])[1] == 429
    assert codes_left(office.desk, "amina") == CODES


def test_two_at_once_with_one_code_are_one(office: Office) -> None:
    """Both found it right; only one can use it up."""
    (code, *_more) = give_codes(office)
    first, second = (prove(office.desk, "amina", PASSWORD, code) for _ in range(2))
    with office.desk.database.writing() as connection:
        first.spend(connection)
    with pytest.raises(SignInRefused), office.desk.database.writing() as connection:
        second.spend(connection)


def test_whoever_writes_to_the_database_adds_no_code(app: Flask, office: Office) -> None:
    """Neither sealed with a secret of their own, nor copied from their own account, nor called another kind."""
    mine = draw_codes(secrets.token_bytes(SEED_SIZE), "amina")
    with office.desk.database.writing() as connection:
        mine.keep(connection)
    assert enter(app, mine.codes[0])[1] == 401
    theirs = give_codes(office, "bartek")
    with office.desk.database.writing() as connection:
        connection.execute(second_factors.delete().where(second_factors.c.username == "amina"))
        connection.execute(second_factors.update().values(username="amina"))
    for code in theirs[:2]:
        assert enter(app, code)[1] == 401


def test_an_account_without_codes_gets_in_with_its_authenticator(app: Flask, office: Office) -> None:
    """As those of before do."""
    assert codes_left(office.desk, "bartek") == 0
    client, status, _led_to = enter(app, office.code("bartek"), "bartek")
    assert status == 303
    assert "There are no recovery codes" in client.get("/account").text


def test_init_and_added_reviewers_get_codes(tmp_path: Path, office: Office) -> None:
    """Printed once, for paper; each opens the account."""
    folder = tmp_path / "new"
    arguments = ["init", "--data", str(folder), "--username", "demo", "--password-stdin", "--json"]
    made = json.loads(CliRunner().invoke(main, arguments, input=PASSWORD + "\n").stdout)
    stop_agent(folder / "gnupg")
    assert len(set(made["recovery_codes"])) == CODES
    typed = f"amina\n{PASSWORD}\n{office.code()}\nplum ladder frost\nplum ladder frost\n"
    done = CliRunner().invoke(main, ["reviewer", "add", "cora", "--data", str(office.folder)], input=typed)
    assert done.exit_code == 0, done.output
    codes = re.findall(r"^  ([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})$", done.output, re.MULTILINE)
    assert len(codes) == CODES
    assert prove(office.desk, "cora", "plum ladder frost", codes[7]).factor.kind == "recovery-code"


def test_an_exchanged_public_key_is_noticed_and_nobody_is_let_in(app: Flask, office: Office) -> None:
    """Only after all three are right; recorded; told in plain words. A wrong code says what it always says."""
    with office.desk.database.writing() as connection:
        public = SecretKey(secrets.token_bytes(SEED_SIZE)).public
        connection.execute(reviewers.update().where(reviewers.c.username == "amina").values(public_key=public))
    assert "That did not work" in enter(app, "000000")[2]
    code = office.code()
    client, status, page = enter(app, code)
    assert status == 403
    assert "Your key was exchanged" in page
    assert "Tell your supervisor and the auditor now" in page
    assert last_record(office) == ("amina", "key-exchanged", "")
    with office.desk.database.reading() as connection:
        assert connection.execute(sessions.select()).all() == []
    assert client.get("/account").status_code == 303
    # The code is used up all the same.
    assert enter(app, code)[1] == 401


def test_new_codes_are_shown_once_and_the_old_ones_are_void(app: Flask, office: Office) -> None:
    """Only after a proof; recorded; in no file afterwards."""
    old = give_codes(office)
    client = browser(app, office)
    page = client.get("/account/recovery-codes").text
    assert "10 that you still have become void" in page
    form = {"csrf_token": hidden(page, "csrf_token"), "current": PASSWORD, "code": "000000"}
    refused = client.post("/account/recovery-codes", data=form)
    assert refused.status_code == 401
    assert "Nothing was changed" in refused.text
    shown = client.post("/account/recovery-codes", data=form | {"code": old[0]}).text
    new = re.findall(r"<code>([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})</code>", shown)
    assert len(set(new)) == CODES
    assert last_record(office) == ("amina", "factor-added", "recovery-code")
    # Sent again by the browser's "Reload": the code is used up, and the codes on paper still count.
    assert client.post("/account/recovery-codes", data=form | {"code": old[0]}).status_code == 401
    assert new[0] not in client.get("/account/recovery-codes").text
    assert enter(app, old[1])[1] == 401
    assert enter(app, new[0])[1] == 303


def test_a_changed_password_keeps_every_factor(app: Flask, office: Office) -> None:
    """They hang on the seed, which stays."""
    codes = give_codes(office)
    client = browser(app, office)
    form = {"csrf_token": hidden(client.get("/account").text, "csrf_token"), "current": PASSWORD, "code": codes[0]}
    form |= {"new": "plum ladder frost", "again": "plum ladder frost"}
    assert client.post("/account/password", data=form).status_code == 303
    assert enter(app, codes[1], password="plum ladder frost")[1] == 303
    assert enter(app, office.code(steps=1), password="plum ladder frost")[1] == 303


def test_nobody_sees_or_removes_somebody_elses_passkey(app: Flask, office: Office) -> None:
    """Theirs is the page of what never was."""
    client = browser(app, office)
    theirs = office.give_passkey("bartek")
    never_was = client.get("/account/passkeys/" + "0" * 32)
    assert never_was.status_code == 404
    assert client.get("/account/passkeys/" + theirs).text == never_was.text
    form = {"csrf_token": hidden(client.get("/account").text, "csrf_token"), "current": PASSWORD}
    sent = client.post("/account/passkeys/" + theirs, data=form | {"code": office.code(steps=1)})
    assert sent.status_code == 404
    with office.desk.database.reading() as connection:
        assert connection.execute(second_factors.select().where(second_factors.c.id == theirs)).one()
