"""Names under which a browser saves what it is given: none that does harm by being a name."""

import re
import unicodedata
from urllib.parse import quote

LONGEST_SAFE_NAME = 120  # characters
_UNSAFE = re.compile(r'[\\/:*?"<>|]')


def safe_name(name: str) -> str:
    """Return a file name without path, control, direction or wildcard characters, and not hidden."""
    visible = "".join(char for char in name if unicodedata.category(char)[0] != "C")
    cleaned = _UNSAFE.sub("_", visible).strip(". ")
    if len(cleaned) > LONGEST_SAFE_NAME:
        stem, dot, ending = cleaned.rpartition(".")
        ending = dot + ending if stem and len(ending) <= 16 else ""
        # Cut anew, it may end in a dot or a space again, which Windows drops.
        cleaned = cleaned[: LONGEST_SAFE_NAME - len(ending)].rstrip(". ") + ending
    return cleaned or "attachment"


def content_disposition(name: str) -> str:
    """Return the header that saves a file under `name` (RFC 6266, RFC 8187)."""
    plain = name.encode("ascii", "replace").decode("ascii").replace("?", "_").replace("%", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
