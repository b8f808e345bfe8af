"""What every test may use: a real intake key, real folders, and the really running processes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

import pytest
from argon2.low_level import hash_secret_raw
from flask import Flask
from hypothesis import settings
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

from bench.source_client import SourceClient
from journalist_interface.desk_app import create_desk
from keys import reviewer_key
from keys.intake_secret import export_public, make_intake_key, new_passphrase, open_bytes, stop_agent
from keys.letter import LONGEST_LETTER, Letter
from serving import private_screen
from serving.server import CLOSE
from source_interface.drop_folder import DropFolder, OpenDrop, make_drop, open_drop
from store import migrating
from tests.ceremony_table import DESK, DROP, Table
from tests.chromium import browser as browser
from tests.chromium import chromium as chromium
from tests.chromium import playwright as playwright
from tests.dealing import pytest_xdist_make_scheduler as pytest_xdist_make_scheduler
from tests.desk_office import Office
from tests.made_schema import once
from tests.one_day import pytest_runtest_setup as pytest_runtest_setup
from tests.source_site import running_site

# No test is wrong because the machine was busy.
settings.register_profile("candour", deadline=None)
settings.load_profile("candour")


class _CompiledPages(BytecodeCache):
    """What every page's template was compiled to, for all desks of this run: most tests make one of their own."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take it from here, unless its template is another by now."""
        if kept := self._kept.get(bucket.key):
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        self._kept[bucket.key] = bucket.bytecode_to_string()


class _CompiledRule(Rule):
    """A route whose address is compiled once for all applications: a function of what the rule says, and of no more.

    A desk has some 120 routes, and took longer for this than for all else that it does at its start.
    """

    _compiled: ClassVar[dict[tuple[object, ...], Callable[..., tuple[str, str]]]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        said = (append_unknown, self.rule, *self._trace, *sorted((self.defaults or {}).items()))
        if said not in self._compiled:
            self._compiled[said] = super()._compile_builder(append_unknown)
        return self._compiled[said]


@pytest.fixture(scope="session", autouse=True)
def _nothing_is_worked_out_twice() -> Iterator[None]:
    """Pages and routes compiled, a new database migrated, a password with a salt stretched: once a run, and all real.

    The desks of the tests are copies of a few, and somebody signs in at nearly every one.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": _CompiledPages()})
        patch.setattr(migrating, "upgrade", once(migrating.upgrade))
        patch.setattr(Flask, "url_rule_class", _CompiledRule)
        patch.setattr(reviewer_key, "hash_secret_raw", cache(hash_secret_raw))
        yield


@pytest.fixture(scope="session")
def sitting_on_its_way(tmp_path_factory: pytest.TempPathFactory) -> Table:
    """A sitting of both hosts whose stick is on its way back to the desk; killed at every moment so far. Copy it."""
    made = Table.laid(tmp_path_factory.mktemp("way"))
    assert made.go_on(DESK, "leave", kill=True) == 0, made.said[DESK][-2000:]
    assert made.go_on(DROP, "leave", kill=True) == 0, made.said[DROP][-2000:]
    return made


@pytest.fixture
def app(office: Office) -> Iterator[Flask]:
    """The desk's application over the folder of a test's own `office`."""
    made = create_desk(office.folder)
    yield made
    made.extensions[CLOSE]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`./test --long` runs the long forms of tests that have one."""
    parser.addoption("--long", action="store_true", help="run the long forms: hundreds of repetitions")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that take many minutes whatever one does are of the long form alone: pytest says how many it left out."""
    if not config.getoption("--long"):
        left_out = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(autouse=True)
def _tests_can_look_at_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that runs within the tests' own process locks no memory there, and hides none of it for good.

    What it does in a process of its own is looked at from outside.
    """
    monkeypatch.setattr(private_screen, "refuse_dumps", lambda: None)
    monkeypatch.setattr(private_screen, "lock_memory", lambda: False)


@dataclass(frozen=True)
class IntakeSecret:
    """A real intake key with both halves, as the reviewer host has it."""

    home: Path
    passphrase: str
    fingerprint: str
    public: Path

    def open(self, sealed: Path) -> bytes:
        """Return what was sealed to this key."""
        with sealed.open("rb") as file:
            return open_bytes(self.home, self.passphrase, file, 1 << 30)

    def letter(self, sealed: Path) -> Letter:
        """Return the letter in a sealed file."""
        with sealed.open("rb") as file:
            return Letter.from_padded(open_bytes(self.home, self.passphrase, file, LONGEST_LETTER))


@pytest.fixture(scope="session")
def intake_secret(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IntakeSecret]:
    """An intake key made by gpg for this run."""
    folder = tmp_path_factory.mktemp("intake", numbered=True)
    passphrase = new_passphrase()
    fingerprint = make_intake_key(folder / "gnupg", passphrase)
    public = folder / "intake-key.asc"
    public.write_text(export_public(folder / "gnupg", fingerprint), "ascii")
    yield IntakeSecret(folder / "gnupg", passphrase, fingerprint, public)
    stop_agent(folder / "gnupg")


@pytest.fixture
def drop_folder(tmp_path: Path, intake_secret: IntakeSecret) -> DropFolder:
    """A source host's folder, freshly made."""
    make_drop(tmp_path / "drop", intake_secret.public, tmp_path / "pairing.json")
    return DropFolder(tmp_path / "drop")


@pytest.fixture
def drop(drop_folder: DropFolder) -> Iterator[OpenDrop]:
    """That folder, open."""
    opened = open_drop(drop_folder.root)
    yield opened
    opened.database.close()


@pytest.fixture
def site_url(drop_folder: DropFolder) -> Iterator[str]:
    """A running site."""
    with running_site(drop_folder.root) as found:
        yield found


@pytest.fixture(scope="module")
def site_of_file(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> Iterator[str]:
    """One running site for a whole file: for tests of its pages, to whom nothing matters that somebody else sent."""
    root = tmp_path_factory.mktemp("site")
    make_drop(root / "drop", intake_secret.public, root / "pairing.json")
    with running_site(root / "drop") as found:
        yield found


@pytest.fixture
def source(site_url: str) -> Iterator[SourceClient]:
    """A source's browser."""
    client = SourceClient(site_url)
    yield client
    client.close()


@pytest.fixture
def visitor(site_of_file: str) -> Iterator[SourceClient]:
    """A source's browser at the site of the whole file."""
    client = SourceClient(site_of_file)
    yield client
    client.close()
