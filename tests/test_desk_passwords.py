"""Which passwords the desk takes: long ones that nobody guesses first, and no rule about what is in them."""

import pytest
import zxcvbn

from journalist_interface.accounts import check_password, make_account
from journalist_interface.errors import SetUpRefused
from store.desk.roles import Role
from tests.desk_office import PASSWORD

GUESSED = {
    "a common one, lengthened": "password1234",
    "with signs for letters": "P@ssw0rd123456",
    "keys side by side": "qwertyuiop123",
    "one word again and again": "letmeinletmein",
    "one letter": "a" * 500,
    "a football club": "liverpoolfc1892",
    "a town and a year": "Manchester2024!",
    "the user name": "amina.kowalczyk2",
    "the user name backwards": "kyzclawok.anima",
    "what this is": "candour-desk-1",
}
TAKEN = {
    "the tests' own": PASSWORD,
    "words alone, in small letters": "plum ladder frost",
    "a password manager's": "hG7$kQ2v!pZ9",
    "another script": "静かな川と古い時計台の夢",
    "as long as may be": "plum ladder frost " * 56,
}


@pytest.mark.parametrize("what", GUESSED)
def test_what_guessers_try_first_is_refused(what: str) -> None:
    """With a sentence that helps, and without the password in it."""
    with pytest.raises(SetUpRefused, match="Take four words") as refused:
        check_password(GUESSED[what], "amina.kowalczyk")
    assert GUESSED[what] not in refused.value.sentence


@pytest.mark.parametrize("what", TAKEN)
def test_what_nobody_guesses_is_taken(what: str) -> None:
    """Whatever it is made of."""
    check_password(TAKEN[what], "amina.kowalczyk")


def test_too_short_and_too_long_are_said_as_such() -> None:
    """Length before content."""
    with pytest.raises(SetUpRefused, match="at least 12 characters"):
        check_password("hG7$kQ2v!pZ", "amina")
    with pytest.raises(SetUpRefused, match="at most 1024 characters"):
        check_password("plum ladder frost " * 57, "amina")


def test_nobody_gets_an_account_with_such_a_password() -> None:
    """The account's own name counts, also when it is being made."""
    with pytest.raises(SetUpRefused, match="Take four words"):
        make_account("amina.kowalczyk", "amina.kowalczyk2", [Role.REVIEWER], "")


def test_only_the_beginning_of_a_long_password_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time does not grow with what somebody sends."""
    judged: list[str] = []
    library = zxcvbn.zxcvbn

    def counting(password: str, **more: object) -> object:
        judged.append(password)
        return library(password, **more)

    monkeypatch.setattr(zxcvbn, "zxcvbn", counting)
    check_password("plum ladder frost " * 56, "amina")
    assert [len(password) for password in judged] == [72]
