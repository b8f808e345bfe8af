"""The one type the store takes: bytes that a sealing function of this package has made."""


class Ciphertext(bytes):
    """Sealed bytes. Only a function that seals makes one, so that handing plaintext to the store is a type error.

    A subclass rather than a `NewType`: the store checks it at run time too.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<ciphertext of {len(self)} bytes>"
