"""Many commands under one name, of which only the one that is asked for is loaded.

The servers need the web, `init` needs to judge passwords, the courier neither: each would load all of it at each start.
So what --help says of each stands where the command is named, under the occasion at which it is wanted: whoever looks
for one at night knows what happened, and not what the command is called.
"""

import gc
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import click


class Named(NamedTuple):
    """One command, as the list of all has it."""

    line: str  # what it does, short enough to stand beside the names on 80 columns
    load: Callable[[], click.Command]  # imports it


def typed_words(context: click.Context) -> str:
    """Return the command as it was typed after the program's name: “check”, or “onion run”."""
    words: list[str] = []
    above: click.Context | None = context
    while above is not None and above.parent is not None:
        words.insert(0, above.info_name or "")
        above = above.parent
    return " ".join(words)


class NamedCommands(click.Group):
    """Commands by occasion, then by name: there is no other place to name one, so none is without its occasion.

    Raises ValueError if two occasions have a command of one name, for only the last would be found.
    """

    def __init__(self, *, occasions: Mapping[str, Mapping[str, Named]], **settings: Any) -> None:
        super().__init__(**settings)
        self.occasions = occasions
        names = [name for named in occasions.values() for name in named]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"named at two occasions: {', '.join(sorted(twice))}")
        self._by_name = {name: each.load for named in occasions.values() for name, each in named.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of their occasions."""
        del ctx
        return list(self._by_name)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, loaded; None if there is none of that name."""
        del ctx
        load = self._by_name.get(cmd_name)
        return load() if load else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the occasions, each with its commands, all in the same two columns. Loads none of them."""
        del ctx
        width = max(map(len, self._by_name))
        for occasion, named in self.occasions.items():
            with formatter.section(occasion):
                formatter.write_dl([(name.ljust(width), each.line) for name, each in named.items()])

    def run(self) -> None:
        """Run the command that was typed, as the whole of this process; does not return.

        What is loaded stays to the end: looking through it for what nobody uses takes a third of a start and of an end.
        """
        gc.disable()
        for typed in sys.argv[1:2]:
            self.get_command(click.Context(self), typed)
        gc.freeze()
        gc.enable()
        self()

    def load_all(self) -> None:
        """Load every command, for who is going to run many of them."""
        for load in self._by_name.values():
            load()
