"""Inputs that once broke a target, each the smallest that did, and what was wrong."""

from dataclasses import dataclass

from tests.fuzz.hostile_forms import form, part


@dataclass(frozen=True)
class Broke:
    """An input of a target, as `tests.fuzz.run` prints it."""

    target: str
    given: bytes


REGRESSIONS: dict[str, Broke] = {
    # Flask-WTF looked for its token among names that were None: 500.
    "a part without a name, sent to a page that takes no files": Broke(
        "site", bytes([4, 0, 2, 0, 0, 16]) + form([b"Content-Disposition: form-data\r\n\r\nx\r\n"])
    ),
    # Flask answered by itself, and listed the methods of every page.
    "OPTIONS of a page": Broke("site", bytes([4, 4, 0, 0])),
    # Werkzeug's decoder gave the last file of a form one byte more: a carriage return.
    "a piece that ends between the last two hyphens of a form": Broke(
        "form_stream", bytes([0, 1, 0]) + form([part(b"attachments", b"hello", file_name=b"a.txt")])
    ),
    # Cut at 120 characters, the name to save it under ended in a dot.
    "a long name with a dot where it is cut": Broke(
        "file_names", b"\x02" + ("a" * 119 + "." + "b" * 30).encode("utf-16-le")
    ),
}
