"""Multipart forms as browsers send them, and as people with bad intentions do: the beginnings of every form target."""

from collections.abc import Iterable

BOUNDARY = b"----candour"


def part(name: bytes, content: bytes, *, file_name: bytes | None = None, more: bytes = b"") -> bytes:
    """Spell one part as a browser does; `more` is put behind its first header."""
    disposition = b'Content-Disposition: form-data; name="' + name + b'"'
    if file_name is not None:
        disposition += b'; filename="' + file_name + b'"'
    return disposition + more + b"\r\n\r\n" + content + b"\r\n"


def form(parts: Iterable[bytes], boundary: bytes = BOUNDARY) -> bytes:
    """Put parts together."""
    opening = b"--" + boundary + b"\r\n"
    return b"".join(opening + one for one in parts) + b"--" + boundary + b"--\r\n"


TYPED = "It was Café №5 — \u202egnp.exe\u202c\x00".encode()

HOSTILE_FORMS: dict[str, bytes] = {
    "a form as a browser sends it": form(
        [
            part(b"message", TYPED),
            part(b"topic", b"money"),
            part(b"attachments", b"%PDF-1.7\r\n--x\r\n", file_name=b"a.pdf", more=b"\r\nContent-Type: application/pdf"),
            part(b"attachments", b"", file_name=b""),
        ]
    ),
    "no parts at all": form([]),
    "nothing": b"",
    "cut in the middle of a head": b"--" + BOUNDARY + b"\r\nContent-Dispo",
    "cut in the middle of a boundary": form([part(b"message", b"x")])[:-8],
    "a boundary inside a file that is not one": form(
        [part(b"attachments", b"\r\n--" + BOUNDARY + b"x", file_name=b"f")]
    ),
    "spaces behind a boundary": form([part(b"message", b"x")]).replace(BOUNDARY + b"\r\n", BOUNDARY + b" \t \r\n"),
    "line feeds alone": form([part(b"message", b"x")]).replace(b"\r\n", b"\n"),
    "carriage returns alone": form([part(b"message", b"x")]).replace(b"\r\n", b"\r"),
    "a head folded over lines": form([part(b"message", b"x", more=b"\r\n folded: yes")]),
    "a head that is not UTF-8": form([part(b"m\xff\xfe", b"x")]),
    "a part without a name": form([b"Content-Disposition: form-data\r\n\r\nx\r\n"]),
    "a part without a disposition": form([b"Content-Type: text/plain\r\n\r\nx\r\n"]),
    "a name in UTF-16": form([part("message".encode("utf-16"), b"x")]),
    "a name in percent signs": form([part(b"%6d%65", b"x", file_name=b"%2e%2e%2f%00")]),
    "a file name of RFC 2231": form([part(b"attachments", b"x", more=b"; filename*=UTF-8''%e2%80%aegnp.exe")]),
    "a file name in an unknown charset": form([part(b"attachments", b"x", more=b"; filename*=cows''%ff%00")]),
    "a file name in numbered parts": form([part(b"attachments", b"x", more=b"; filename*0=a; filename*1*=''%2f")]),
    "a file name with a path": form([part(b"attachments", b"x", file_name=b"..\\../../etc/passwd")]),
    "a file name with a quote": form([part(b"attachments", b"x", file_name=b'a\\"; name=\\"b')]),
    "a charset of its own": form([part(b"_charset_", b"utf-7"), part(b"message", b"+AGE-")]),
    "the same field often": form([part(b"message", b"x")] * 30),
    "parts within a part": form([part(b"message", form([part(b"message", b"y")], b"inner"))]),
    "something before and after": b"hello\r\n" + form([part(b"message", b"x")]) + b"and more",
    "a head without an end": b"--" + BOUNDARY + b"\r\nContent-Disposition: form-data; name=" + b"a" * 3_000,
    "a file with zeros": form([part(b"attachments", bytes(3_000), file_name=b"zeros\x00.bin")]),
}
