"""Many commands under one name, of which only the one that is asked for is loaded.

The servers need the web, `init` needs to judge passwords, the courier neither: each would load all of it at each start.
"""

import gc
import sys
from collections.abc import Callable, Mapping
from typing import Any

import click


def typed_words(context: click.Context) -> str:
    """Return the command as it was typed after the program's name: “check”, or “onion run”."""
    words: list[str] = []
    above: click.Context | None = context
    while above is not None and above.parent is not None:
        words.insert(0, above.info_name or "")
        above = above.parent
    return " ".join(words)


class NamedCommands(click.Group):
    """Commands by their names. `by_name` has a function for each, which imports the command and returns it.

    It is called when its command is asked for; --help, which tells of all, asks for all.
    """

    def __init__(self, *, by_name: Mapping[str, Callable[[], click.Command]], **settings: Any) -> None:
        super().__init__(**settings)
        self._by_name = by_name

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in order."""
        del ctx
        return sorted(self._by_name)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, loaded; None if there is none of that name."""
        del ctx
        load = self._by_name.get(cmd_name)
        return load() if load else None

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
