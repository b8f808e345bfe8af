"""A reviewer's secret, one-time codes and case names."""

import re

import pytest

from keys import reviewer_key
from keys.case_names import draw_case_name, draw_case_reference
from keys.errors import Malformed, SignInRefused
from keys.reviewer_key import ReviewerSecret, stand_in
from keys.statuses import SET_BY_THE_DESK, TOLD_BY_THE_DESK, Status
from keys.totp import check_code, enrolment_uri, spoken_secret
from keys.wordlist import is_listed

PASSWORD = "correct horse battery"
SECRET = ReviewerSecret(bytes(range(96)), b"12345678901234567890")
# Appendix B of RFC 6238, SHA-1 rows; eight digits there, of which six-digit codes are the last six.
RFC_6238 = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}
RFC_SECRET = b"12345678901234567890"
NEVER_USED = -1


def test_the_parameters_are_those_of_rfc_9106() -> None:
    """Passwords go through Argon2id with 64 MiB, three passes, four lanes and a 16-byte salt (RFC 9106, section 4)."""
    found = reviewer_key
    assert (found.RFC9106_MEMORY_KIB, found.RFC9106_PASSES, found.RFC9106_LANES) == (64 * 1024, 3, 4)
    assert found.SALT_SIZE == 16


def test_a_reviewer_opens_with_password_and_name() -> None:
    """The password and user name a secret was sealed with open it; sealing twice gives nothing in common."""
    sealed = SECRET.seal_under(PASSWORD, "amira")
    assert ReviewerSecret.open(sealed, PASSWORD, "amira") == SECRET
    assert len(sealed) == len(stand_in())
    assert sealed[:28] != SECRET.seal_under(PASSWORD, "amira")[:28]
    assert bytes(sealed).find(RFC_SECRET) == -1


SIGN_IN_ATTACKS = {
    "another password": (PASSWORD + "!", "amira"),
    "no password": ("", "amira"),
    "the password in capitals": (PASSWORD.upper(), "amira"),
    "another user name": (PASSWORD, "amirah"),
    "no user name": (PASSWORD, ""),
    "a password with a lone surrogate": ("\ud800", "amira"),
}


@pytest.mark.parametrize(("password", "username"), SIGN_IN_ATTACKS.values(), ids=SIGN_IN_ATTACKS.keys())
def test_a_reviewer_does_not_open_with(password: str, username: str) -> None:
    """A wrong password and a wrong user name are refused with the very same words."""
    sealed = SECRET.seal_under(PASSWORD, "amira")
    with pytest.raises(SignInRefused) as refused:
        ReviewerSecret.open(sealed, password, username)
    with pytest.raises(SignInRefused) as stood_in:
        ReviewerSecret.open(stand_in(), password, username)
    assert str(refused.value) == str(stood_in.value)


@pytest.mark.parametrize("length", [0, 7, 8, 16, 28, 44, -1])
def test_a_damaged_row_is_refused_like_a_wrong_password(length: int) -> None:
    """A sealed secret cut short at any place raises SignInRefused and nothing else."""
    with pytest.raises(SignInRefused):
        ReviewerSecret.open(stand_in()[:length], PASSWORD, "amira")


def test_a_secret_of_another_size_is_malformed() -> None:
    """A reviewer's secret has 116 bytes."""
    assert ReviewerSecret.from_bytes(SECRET.to_bytes()) == SECRET
    for wrong in (b"", bytes(115), bytes(117)):
        with pytest.raises(Malformed):
            ReviewerSecret.from_bytes(wrong)


def test_a_drawn_secret_is_random_and_hides_itself() -> None:
    """Two drawn secrets differ in both halves, make a key, and print as nothing."""
    one, other = ReviewerSecret.draw(), ReviewerSecret.draw()
    assert one.seed != other.seed
    assert one.totp_secret != other.totp_secret
    assert one.key().public != other.key().public
    assert repr(one) == "ReviewerSecret()"


@pytest.mark.parametrize(("now", "code"), RFC_6238.items())
def test_codes_are_those_of_rfc_6238(now: int, code: str) -> None:
    """The code of the RFC's table, cut to six digits, is right at its time and names its step."""
    assert check_code(RFC_SECRET, code[-6:], now, NEVER_USED) == now // 30


@pytest.mark.parametrize("drift", [-30, 0, 30])
def test_a_clock_half_a_minute_off_is_forgiven(drift: int) -> None:
    """One step back and one forward are taken."""
    now = 1234567890
    assert check_code(RFC_SECRET, "005924", now + drift, NEVER_USED) == now // 30


@pytest.mark.parametrize("drift", [-3600, -60, 60, 3600])
def test_a_clock_further_off_is_refused(drift: int) -> None:
    """Two steps away the code is wrong."""
    with pytest.raises(SignInRefused):
        check_code(RFC_SECRET, "005924", 1234567890 + drift, NEVER_USED)


def test_each_code_is_good_once() -> None:
    """A code that was used, and every older one, opens nothing a second time; the next one does."""
    now = 1111111109
    step = check_code(RFC_SECRET, "081804", now, NEVER_USED)
    for last in (step, step + 1):
        with pytest.raises(SignInRefused):
            check_code(RFC_SECRET, "081804", now, last)
    assert check_code(RFC_SECRET, "050471", 1111111111, step) == step + 1


WRONG_CODES = {
    "nothing": "",
    "five digits": "05924",
    "eight digits": "89005924",
    "another code": "005925",
    "letters": "abcdef",
    "full-width digits": "\uff10\uff10\uff15\uff19\uff12\uff14",
    "a lone surrogate": "\ud800",
    "a very long text": "0" * 100_000,
}


@pytest.mark.parametrize("code", WRONG_CODES.values(), ids=WRONG_CODES.keys())
def test_a_code_is_refused(code: str) -> None:
    """A wrong code of any shape raises SignInRefused."""
    with pytest.raises(SignInRefused):
        check_code(RFC_SECRET, code, 1234567890, NEVER_USED)


@pytest.mark.parametrize("typed", ["005 924", " 005924 ", "005924\n"])
def test_a_code_may_be_typed_with_spaces(typed: str) -> None:
    """Spaces, as authenticators show them, make no difference."""
    assert check_code(RFC_SECRET, typed, 1234567890, NEVER_USED) == 1234567890 // 30


def test_an_authenticator_can_read_the_secret() -> None:
    """The enrolment address names the desk, the user and the Base32 secret."""
    uri = enrolment_uri(RFC_SECRET, "amira")
    assert spoken_secret(RFC_SECRET) == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert uri.startswith("otpauth://totp/Candour%20desk:amira?")
    assert "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" in uri


def test_case_names_are_two_listed_words() -> None:
    """A case's name is two capitalised words of the list."""
    for words in (draw_case_name().split(" ") for _ in range(200)):
        assert len(words) == 2
        assert all(word[0].isupper() and is_listed(word.lower()) for word in words)


def test_case_references_are_random_and_unmistakable() -> None:
    """A reference is eight signs in two groups, none of I, L, O or U, and no two are alike."""
    drawn = {draw_case_reference() for _ in range(500)}
    assert len(drawn) == 500
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", reference) for reference in drawn)


def test_the_desk_never_sets_what_the_source_host_knows() -> None:
    """Sent and collected are the source host's own statuses; the desk may set every other."""
    assert set(Status) - TOLD_BY_THE_DESK == {Status.SENT, Status.COLLECTED}
    assert {Status.DESTROYED, Status.SHUT} == TOLD_BY_THE_DESK - SET_BY_THE_DESK, "which nobody sets by hand"
