"""A source host whose desk is stolen, for the tests of `revoke-desk`: answers from before, after, and one backdated."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bench.source_client import SourceClient
from keys.codename import Codename
from keys.derivation import derive
from keys.reply import Reply, reply_address
from onion import clients
from onion.client_key import ClientKey, authorised
from serving.server import CLOSE
from source_interface.commands import main
from source_interface.door_tokens import DoorToken, keep_pending, read_in_force
from source_interface.drop_folder import MIGRATIONS, DropFolder, make_drop, open_drop
from source_interface.site_app import create_site
from store.database import open_database
from store.drop.deliveries import ReplyDelivery, apply_delivery
from store.drop.held_answers import count_held
from tests.conftest import IntakeSecret
from tests.copied_hosts import but_sockets_and_locks
from tests.served import served
from tests.source_ground import today


def days_ago(days: int) -> str:
    """The day that many days before today."""
    return (date.fromisoformat(today()) - timedelta(days=days)).isoformat()


def run(root: Path, *words: str) -> Result:
    """Run `candour-drop`, its data folder given."""
    return CliRunner().invoke(main, [*words, "--data", str(root)])


def revoke(root: Path, *options: str) -> Result:
    """Shut the desk out."""
    return run(root, "revoke-desk", *options)


def deliver(folder: DropFolder, codename: str, text: str, *, came: int, dated: int) -> None:
    """Have an answer come `came` days ago, which says of itself that it was written `dated` days ago."""
    drop = open_drop(folder.root)
    public = derive(Codename.read(codename), drop.pepper).reply_key().public
    reply = Reply("".join(f"{byte:02x}" for byte in text.encode().ljust(16, b"."))[:32], days_ago(dated), text, (), 1)
    delivery = ReplyDelivery(
        f"{came:02x}" * 16, reply_address(public), days_ago(dated), reply.id, reply.seal_to(public)
    )
    apply_delivery(drop.database, delivery, days_ago(came))
    drop.database.close()


def texts(url: str, codename: str) -> str:
    """What the inbox says."""
    source = SourceClient(url)
    page = source.come_back(codename)
    source.close()
    return page.text


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> tuple[Path, str]:
    """A source host with an onion service for its door, a source with three answers; and the source's codename."""
    place = tmp_path_factory.mktemp("lived")
    make_drop(place / "drop", intake_secret.public, place / "pairing.json")
    folder = DropFolder(place / "drop")
    app = create_site(folder.root)
    with served(app) as url:
        source = SourceClient(url)
        codename = source.take_codename()
        assert source.report("It happened on a Tuesday.", codename=codename).status == 200
        source.close()
    app.extensions[CLOSE]()
    deliver(folder, codename, "An old answer", came=9, dated=9)
    deliver(folder, codename, "A thief's answer", came=1, dated=1)
    deliver(folder, codename, "A backdated one", came=2, dated=40)
    (folder.root / "tor").mkdir(mode=0o700)
    service = folder.root / "tor" / "door"
    clients.shut(service)
    for name in ("desk", "desk-2"):
        clients.allow(service, name, authorised(ClientKey.draw().public))
    keep_pending(folder.tokens, DoorToken("ab" * 32, today()))
    return place, codename


@pytest.fixture
def place(lived: tuple[Path, str], tmp_path: Path) -> Path:
    """A copy of it, to be revoked at."""
    shutil.copytree(lived[0], tmp_path / "place", ignore=but_sockets_and_locks)
    return tmp_path / "place"


@contextmanager
def site(place: Path) -> Iterator[str]:
    """Its site, as if it had no onion service: this test has none running."""
    (place / "drop" / "tor").rename(place / "tor")
    app = create_site(place / "drop")
    with served(app) as url:
        yield url
    app.extensions[CLOSE]()
    (place / "tor").rename(place / "drop" / "tor")


def held(place: Path) -> int:
    """How many answers are held back."""
    with closing(open_database(place / "drop" / "drop.sqlite", MIGRATIONS)) as database:
        return count_held(database)


def names(place: Path) -> tuple[str, ...]:
    """Who is let in at the door."""
    return clients.names(place / "drop" / "tor" / "door")


def is_shut_out(place: Path) -> bool:
    """Tell whether nothing of before opens the door any more, and strangers find it shut."""
    tokens = DropFolder(place / "drop").tokens
    void = not tokens.in_force.exists() or read_in_force(tokens).is_void
    return (
        void and not tokens.pending.exists() and not names(place) and clients.is_shut(place / "drop" / "tor" / "door")
    )
