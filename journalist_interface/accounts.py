"""Accounts of reviewers: what a user name and a password must be, and how the intake passphrase reaches an officer."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from journalist_interface.errors import NotAnOfficer, SetUpRefused
from journalist_interface.guessable import is_guessable
from journalist_interface.roles import check_roles
from keys.ciphertext import Ciphertext
from keys.hpke import Purpose, SecretKey, seal
from keys.reviewer_key import LEAST_PASSWORD, LONGEST_PASSWORD, ReviewerSecret
from serving.language import gettext as _
from store.desk.cases import RECOVERY_HOLDER
from store.desk.reviewers import Reviewer
from store.desk.roles import Role

_USERNAME = re.compile(r"[a-z][a-z0-9._-]{1,31}\Z")
_SEALED_FOR = "candour v1 intake passphrase"


@dataclass(frozen=True)
class NewAccount:
    """A reviewer to be added, and the secret whose TOTP half the person must take down now."""

    reviewer: Reviewer
    secret: ReviewerSecret = field(repr=False)


def make_account(username: str, password: str, roles: Collection[Role], passphrase: str | None = None) -> NewAccount:
    """Return a new account; `passphrase`, the intake key's, is sealed to it if it is an intake officer's.

    Without one an officer waits for the key (intake_custody.py). Raises SetUpRefused if any of the three will not do.
    """
    return make_account_with(ReviewerSecret.draw(), username, password, roles, passphrase)


def make_account_with(
    secret: ReviewerSecret, username: str, password: str, roles: Collection[Role], passphrase: str | None = None
) -> NewAccount:
    """Return a new account as `make_account` does, whose secret was drawn before."""
    check_username(username)
    check_password(password, username)
    roles = check_roles(roles)
    public = secret.key().public
    reviewer = Reviewer(
        username=username,
        public_key=public,
        sealed_secret=secret.seal_under(password, username),
        sealed_passphrase=(
            seal_passphrase(public, passphrase, username) if passphrase and Role.INTAKE_OFFICER in roles else None
        ),
        last_totp_step=0,
        roles=roles,
    )
    return NewAccount(reviewer, secret)


def added_note(reviewer: Reviewer) -> str:
    """Return what the trail says of an account that was added."""
    return f"{reviewer.username}: {', '.join(sorted(reviewer.roles))}"


def open_passphrase(reviewer: Reviewer, key: SecretKey) -> str:
    """Return the intake key's passphrase. Raises NotAnOfficer if this reviewer has none, SealBroken if altered."""
    if reviewer.sealed_passphrase is None:
        raise NotAnOfficer(
            _("You do not hold the intake key, so you cannot unlock it. An officer who does can hand it to you.")
        )
    return key.open(reviewer.sealed_passphrase, passphrase_of(reviewer.username)).decode("ascii")


def seal_passphrase(public: bytes, passphrase: str, username: str) -> Ciphertext:
    """Return the intake key's passphrase sealed to an officer, or to the recovery key under its own name."""
    return seal(public, passphrase.encode("ascii"), passphrase_of(username))


def passphrase_of(username: str) -> Purpose:
    """Return what the passphrase is sealed for, to one holder."""
    return Purpose(_SEALED_FOR, username.encode("ascii"))


def check_username(username: str) -> None:
    """Raise SetUpRefused unless a user name is spelt as they all are, and is not the recovery key's."""
    if not _USERNAME.match(username) or username == RECOVERY_HOLDER:
        raise SetUpRefused(
            _(
                "“{name}” cannot be a user name. Use 2 to 32 small letters, digits, dots, hyphens or underscores, "
                "a letter first."
            ).format(name=username)
        )


def check_password(password: str, username: str) -> None:
    """Raise SetUpRefused unless a password is long enough, short enough to be one, and hard to guess.

    No rule about capitals, digits or signs (NIST SP 800-63B): such rules make passwords that people forget and
    guessers know.
    """
    if len(password) > LONGEST_PASSWORD:
        raise SetUpRefused(
            _("The password must have at most {most} characters. A few random words are good.").format(
                most=LONGEST_PASSWORD
            )
        )
    if len(password) < LEAST_PASSWORD:
        raise SetUpRefused(
            _("The password must have at least {least} characters. A few random words are good.").format(
                least=LEAST_PASSWORD
            )
        )
    if is_guessable(password, (username,)):
        raise SetUpRefused(
            _(
                "This password would be guessed soon: it is common, or made of names, dates or keys that stand side "
                "by side. Nothing was changed. Take four words that have nothing to do with each other or with you."
            )
        )
