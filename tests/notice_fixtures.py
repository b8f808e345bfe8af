"""Fixtures of tests of the daily notice: a desk that is set up, with people, a relay and a watch."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk_office import Office, new_office
from tests.noticed_desk import Homes, World, people_with_keys, watched
from tests.small_relay import Relay, small_relay


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A desk."""
    with new_office(tmp_path / "desk") as made:
        yield made


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homes]:
    """Two people, each with a key at home."""
    with people_with_keys(tmp_path_factory.mktemp("people")) as made:
        yield made


@pytest.fixture
def relay() -> Iterator[Relay]:
    """A mail relay on this machine."""
    with small_relay() as made:
        yield made


@pytest.fixture
def world(office: Office, people: Homes, relay: Relay) -> Iterator[World]:
    """A desk that is set up, and its watch."""
    with watched(office, people, relay) as made:
        yield made
