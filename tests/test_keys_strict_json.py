"""Strict JSON: each kind of field takes exactly what it says."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import Malformed
from keys.strict_json import Fields, hex_id, hex_sha256, read_object, write_object

Take = Callable[[Fields], object]

TAKES: dict[str, Take] = {
    "text": lambda fields: fields.text("x", 5),
    "optional text": lambda fields: fields.optional_text("x", 5),
    "integer": lambda fields: fields.integer("x", 9, least=2),
    "flag": lambda fields: fields.flag("x"),
    "id": lambda fields: fields.hex_id("x"),
    "sha256": lambda fields: fields.sha256("x"),
    "day": lambda fields: fields.day("x"),
    "one of": lambda fields: fields.one_of("x", frozenset({"a", "b"})),
    "list": lambda fields: fields.list_of("x", 2, hex_id),
    "exactly": lambda fields: fields.exactly("x", 1),
}
GOOD: list[tuple[str, object]] = [
    ("text", ""),
    ("text", "\U0001f99d" * 5),
    ("optional text", None),
    ("optional text", "abc"),
    ("integer", 2),
    ("integer", 9),
    ("flag", True),
    ("flag", False),
    ("id", "0af9" * 8),
    ("sha256", "0af9" * 16),
    ("day", "2028-02-29"),
    ("one of", "b"),
    ("list", []),
    ("list", ["0af9" * 8]),
]
BAD: list[tuple[str, object]] = [
    ("text", "abcdef"),
    ("text", None),
    ("text", 1),
    ("text", "\udc00"),
    ("text", "\x00"),
    ("optional text", "abcdef"),
    ("optional text", False),
    ("integer", 1),
    ("integer", 10),
    ("integer", 5.0),
    ("integer", "5"),
    ("integer", True),
    ("flag", 1),
    ("flag", "true"),
    ("flag", None),
    ("id", "0AF9" * 8),
    ("id", "0af9" * 8 + "\n"),
    ("id", "0af9" * 7),
    ("id", "\u0661" * 32),
    ("id", 1),
    ("sha256", "0af9" * 8),
    ("sha256", None),
    ("day", "2026-1-1"),
    ("day", "2026-02-29"),
    ("day", "2026-06-31"),
    ("day", "2026-00-10"),
    ("day", "2026-01-32"),
    ("day", "2026-01-01\n"),
    ("day", "2026-W01-1"),
    ("day", "20260101"),
    ("day", 20260101),
    ("one of", "c"),
    ("one of", None),
    ("one of", ["a"]),
    ("list", ["0af9" * 8] * 3),
    ("list", ["x"]),
    ("list", {}),
    ("list", "ab"),
    ("list", None),
    ("exactly", 2),
    ("exactly", 1.0),
    ("exactly", True),
]


@pytest.mark.parametrize(("kind", "value"), GOOD, ids=repr)
def test_a_field_takes(kind: str, value: object) -> None:
    """A value within the rules is given back as it was written, and nothing is left over."""
    fields = read_object(json.dumps({"x": value}).encode(), 1_000)
    found = TAKES[kind](fields)
    assert found == (tuple(value) if isinstance(value, list) else value)
    fields.end()


@pytest.mark.parametrize(("kind", "value"), BAD, ids=repr)
def test_a_field_refuses(kind: str, value: object) -> None:
    """A value of another type, length or spelling is Malformed."""
    with pytest.raises(Malformed):
        TAKES[kind](read_object(json.dumps({"x": value}).encode(), 1_000))


@pytest.mark.parametrize("kind", TAKES)
def test_a_field_is_taken_once(kind: str) -> None:
    """A field that is not there, or was taken already, is Malformed."""
    with pytest.raises(Malformed, match="lacks x"):
        TAKES[kind](Fields({}, "document"))


def test_what_nobody_asked_for_is_refused() -> None:
    """A field left over at the end is Malformed, and the complaint does not repeat its name."""
    with pytest.raises(Malformed) as refused:
        Fields({"secret-name": 1}, "document").end()
    assert "secret-name" not in refused.value.reason


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 53), 1 << 53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text("abcdef", min_size=1, max_size=5), JSON_VALUES, max_size=5))
def test_what_is_written_is_read(value: dict[str, Any]) -> None:
    """An object written is the object read, in compact UTF-8."""
    document = write_object(value)
    fields = read_object(document, len(document))
    for name, wanted in value.items():
        assert json.loads(document)[name] == wanted
        fields.list_of(name, 3, lambda _: None) if isinstance(wanted, list) else fields._take(name)
    fields.end()
    with pytest.raises(Malformed):
        read_object(document, len(document) - 1)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_malformed(document: bytes) -> None:
    """Whatever arrives, the reader gives the fields of an object or raises Malformed."""
    try:
        assert isinstance(read_object(document, 200), Fields)
    except Malformed:
        assert True


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_not_written(value: float) -> None:
    """NaN and infinity cannot be written either."""
    with pytest.raises(ValueError, match="JSON"):
        write_object({"x": value})


@pytest.mark.parametrize("untrusted", [None, 1, "", "0AF9" * 8, "0af9" * 8 + "\n", b"0af9" * 8])
def test_a_list_entry_that_is_no_id_is_refused(untrusted: object) -> None:
    """Ids and SHA-256s in lists are as strict as those in fields."""
    with pytest.raises(Malformed):
        hex_id(untrusted)
    with pytest.raises(Malformed):
        hex_sha256(untrusted)
