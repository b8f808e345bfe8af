"""Copies of a host's folder, for tests that ruin them: what a process left there to be found by is no part of it."""

from pathlib import Path


def but_sockets_and_locks(folder: str, names: list[str]) -> set[str]:
    """What `shutil.copytree` is to leave out."""
    return {name for name in names if name.endswith(".lock") or (Path(folder) / name).is_socket()}
