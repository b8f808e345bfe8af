"""A public key put into a row by hand is seen before anything is sealed to it, though it be put back afterwards."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from journalist_interface.checking import check_desk
from journalist_interface.errors import KeyExchanged
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.key_names import OtherKey, name_key
from journalist_interface.recovering import recover
from journalist_interface.sessions import sign_in
from journalist_interface.throttle import Throttle
from journalist_interface.walls import clear, withdraw
from keys.hpke import SEED_SIZE, SecretKey
from keys.spoken import spoken_fingerprint
from store.desk.account_tables import audit, reviewers
from store.desk.audit import Act
from store.desk.cases import RECOVERY_HOLDER
from store.desk.intake import find_recovery_copy, put_recovery_copy
from store.desk.key_names import named_keys
from store.desk.reviewers import add_reviewer, find_reviewer
from store.desk.roles import Role
from store.desk.settings import Setting, change_setting
from tests.custodians import key_of, table
from tests.desk_office import PASSWORD, Office, new_office, write_letter


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk with a case that amina and bartek can read, and cora, who can read none."""
    with new_office(tmp_path / "desk") as made:
        made.add("bartek", Role.REVIEWER)
        made.add("cora", Role.REVIEWER)
        made.open(made.deliver(write_letter(None)), cleared=("amina", "bartek"))
        yield made


def exchange(office: Office, username: str, public: bytes | None = None) -> None:
    """Put another public key under a name, as whoever can write to the database does."""
    public = public or SecretKey(secrets.token_bytes(SEED_SIZE)).public
    with office.desk.database.writing() as connection:
        connection.execute(reviewers.update().where(reviewers.c.username == username).values(public_key=public))


def exchange_recovery(office: Office) -> None:
    """The same with the recovery key's."""
    with office.desk.database.writing() as connection:
        change_setting(connection, Setting.RECOVERY_PUBLIC_KEY, SecretKey(secrets.token_bytes(SEED_SIZE)).public)


def noted(office: Office, act: Act) -> list[tuple[str, str]]:
    """Who did an act, and its note, in order."""
    with office.desk.database.reading() as connection:
        rows = connection.execute(select(audit).where(audit.c.act == act.value).order_by(audit.c.number)).all()
    return [(row.actor, row.note) for row in rows]


def case(office: Office) -> str:
    """The reference of the one case."""
    with office.desk.database.reading() as connection:
        return str(connection.exec_driver_sql("SELECT reference FROM cases").scalar_one())


def _open(office: Office) -> None:
    office.open(office.deliver(write_letter(None, "Another.")), cleared=("cora",))


def _clear(office: Office) -> None:
    clear(office.desk, office.signed_in(), case(office), "cora", "Reads well.")


def _recover(office: Office) -> None:
    recover(office.desk, key_of(office), "cora", None, "Amina has left.")


def _withdraw(office: Office) -> None:
    withdraw(office.desk, office.signed_in(), case(office), "amina", "A friend of his.")


ROADS: list[tuple[str, str, Callable[[Office], None]]] = [
    ("cora", "amina", _open),
    ("cora", "amina", _clear),
    ("cora", RECOVERY_HOLDER, _recover),
    ("bartek", "amina", _withdraw),
]


@pytest.mark.parametrize(("victim", "actor", "road"), ROADS)
def test_nothing_is_sealed_to_another_key(
    office: Office, victim: str, actor: str, road: Callable[[Office], None]
) -> None:
    """Refused whole, recorded, and possible again with the true key."""
    before = table(office)
    with office.desk.database.reading() as connection:
        true = find_reviewer(connection, victim).public_key
    exchange(office, victim)
    with pytest.raises(OtherKey, match=victim):
        road(office)
    assert table(office) == before
    assert noted(office, Act.KEY_EXCHANGED) == [(actor, victim)]
    exchange(office, victim, true)
    road(office)
    assert table(office) != before


@pytest.mark.parametrize("road", [_open, _withdraw])
def test_nor_to_another_recovery_key(office: Office, road: Callable[[Office], None]) -> None:
    """A case that is new, and one that is given a new key."""
    before = table(office)
    exchange_recovery(office)
    with pytest.raises(OtherKey, match="the recovery key"):
        road(office)
    assert table(office) == before
    assert noted(office, Act.KEY_EXCHANGED) == [("amina", RECOVERY_HOLDER)]


def test_an_exchanged_recovery_key_keeps_nobody_from_the_post(office: Office) -> None:
    """The key unlocks, nothing is sealed to the other one, and the trail says that it was exchanged."""
    with office.desk.database.writing() as connection:
        put_recovery_copy(connection, None)
    exchange_recovery(office)
    lock = IntakeLock()
    amina = office.signed_in()
    lock.unlock(office.desk, amina)
    assert lock.passphrase(amina) == office.passphrase()
    with office.desk.database.reading() as connection:
        assert find_recovery_copy(connection) is None
    assert noted(office, Act.KEY_EXCHANGED) == [("amina", RECOVERY_HOLDER)]
    assert noted(office, Act.UNLOCK) == [("amina", "")]


def test_check_compares_every_key(office: Office) -> None:
    """Accounts and recovery key; without a fault before."""
    assert [found.sentence for found in check_desk(office.folder) if not found.sound] == []
    exchange(office, "cora")
    exchange_recovery(office)
    said = [found.sentence for found in check_desk(office.folder) if not found.sound]
    assert [sentence for sentence in said if "key of cora" in sentence]
    assert [sentence for sentence in said if "the recovery key" in sentence]


def test_a_key_that_the_trail_was_made_to_name_is_seen_at_sign_in(office: Office) -> None:
    """The row was put back, the record was not."""
    with office.desk.database.writing() as connection:
        name_key(connection, "", "cora", SecretKey(secrets.token_bytes(SEED_SIZE)).public)
    with pytest.raises(KeyExchanged):
        sign_in(office.desk, Throttle(), "cora", PASSWORD, office.code("cora"))


def test_an_account_of_before_is_named_when_its_owner_signs_in(office: Office) -> None:
    """`check` warns until then; what is sealed to it meanwhile is sealed."""
    office.add("dora", Role.REVIEWER)
    with office.desk.database.writing() as connection:
        reviewer = find_reviewer(connection, "dora")
        old = reviewer.__class__(**{**reviewer.__dict__, "username": "emma"})
        sealed = office.secrets["dora"].seal_under(PASSWORD, "emma")
        add_reviewer(connection, old.__class__(**{**old.__dict__, "sealed_secret": sealed}))
    office.secrets["emma"] = office.secrets["dora"]
    assert [found for found in check_desk(office.folder) if found.warns and "emma yet" in found.sentence]
    clear(office.desk, office.signed_in(), case(office), "emma", "Reads well.")
    sign_in(office.desk, Throttle(), "emma", PASSWORD, office.code("emma"))
    assert not [found for found in check_desk(office.folder) if found.warns and "emma yet" in found.sentence]
    with office.desk.database.reading() as connection:
        assert named_keys(connection)["emma"] == spoken_fingerprint(reviewer.public_key)
    assert [actor for actor, note in noted(office, Act.KEY_NAMED) if note.startswith("emma: ")] == ["emma"]
