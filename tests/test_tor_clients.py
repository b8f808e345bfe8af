"""Who is let in at an onion service of this host: each under a name, with a key that Tor takes; and nobody else."""

import base64
import stat
from pathlib import Path

import pytest

from onion import clients
from onion.client_key import ClientKey, authorised
from onion.errors import ClientRefused


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """The folder of an onion service that is shut."""
    clients.shut(tmp_path / "door")
    return tmp_path / "door"


def test_a_shut_service_has_a_key_that_nobody_holds(service: Path) -> None:
    """Without any client Tor would let everybody in who knows the address; shutting it again changes nothing."""
    (nobody,) = (service / "authorized_clients").iterdir()
    first = nobody.read_text()
    clients.shut(service)
    assert clients.is_shut(service)
    assert clients.names(service) == ()
    assert nobody.read_text() == first


def test_who_is_let_in_is_there_until_revoked(service: Path) -> None:
    """Under a name; no file can be read by others; the last one who goes leaves the service shut."""
    before = clients.stamp(service)
    clients.allow(service, "reviewer-host", authorised(ClientKey.draw().public))
    assert clients.names(service) == ("reviewer-host",)
    assert clients.stamp(service) != before
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (service / "authorized_clients").iterdir()}
    assert modes == {0o600}
    clients.revoke(service, "reviewer-host")
    assert clients.names(service) == ()
    assert clients.is_shut(service)
    # The list is what it was; a Tor that started in between may have read another.
    assert clients.stamp(service) != before


def test_a_name_is_never_given_to_another_key_unseen(service: Path) -> None:
    """Letting the same one in again is nothing new; another under that name is refused, and the first stays."""
    line = authorised(ClientKey.draw().public)
    clients.allow(service, "reviewer-host", line)
    clients.allow(service, "reviewer-host", line)
    before = clients.stamp(service)
    with pytest.raises(ClientRefused):
        clients.allow(service, "reviewer-host", authorised(ClientKey.draw().public))
    with pytest.raises(ClientRefused):
        clients.revoke(service, "nobody-here")
    assert clients.stamp(service) == before


@pytest.mark.parametrize("name", ["jo.smith", "a.auth", "jo.", "0.nobody"])
def test_a_user_name_may_hold_dots(service: Path, name: str) -> None:
    """It is that client's and nobody else's, also if it ends as the files do."""
    before = {path.name for path in (service / "authorized_clients").iterdir()}
    clients.allow(service, name, authorised(ClientKey.draw().public))
    assert clients.names(service) == (name,)
    clients.revoke(service, name)
    assert {path.name for path in (service / "authorized_clients").iterdir()} == before


def test_a_key_is_exchanged_in_one_step(service: Path) -> None:
    """The name stays, the old key does not."""
    first, second = (authorised(ClientKey.draw().public) for _key in range(2))
    clients.exchange(service, "jo.smith", first)
    clients.exchange(service, "jo.smith", second)
    keys = {line for name, line in clients.stamp(service) if name == "jo.smith.auth"}
    assert keys == {second}
    with pytest.raises(ClientRefused):
        clients.exchange(service, "jo.smith", "no key")


def test_a_key_that_tor_would_pass_over_shuts_nothing(tmp_path: Path) -> None:
    """A full disk leaves empty files; Tor skips what it cannot read, and with none left lets everybody in."""
    clients.shut(tmp_path / "door")
    (nobody,) = (tmp_path / "door" / "authorized_clients").iterdir()
    nobody.write_text("")
    assert not clients.is_shut(tmp_path / "door")
    clients.shut(tmp_path / "door")
    assert clients.is_shut(tmp_path / "door")
    assert nobody.read_text().startswith("descriptor:x25519:")


LOW_ORDER = {
    "nothing but zeros": bytes(32),
    "one": b"\x01" + bytes(31),
    "a point of order eight": bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
}


@pytest.mark.parametrize("what", LOW_ORDER)
def test_a_key_over_which_tor_crashes_is_refused(service: Path, what: str) -> None:
    """It would take the site down with the door (RFC 7748, section 6.1)."""
    spelt = base64.b32encode(LOW_ORDER[what]).rstrip(b"=").decode()
    with pytest.raises(ClientRefused):
        clients.allow(service, "reviewer-host", authorised(spelt))
