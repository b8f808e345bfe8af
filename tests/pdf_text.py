"""The words of a PDF that Chromium printed, in the order in which they are drawn: so much of PDF as Chromium writes.

Its streams are deflated, its text is numbers of glyphs in hexadecimal, and each font says what its glyphs mean.
"""

import re
import zlib

_OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj(.*?)endobj", re.DOTALL)
_STREAM = re.compile(rb"\nstream\r?\n|stream\r?\n")
_FONT_NAME = re.compile(rb"/(F\d+) (\d+) 0 R")
_MEANING = re.compile(rb"/ToUnicode (\d+) 0 R")
_STEP = re.compile(rb"/(F\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)> ?(?:-?[\d.]+ ?)?(?=[^>]*T[jJ])")
_SINGLE = re.compile(rb"beginbfchar(.*?)endbfchar", re.DOTALL)
_RANGE = re.compile(rb"beginbfrange(.*?)endbfrange", re.DOTALL)


def printed_words(pdf: bytes) -> tuple[int, str]:
    """Return how many pages there are, and the letters on all of them; between two lines there is nothing."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    pages = [body for body in objects.values() if b"/Type /Page\n" in body]
    meanings = {}
    for page in pages:
        for name, font in _FONT_NAME.findall(page):
            found = _MEANING.search(objects[int(font)])
            assert found, "a font without meanings"
            meanings[name] = _meanings(_inflated(objects[int(found[1])]))
    drawn = [_inflated(objects[int(found[1])]) for page in pages if (found := re.search(rb"/Contents (\d+) 0 R", page))]
    return len(pages), "".join(_letters(content, meanings) for content in drawn)


def _letters(content: bytes, meanings: dict[bytes, dict[int, str]]) -> str:
    told, font = [], b""
    for name, glyphs in _STEP.findall(content):
        if name:
            font = name
        else:
            numbers = (int(glyphs[i : i + 4], 16) for i in range(0, len(glyphs), 4))
            told.append("".join(meanings[font].get(number, "\ufffd") for number in numbers))
    return "".join(told)


def _meanings(table: bytes) -> dict[int, str]:
    found = {}
    for block in _SINGLE.findall(table):
        for glyph, letter in re.findall(rb"<([0-9A-F]+)> <([0-9A-F]+)>", block):
            found[int(glyph, 16)] = bytes.fromhex(letter.decode()).decode("utf-16-be")
    for block in _RANGE.findall(table):
        for first, last, letter in re.findall(rb"<([0-9A-F]+)> <([0-9A-F]+)> <([0-9A-F]+)>", block):
            for offset in range(int(last, 16) - int(first, 16) + 1):
                found[int(first, 16) + offset] = chr(int(letter, 16) + offset)
    return found


def _inflated(body: bytes) -> bytes:
    return zlib.decompressobj().decompress(_STREAM.split(body, maxsplit=1)[1])
