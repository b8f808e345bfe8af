"""The list that everybody signs: what was done, what is compared later, what is left. No secret; blanks for names."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence

from serving.language import gettext as _

FILE = "ceremony-checklist.txt"
_WIDTH = 78
_SIGNATURES = 5


def checklist(
    title: str, done: Sequence[str], facts: Mapping[str, str], by_hand: Iterable[str], left: list[str]
) -> str:
    """Return the text of one sheet. `facts`: what is compared later, by name; `left`: what the check found wrong."""
    lines = [title, "", _("Day: ______________________   Place: ______________________________________"), ""]
    lines += [_("Done, as the program saw it:"), *(_item("[x]", each) for each in done), ""]
    lines += [_("To compare with later:"), *(f"    {name}: {value}" for name, value in facts.items()), ""]
    lines += [_("Done by hand; tick it when you have seen it:"), *(_item("[ ]", each) for each in by_hand), ""]
    if left:
        lines += [_("LEFT TO DO, as the check says:"), *(_item("[ ]", each) for each in left), ""]
    else:
        lines += [_("The check found nothing wrong."), ""]
    lines += [_("Present, by name and signature:"), ""]
    lines += [_("  ______________________________      ______________________________________\n")] * _SIGNATURES
    return "\n".join(lines)


def _item(box: str, text: str) -> str:
    # A machine's sentence may be of several lines: one item is one paragraph.
    return textwrap.fill(" ".join(text.split()), _WIDTH, initial_indent=f"{box} ", subsequent_indent="    ")
