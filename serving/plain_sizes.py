"""Sizes in plain words."""

from serving.language import gettext as _

MB = 1_000_000  # bytes


def size_text(size: int) -> str:
    """Return a size as people read it: empty, 12 KB, 3.4 MB."""
    if size == 0:
        return _("empty")
    if size < MB:
        return _("{size} KB").format(size=max(1, round(size / 1000)))
    return _("{size} MB").format(size=f"{size / MB:.1f}".removesuffix(".0"))
