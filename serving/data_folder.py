"""The data folder as it is typed after `--data`, at both hosts."""

from pathlib import Path
from typing import Any

import click

from serving.language import gettext as _


class DataFolder(click.Path):
    """The type of `--data`: a folder, there or not. Gives a Path; fails with exit code 2 for a file and for nothing."""

    def __init__(self) -> None:
        super().__init__(path_type=Path, file_okay=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse what is empty: all that is left of `--data "$DROP"` in a new window, where DROP stands for nothing.

        It would be taken for the folder that one happens to stand in.
        """
        if value == "":
            self.fail(
                _(
                    "it is empty. The name that you typed, such as $DROP, stands for nothing in this window. Type the "
                    "folder itself: /var/lib/candour on a host that deploy/install made. Nothing was changed."
                ),
                param,
                ctx,
            )
        return super().convert(value, param, ctx)
