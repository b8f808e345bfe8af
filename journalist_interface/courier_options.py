"""The options of `candour-desk collect` that carry units. Anything but one spelling of each is a mistake of usage."""

import re

import click

from serving.language import gettext as _

_DURATION = re.compile(r"([1-9][0-9]{0,4})([smh])\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_LONGEST_SECONDS = 24 * 3600
_SIZE = re.compile(r"([1-9][0-9]{0,4})(kB|MB)(/s)?\Z")
_BYTES = {"kB": 1_000, "MB": 1_000_000}
_LARGEST_SIZE = 1_000_000_000
# Below it four roads that wait for their turn would look, to the desk, like a courier that is gone.
_LEAST_RATE = 50_000


class Duration(click.ParamType[int]):
    """A time such as 30s, 10m or 2h, as whole seconds; 24 hours at most."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the seconds. Fails with a sentence."""
        found = _DURATION.match(str(value))
        seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
        if not 0 < seconds <= _LONGEST_SECONDS:
            self.fail(
                _("“{value}” is not a time such as 30s, 10m or 2h (24h at most).").format(value=value), param, ctx
            )
        return seconds


class Size(click.ParamType[int]):
    """A size such as 500kB or 2MB, as whole bytes; 1000MB at most; 0 for none."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the bytes. Fails with a sentence."""
        size = _bytes(str(value), "")
        if size is None:
            self.fail(
                _("“{value}” is not a size such as 500kB or 2MB (1000MB at most), or 0 for none.").format(value=value),
                param,
                ctx,
            )
        return size


class Rate(click.ParamType[int]):
    """A rate such as 500kB/s or 2MB/s, as whole bytes a second; 50kB/s at least, 1000MB/s at most; 0 for none."""

    name = "rate"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the bytes a second. Fails with a sentence."""
        rate = _bytes(str(value), "/s")
        if rate is None or 0 < rate < _LEAST_RATE:
            self.fail(
                _("“{value}” is not a rate such as 500kB/s or 2MB/s (50kB/s at least), or 0 for none.").format(
                    value=value
                ),
                param,
                ctx,
            )
        return rate


def _bytes(spelt: str, end: str) -> int | None:
    if spelt == "0":
        return 0
    found = _SIZE.match(spelt)
    if not found or (found[3] or "") != end:
        return None
    size = int(found[1]) * _BYTES[found[2]]
    return size if size <= _LARGEST_SIZE else None
