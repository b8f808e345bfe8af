"""Column types that make the wrong thing impossible."""

from typing import Any

from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from keys.ciphertext import Ciphertext


class Sealed(TypeDecorator[Ciphertext]):
    """A column for sealed bytes: it takes `Ciphertext` and nothing else, and gives `Ciphertext` back."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Ciphertext | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        """Return the bytes to store. Raises TypeError for anything that no sealing function made."""
        if value is not None and not isinstance(value, Ciphertext):
            raise TypeError("only sealed bytes may be stored here")
        return None if value is None else bytes(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Ciphertext | None:  # noqa: ARG002
        """Return what was stored, as ciphertext."""
        return None if value is None else Ciphertext(value)
