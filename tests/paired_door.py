"""A source host whose door is open to a paired desk: who knocks with which token, and whose key is let in."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from click.testing import CliRunner
from flask.testing import FlaskClient

from onion import clients
from onion.client_key import ClientKey, authorised
from serving.server import CLOSE
from source_interface.commands import main
from source_interface.door_app import create_door
from source_interface.drop_folder import DropFolder
from tests.source_ground import today

SERVICE = Path("tor/door")


@dataclass(frozen=True)
class Ground:
    """A source host whose door is open, and the token that its first pairing file holds."""

    folder: DropFolder
    first: str

    def knock(self, token: str, day: str | None = None, path: str = "/v1/waiting") -> int:
        """What the door answers to whoever has this token, on that day."""
        app = create_door(self.folder.root, lambda: day or today())
        client: FlaskClient = app.test_client()
        answer = client.get(path, headers={"Authorization": f"Bearer {token}"})
        answer.close()
        app.extensions[CLOSE]()
        return answer.status_code

    def pair(self, name: str, *options: str | Path) -> str:
        """Make a pairing file; return its token."""
        out = self.folder.root.parent / name
        words = ["pairing", "--data", str(self.folder.root), "--pairing", str(out), *map(str, options)]
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 0, done.output
        return str(json.loads(out.read_text())["token"])

    def check(self) -> str:
        """What `check` says."""
        return CliRunner().invoke(main, ["check", "--data", str(self.folder.root)]).output


def in_days(days: int) -> str:
    """The day that many days from now."""
    return (date.fromisoformat(today()) + timedelta(days=days)).isoformat()


def let_in(ground: Ground, name: str) -> Path:
    """Let a reviewer host in at the door's onion service; return the file with its key."""
    key = ground.folder.root.parent / f"{name}.auth"
    key.write_text(authorised(ClientKey.draw().public))
    clients.shut(ground.folder.root / SERVICE)
    clients.allow(ground.folder.root / SERVICE, name, key.read_text())
    return key


def names(ground: Ground) -> tuple[str, ...]:
    """Who is let in."""
    return clients.names(ground.folder.root / SERVICE)


def new_key(ground: Ground, name: str = "desk-2") -> Path:
    """A new key of the reviewer host, not let in."""
    key = ground.folder.root.parent / f"{name}.auth"
    key.write_text(authorised(ClientKey.draw().public))
    return key
