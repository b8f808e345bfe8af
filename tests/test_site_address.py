"""The address that the site knows: kept in one spelling, and what is damaged stops the start with a sentence."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from onion.errors import AddressRefused
from source_interface.commands import main
from source_interface.drop_folder import DropFolder
from source_interface.site_address import keep_site_address, read_site_address
from source_interface.site_app import create_site
from store.errors import FolderExposed
from store.folder import write_private_file
from tests.harms import snapshot
from tests.onion_names import onion_name

ADDRESS = onion_name()


def writes(content: bytes) -> Callable[[Path], object]:
    """Have this stand in the file."""
    return lambda path: write_private_file(path, content)


def let_others_read(path: Path) -> None:
    """A right address in a file that others can read."""
    write_private_file(path, ADDRESS.encode())
    path.chmod(0o644)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "nothing in it": writes(b""),
    "a letter mistyped": writes(ADDRESS.replace(ADDRESS[0], "b" if ADDRESS[0] == "a" else "a", 1).encode()),
    "a letter missing": writes(ADDRESS[1:].encode()),
    "capitals": writes(ADDRESS.upper().encode()),
    "a scheme before it": writes(b"http://" + ADDRESS.encode()),
    "a name before it": writes(b"www." + ADDRESS.encode()),
    "a port behind it": writes(ADDRESS.encode() + b":80"),
    "two lines": writes(f"{ADDRESS}\n{onion_name(2)}\n".encode()),
    "two ends of a line": writes(ADDRESS.encode() + b"\n\n"),
    "the end of a line as in Windows": writes(ADDRESS.encode() + b"\r\n"),
    "an address of the older kind": writes(b"expyuzz4wqqyqhjn.onion"),
    "bytes that are no letters": writes(b"\xff\xfe" * 40),
    "something endless": writes(ADDRESS.encode() + b"\n" * 5_000_000),
    "a link that leads nowhere": lambda path: path.symlink_to("/nowhere"),
    "others can read it": let_others_read,
}


def run(*arguments: str) -> Result:
    """Run `candour-drop`."""
    return CliRunner().invoke(main, [*arguments])


def test_an_address_is_kept_and_read_again(drop_folder: DropFolder) -> None:
    """In small letters, for its user alone; none is None; another one takes its place."""
    assert read_site_address(drop_folder) is None
    assert keep_site_address(drop_folder, ADDRESS.upper()) == ADDRESS
    assert drop_folder.site_address.read_bytes() == ADDRESS.encode() + b"\n"
    assert drop_folder.site_address.stat().st_mode & 0o777 == 0o600
    assert read_site_address(drop_folder) == ADDRESS
    keep_site_address(drop_folder, onion_name(2))
    assert read_site_address(drop_folder) == onion_name(2)


def test_no_wrong_address_is_kept(drop_folder: DropFolder) -> None:
    """What was there stays."""
    keep_site_address(drop_folder, ADDRESS)
    with pytest.raises(AddressRefused, match="checksum"):
        keep_site_address(drop_folder, ADDRESS.replace(ADDRESS[3], "b" if ADDRESS[3] == "a" else "a"))
    assert read_site_address(drop_folder) == ADDRESS


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_address_stops_the_start(drop_folder: DropFolder, damage: str) -> None:
    """It is never taken for no address: the site would answer gateways again. The check says so; nothing is changed."""
    DAMAGES[damage](drop_folder.site_address)
    before = snapshot(drop_folder.root)
    with pytest.raises(FolderExposed, match="address"):
        read_site_address(drop_folder)
    with pytest.raises(FolderExposed, match="address"):
        create_site(drop_folder.root)
    served = run("serve", "--data", str(drop_folder.root), "--bind", "unix:/nowhere/site.sock")
    assert served.exit_code == 1
    assert "site-address" in served.stderr
    checked = run("check", "--data", str(drop_folder.root))
    assert checked.exit_code == 1
    assert [line for line in checked.stdout.splitlines() if "Until then the site does not start." in line]
    assert snapshot(drop_folder.root) == before


def test_the_check_says_under_which_name_the_site_answers(drop_folder: DropFolder) -> None:
    """Without an address it warns, and is still sound: so it is where one tries it out."""
    found = run("check", "--data", str(drop_folder.root))
    assert found.exit_code == 0, found.output
    assert [line for line in found.stdout.splitlines() if line.startswith("warn") and "no onion address" in line]
    keep_site_address(drop_folder, ADDRESS)
    found = run("check", "--data", str(drop_folder.root))
    assert found.exit_code == 0, found.output
    assert f"ok    The site answers under {ADDRESS} alone." in found.stdout.splitlines()
