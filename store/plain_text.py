"""Text from a database or from a stranger, made fit to be shown: it cannot move a cursor or turn its own direction.

Whoever can write to the database could otherwise have a terminal write what they like: an "ok" over a "FAULT".
"""

import unicodedata

_MOVING = ("Cc", "Cf", "Zl", "Zp", "Co", "Cn", "Cs")


def plain_name(name: str) -> str:
    """Return an untrusted name with control and direction characters made visible, as ⟨U+202E⟩."""
    return "".join(f"⟨U+{ord(char):04X}⟩" if unicodedata.category(char) in _MOVING else char for char in name)


def plain_lines(text: str) -> str:
    """Return untrusted text of several lines, each as `plain_name` gives it."""
    return "\n".join(map(plain_name, text.split("\n")))
