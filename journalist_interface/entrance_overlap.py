"""A person's key to the desk, and the one before beside it for some days, so that nobody is shut out by a change.

Rules:
- Tor does not tell which key somebody came with. So the one before ends when its owner has said that the new one works
  (`candour-desk onion key-done`), or after some days: its name says on which day.
- It goes with everything that ends its owner's time here, and with every key that is given in the place of another.
"""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from onion import clients
from onion.own_files import sync_folder

OVERLAP_DAYS = 14
# Capitals and +: no user name is spelt so.
_NAME = re.compile(r"([a-z0-9][a-z0-9._-]*)\+UNTIL-([0-9]{4}-[0-9]{2}-[0-9]{2})\Z")


def keep_old(service: Path, username: str) -> None:
    """Let a person in with the key of before, too, for some days. Before it is exchanged. Raises OSError."""
    end_old(service, username)
    until = (datetime.now(UTC).date() + timedelta(days=OVERLAP_DAYS)).isoformat()
    key = clients.path_of(service, username)
    if key.exists():
        os.link(key, key.with_name(f"{username}+UNTIL-{until}.auth"), follow_symlinks=False)
        sync_folder(key.parent)


def end_old(service: Path, username: str) -> bool:
    """Let a person in with the key of before no more; tell whether there was one. Raises OSError, ClientRefused."""
    found = [name for name in clients.names(service) if _owner(name) == username]
    for name in found:
        clients.revoke(service, name)
    return bool(found)


def owner_of(name: str) -> str:
    """Return whose key a client's is, by its name; of one whose days are over, the name itself, which is nobody's."""
    found = _NAME.match(name)
    if found and datetime.now(UTC).date().isoformat() <= found[2]:
        return found[1]
    return name


def old_ones(service: Path) -> Iterator[tuple[str, str]]:
    """Yield whose key of before is let in still, and until which day."""
    for name in clients.names(service):
        if found := _NAME.match(name):
            yield found[1], found[2]


def _owner(name: str) -> str | None:
    found = _NAME.match(name)
    return found[1] if found else None
