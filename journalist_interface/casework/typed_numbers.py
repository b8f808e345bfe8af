"""Whole numbers as supervisors type them into a form: days and months of this charity's own."""

from journalist_interface.errors import WritingRefused
from serving.language import gettext as _

_MOST_DIGITS = 3


def read_number(untrusted: str, most: int) -> int:
    """Return a number from 1 to `most`, which is below 1,000. Raises WritingRefused for anything else.

    In one spelling: decimal digits of ASCII, with space around them at the most.
    """
    typed = untrusted.strip()
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= _MOST_DIGITS and 1 <= int(typed) <= most):
        raise WritingRefused(_("Type a whole number from 1 to {most}. Nothing was changed.").format(most=most))
    return int(typed)
