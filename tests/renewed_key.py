"""A desk whose intake key is made anew by its command, and what the page of the post then warns of."""

import time
from pathlib import Path

from click.testing import CliRunner, Result

from journalist_interface.check_intake import key_warnings
from journalist_interface.commands import main as desk_command
from tests.desk_office import PASSWORD, Office


def proofs(office: Office, *names: str) -> str:
    """What these officers type."""
    return "".join(f"{name}\n{PASSWORD}\n{office.code(name)}\n" for name in names)


def desk_run(office: Office, command: str, typed: str = "") -> Result:
    """A command of the desk."""
    return CliRunner().invoke(desk_command, [*command.split(), "--data", str(office.folder)], input=typed)


def renew(office: Office, out: Path, *names: str) -> Result:
    """Make a new key."""
    return desk_run(office, f"intake-key renew --out {out}", proofs(office, *(names or ("amina",))))


def warned(office: Office) -> list[str]:
    """What the page of the post warns of."""
    with office.desk.database.reading() as connection:
        return key_warnings(connection, office.desk.paths.intake_key, int(time.time()))
