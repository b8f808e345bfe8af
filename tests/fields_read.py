"""Which fields of forms and addresses the desk reads while it answers: recorded, for tests that try each of them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from werkzeug.datastructures import ImmutableMultiDict

EVERY_FIELD = "*"
_read: set[str] = set()


class RecordedFields(ImmutableMultiDict[str, str]):
    """What a request brings; every name that is asked for is recorded, whether it was sent or not."""

    def __getitem__(self, key: str) -> str:
        _read.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        _read.add(str(key))
        return super().__contains__(key)

    def get(self, key: str, *arguments: Any, **more: Any) -> Any:
        """Return a field."""
        _read.add(key)
        return super().get(key, *arguments, **more)

    def getlist(self, key: str, *arguments: Any, **more: Any) -> Any:
        """Return a field that may be there several times."""
        _read.add(key)
        return super().getlist(key, *arguments, **more)

    def to_dict(self, *arguments: Any, **more: Any) -> Any:
        """Return all fields: each may be read from there."""
        _read.add(EVERY_FIELD)
        return super().to_dict(*arguments, **more)

    def items(self, multi: bool = False) -> Any:
        """Return all fields; with `multi`, to know a form again (gate.py), which reads none of them."""
        if not multi:
            _read.add(EVERY_FIELD)
        return super().items(multi)


@contextmanager
def recording(app: Flask) -> Iterator[None]:
    """Have an application record what it reads."""
    usual = app.request_class
    recorded = type("RecordedRequest", (usual,), {"parameter_storage_class": RecordedFields})
    app.request_class = recorded
    try:
        yield
    finally:
        app.request_class = usual


def read_since(begun: Iterable[str] = ()) -> set[str]:
    """Return what was read since this was called last, besides what is known; all names are EVERY_FIELD."""
    found = _read - set(begun)
    _read.clear()
    return found
