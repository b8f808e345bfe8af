"""The file of peppers: in one spelling, and overwritten where it lay when another takes its place."""

from pathlib import Path

import pytest

from keys.errors import Malformed
from source_interface.peppers import Peppers
from store.destroying import doomed, finish_destroying, replace_and_destroy

OLD, NEW = bytes(range(32)), bytes(range(1, 33))
BROKEN_FILES: dict[str, bytes] = {
    "empty": b"",
    "a byte short": bytes(31),
    "a byte long": bytes(33),
    "cut in the middle": Peppers(NEW, 1, "2026-11", OLD).to_file()[:-9],
    "of a later format": Peppers(NEW, 1, "2026-11", OLD).to_file().replace(b'pepper":1', b'pepper":2'),
    "without a number": b'{"candour_pepper":1,"since":"2026-11","pepper":"' + b"A" * 43 + b'="}',
    "of the number nought": Peppers(NEW, 1, "2026-11").to_file().replace(b'"number":1', b'"number":0'),
    "of no month": Peppers(NEW, 1, "2026-13").to_file(),
    "of a day": Peppers(NEW, 1, "2026-11-07").to_file(),
    "with a short pepper": Peppers(NEW[:-1], 1, "2026-11").to_file(),
    "with an older one that is the same": Peppers(NEW, 1, "2026-11", NEW).to_file(),
    "with something more": Peppers(NEW, 1, "2026-11").to_file()[:-1] + b',"oldest":"AAAA"}',
}  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN_FILES)
def test_a_file_of_peppers_has_one_spelling(broken: str) -> None:
    """Anything else is damaged: no codename is looked for with half a pepper."""
    with pytest.raises(Malformed):
        Peppers.of_file(BROKEN_FILES[broken])


def test_what_is_written_is_what_is_read() -> None:
    """The first pepper is 32 bytes, as ever; and none is printed."""
    for peppers in (Peppers(OLD), Peppers(NEW, 1, "2026-11", OLD), Peppers(NEW, 7, "2027-01")):
        assert Peppers.of_file(peppers.to_file()) == peppers
        assert "older=" not in repr(peppers)
        assert "newest=" not in repr(peppers)
    assert Peppers(OLD).to_file() == OLD


def test_what_was_there_is_overwritten_where_it_lay(tmp_path: Path) -> None:
    """Looked at through another name of the very file; and what a crash left is overwritten by the next."""
    path, kept = tmp_path / "pepper", tmp_path / "kept"
    for is_resumed in (False, True):
        path.write_bytes(OLD)
        kept.unlink(missing_ok=True)
        kept.hardlink_to(path)
        if is_resumed:
            path.rename(doomed(path))
            path.write_bytes(NEW)
            finish_destroying(path)
        else:
            replace_and_destroy(path, NEW)
        assert path.read_bytes() == NEW
        assert len(kept.read_bytes()) == len(OLD)
        assert kept.read_bytes() != OLD
        assert not doomed(path).exists()


def test_what_was_not_replaced_is_not_overwritten(tmp_path: Path) -> None:
    """Killed after the second name was given and before the new file came: the pepper is whole."""
    path = tmp_path / "pepper"
    path.write_bytes(OLD)
    doomed(path).hardlink_to(path)
    finish_destroying(path)
    assert path.read_bytes() == OLD
    assert not doomed(path).exists()
