"""What answers for a passkey that is none, challenges that are over, and where scripts may run: without a browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from journalist_interface.challenges import MOST_USED, SIGN_IN, Challenges
from journalist_interface.desk_app import create_desk
from keys.errors import PasskeyRefused
from keys.passkey import Passkey, stand_in_passkey
from serving.headers import COMMON_HEADERS, content_security_policy
from serving.server import CLOSE
from tests.desk_office import PASSWORD, Office, new_office, sign_in


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with two officers."""
    with new_office(tmp_path / "desk", {"bartek": ()}) as made:
        yield made


NO_ANSWERS = {
    "no JSON": "x",
    "an empty object": "{}",
    "a list": "[]",
    "a field more": '{"id":"","client_data":"","authenticator_data":"","signature":"","more":""}',
    "no Base64": '{"id":"!","client_data":"!","authenticator_data":"!","signature":"!"}',
    "empty parts": '{"id":"","client_data":"","authenticator_data":"","signature":""}',
    "client data that is no JSON": '{"id":"AA","client_data":"AA","authenticator_data":"AA","signature":"AA"}',
    "client data without a challenge": '{"id":"AA","client_data":"e30","authenticator_data":"AA","signature":"AA"}',
    "nested deeply": "[" * 9_000,
    "far too long": "x" * 100_000,
    "half a surrogate": '{"id":"\\ud800","client_data":"","authenticator_data":"","signature":""}',
}


@pytest.mark.parametrize("what", NO_ANSWERS)
def test_what_is_no_answer_is_a_failure_like_any_other(office: Office, what: str) -> None:
    """Whatever a program sends in the field: 401 at sign-in, a sentence on the account page, no traceback."""
    app = create_desk(office.folder)
    form = {"username": "amina", "password": PASSWORD, "code": "", "passkey": NO_ANSWERS[what]}
    assert app.test_client().post("/sign-in", data=form).status_code == 401
    client = app.test_client()
    sign_in(client, office)
    found = re.search(r'name="csrf_token" value="([^"]*)"', client.get("/account").text)
    assert found
    form = {"csrf_token": found[1], "label": "x", "current": PASSWORD, "code": "", "passkey": NO_ANSWERS[what]}
    answer = client.post("/account/passkeys", data=form)
    assert answer.status_code == 422
    assert "brought no passkey that the desk can use" in answer.text
    app.extensions[CLOSE]()


def test_scripts_are_let_run_only_where_a_second_factor_is_asked_for(office: Office) -> None:
    """Our own file, on these pages alone, and no other loosening."""
    app = create_desk(office.folder)
    client = app.test_client()
    sign_in(client, office)
    with_script = {"/sign-in", "/account", "/account/recovery-codes", "/account/authenticator", "/account/passkeys"}
    for address in (*with_script, f"/account/passkeys/{office.give_passkey('amina')}"):
        headers = client.get(address).headers
        assert headers["Content-Security-Policy"] == content_security_policy({"script-src": "'self'"})
        wanted = COMMON_HEADERS["Permissions-Policy"].replace("credentials-get=()", "credentials-get=(self)")
        assert headers["Permissions-Policy"] == wanted
    for address in ("/", "/post", "/never-was", "/static/passkeys.js"):
        with client.get(address) as answer:
            assert answer.headers["Content-Security-Policy"] == COMMON_HEADERS["Content-Security-Policy"]
            assert answer.headers["Permissions-Policy"] == COMMON_HEADERS["Permissions-Policy"]
            assert b"<script" not in answer.get_data()
    app.extensions[CLOSE]()


def test_challenges_are_over_after_ten_minutes_and_each_is_for_one_purpose() -> None:
    """Nothing is kept of those that were never answered."""
    now = [1000.0]
    challenges = Challenges(lambda: now[0])
    first, late = challenges.draw(b"a"), challenges.draw(b"a")
    assert first != late
    for wrong in (b"", first[:-1], first[:-1] + bytes([first[-1] ^ 1]), Challenges().draw(b"a")):
        with pytest.raises(PasskeyRefused):
            challenges.use(wrong, b"a")
    with pytest.raises(PasskeyRefused):
        challenges.use(first, b"b")
    challenges.use(first, b"a")
    with pytest.raises(PasskeyRefused):
        challenges.use(first, b"a")
    now[0] += 601
    with pytest.raises(PasskeyRefused):
        challenges.use(late, b"a")
    challenges.use(challenges.draw(b"a"), b"a")
    assert len(challenges._used) == 1


def test_who_uses_up_all_of_one_purpose_leaves_those_of_others() -> None:
    """However many answers come for one account's enrolment, another one's and signing in go on."""
    challenges = Challenges(clock=lambda: 0.0)
    for _answer in range(MOST_USED):
        challenges.use(challenges.draw(b"enrol a"), b"enrol a")
    with pytest.raises(PasskeyRefused):
        challenges.use(challenges.draw(b"enrol a"), b"enrol a")
    for other in (SIGN_IN, b"enrol b"):
        challenges.use(challenges.draw(other), other)


def test_every_sealed_passkey_has_one_size() -> None:
    """Its label and its make show in no length."""
    few = stand_in_passkey(b"x" * 16)
    many = Passkey(few.credential, 2**32 - 1, "a" * 253, "é" * 60, 2**34)
    assert len(few.to_bytes()) == len(many.to_bytes()) == 4096
    assert Passkey.from_bytes(many.to_bytes()) == many
