"""Writing the landing kit: into a folder that is new or empty, or that holds such a kit and nothing else.

A folder of somebody else's is never touched: one strange file in it, and nothing is written.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from serving.language import gettext as _
from source_interface.landing.facts import LandingRefused

MARK = "README.txt"
_FOLDER_MODE, _FILE_MODE = 0o755, 0o644  # all of it is public, and a web server must be able to read it


def write_kit(out: Path, files: Mapping[str, bytes], data: Path, sometimes: Collection[str] = ()) -> None:
    """Write a kit's files, by name, into `out`. Raises LandingRefused if something else is there, or `out` in `data`.

    `data` is the source host's own folder, in which `check` would take them for strangers. `sometimes` names what other
    kits have: what is there of it and not in `files` is erased, for it speaks of an address or a place of before.
    """
    if out.resolve().is_relative_to(data.resolve()):
        raise LandingRefused(_("{path} lies in the data folder. Choose another folder.").format(path=out))
    _check_ours(out, {**dict.fromkeys(sometimes, b""), **files})
    for name in set(sometimes) - files.keys():
        for path in (out / name, _draft_of(out / name)):
            path.unlink(missing_ok=True)
        with suppress(OSError):  # there is none, or something is left in it
            (out / name).parent.rmdir()
    _make(out)
    # The mark first: what a full disk leaves half done is still ours to do again.
    for name in sorted(files, key=lambda name: (name != MARK, name)):
        path = out / name
        _make(path.parent)
        # Each whole or not at all: a mark that is cut short would be nobody's, and the folder never ours again.
        draft = _draft_of(path)
        draft.write_bytes(files[name])
        draft.chmod(_FILE_MODE)
        draft.replace(path)


def _check_ours(out: Path, files: Mapping[str, bytes]) -> None:
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise LandingRefused(_("{path} is not a folder. Choose another name.").format(path=out))
    if not out.exists() or not any(out.iterdir()):
        return
    known = {out / name for name in files} | {(out / name).parent for name in files}
    known |= {_draft_of(out / name) for name in files}
    first = files[MARK].split(b"\n", 1)[0]
    mark = out / MARK
    if [*out.iterdir()] == [_draft_of(mark)]:
        return  # the very first step of this command was cut short
    for path in out.rglob("*"):
        if path not in known or path.is_symlink():
            raise LandingRefused(
                _("{path} holds something else: {name}. Nothing was written.").format(path=out, name=path.name)
            )
    if not mark.is_file() or mark.read_bytes().split(b"\n", 1)[0] != first:
        raise LandingRefused(_("{path} was not made by this command. Nothing was written.").format(path=out))


def _draft_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.new")


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(_FOLDER_MODE)
