"""What was proved must still be so when it is used: a password is changed, or an account suspended, in between."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from journalist_interface.password import NewPassword, change_password
from journalist_interface.proof import Claim, prove
from journalist_interface.sessions import resume, sign_in
from journalist_interface.throttle import Throttle
from keys.errors import SignInRefused
from store.desk.account_tables import reviewers
from tests.desk_office import PASSWORD, Office, new_office

NEW = "eleven loud badgers"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with real keys."""
    with new_office(tmp_path / "desk") as made:
        yield made


def _password(office: Office) -> None:
    throttle = Throttle()
    owner = resume(office.desk, sign_in(office.desk, throttle, "amina", PASSWORD, office.code(steps=-1)).token.cookie())
    change_password(office.desk, throttle, owner, NewPassword(Claim(PASSWORD, office.code()), NEW, NEW))


def _suspended(office: Office) -> None:
    with office.desk.database.writing() as connection:
        connection.execute(reviewers.update().values(suspended=True))


@pytest.mark.parametrize("change", [_password, _suspended])
def test_a_proof_of_before_a_change_is_worth_nothing(office: Office, change: Callable[[Office], None]) -> None:
    """The thief's password was right when it was looked at; its owner was faster with the change."""
    proof = prove(office.desk, "amina", PASSWORD, office.code(steps=1))
    change(office)
    with pytest.raises(SignInRefused), office.desk.database.writing() as connection:
        proof.spend(connection)


def test_a_proof_is_good_while_nothing_changed(office: Office) -> None:
    """Else the refusals above would say nothing."""
    proof = prove(office.desk, "amina", PASSWORD, office.code(steps=1))
    with office.desk.database.writing() as connection:
        proof.spend(connection)
