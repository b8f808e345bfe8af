"""What the files of a bundle are called: names that do no harm on any system. The true ones stand in case.json."""

import unicodedata

_LONGEST = 80  # characters, before the ending
_LONGEST_ENDING = 10
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
FOLDER = "attachments"


def enclosed_name(number: int, untrusted_name: str) -> str:
    """Return the place of an attachment in the bundle: attachments/003-rota.pdf.

    Letters, digits, `-`, `_` and one dot, whatever the source called it: no path, no control character, nothing hidden,
    no name that a system keeps for itself. The number makes each name the only one, in capitals or not.
    """
    stem, dot, ending = untrusted_name.rpartition(".")
    if not dot or not stem or len(ending) > _LONGEST_ENDING:
        stem, ending = untrusted_name, ""
    stem, ending = _plain(stem)[:_LONGEST].strip("_") or "file", _plain(ending).strip("_")
    return f"{FOLDER}/{number:03}-{stem}{'.' + ending if ending else ''}"


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text)
    return "".join(
        char if char in _SAFE else "_" for char in folded if unicodedata.category(char) not in ("Mn", "Cc", "Cf")
    )
