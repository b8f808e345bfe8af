"""How the two hosts are, as it was last heard or seen: a word for each thing, and since which day it holds."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from store.desk.watch_tables import health
from store.host_health import Thing

SOURCE, DESK = "source", "desk"


@dataclass(frozen=True)
class Seen:
    """One thing of a host. `since` and `seen` are days, YYYY-MM-DD."""

    word: str
    since: str
    seen: str


def note_health(connection: Connection, host: str, words: Mapping[Thing, str], today: str) -> None:
    """Note how a host is today. What is not among the words stays as it was seen last."""
    before = read_health(connection, host)
    for thing, word in words.items():
        held = before.get(thing)
        since = held.since if held is not None and held.word == word else today
        values = {"word": word, "since": since, "seen": today}
        if held is None:
            connection.execute(insert(health).values(host=host, thing=thing.value, **values))
        elif held != Seen(**values):
            chosen = update(health).where(health.c.host == host, health.c.thing == thing.value)
            connection.execute(chosen.values(**values))


def read_health(connection: Connection, host: str) -> dict[Thing, Seen]:
    """Return what is known of a host; a thing that we do not know is left out."""
    known = {thing.value for thing in Thing}
    rows = connection.execute(select(health).where(health.c.host == host))
    return {Thing(row.thing): Seen(row.word, row.since, row.seen) for row in rows if row.thing in known}
