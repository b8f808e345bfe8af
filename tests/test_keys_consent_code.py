"""Consent codes: spelt in any way they are known, and nothing else is."""

import pytest

from keys.consent_code import check_consent, draw_consent_code, hash_consent_code
from keys.errors import SignInRefused


def test_a_code_is_known_however_it_is_spelt() -> None:
    """Small letters, spaces, an O for a nought."""
    code = draw_consent_code()
    spoken = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    check_consent(code, hash_consent_code(code))
    check_consent(spoken, hash_consent_code(code))


@pytest.mark.parametrize("typed", ["", "x", "-", "é" * 20, "0" * 5000, "7K3M-Q9TW-X2PA-06TE-RN4V"])
def test_nothing_else_fits(typed: str) -> None:
    """Neither what is no code at all nor another code."""
    with pytest.raises(SignInRefused):
        check_consent(typed, hash_consent_code(draw_consent_code()))
