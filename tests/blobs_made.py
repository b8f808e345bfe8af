"""Blobs made for tests, published or held, and what lies in their folder."""

from pathlib import Path

from store.blobs import BlobFolder


def files(tmp_path: Path) -> list[str]:
    """Every file in the blob folder, as folder/name."""
    return sorted(
        str(path.relative_to(tmp_path / "blobs")) for path in (tmp_path / "blobs").rglob("*") if path.is_file()
    )


def publish(blobs: BlobFolder, content: bytes = b"sealed") -> str:
    """Publish a blob and return its id."""
    with blobs.draft() as draft:
        draft.file.write(content)
        draft.seal_finished()
        blobs.publish([draft.id])
    blobs.settle([draft.id])
    return draft.id


def hold(blobs: BlobFolder) -> str:
    """Hold a blob and return its id."""
    with blobs.draft() as draft:
        draft.file.write(b"sealed")
        draft.seal_finished()
        blobs.hold(draft.id)
    return draft.id
