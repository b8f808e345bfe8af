"""`candour-drop` with a fault: its pages are not padded. So the test of what the wire shows is seen to see it."""

from source_interface import page_padding
from source_interface.commands import main


def _as_long_as_it_is(size: int, smallest: int = page_padding.SMALLEST_PAGE) -> int:
    del smallest
    return size


if __name__ == "__main__":
    page_padding.page_size_class = _as_long_as_it_is
    main()
