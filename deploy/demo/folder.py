"""The folder that a demonstration keeps its keys and data in.

Rules:
- A folder is used only when it is new, empty, or made by an earlier demonstration: a marker file says so.
- Only such a folder is ever erased.
- One demonstration at a time holds it.
- `account.json` is kept from the first start on; `demo.json` is there from the moment that every part answers,
  so that a program may wait for it.
"""

import fcntl
import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from gettext import gettext as _
from pathlib import Path
from typing import NotRequired, TypedDict

from deploy.demo.errors import FolderRefused

MARKER = ".candour-demonstration"
LOCK = ".running"


class Colleague(TypedDict):
    """Somebody else who signs in, with the same password, and what they may do."""

    username: str
    totp_secret: str
    roles: str


class Account(TypedDict):
    """How to sign in to the demonstration's desk, and where its public intake key is."""

    username: str
    password: str
    totp_secret: str
    intake_key: str
    colleagues: NotRequired[list[Colleague]]  # a demonstration of an earlier version has none


class Addresses(TypedDict):
    """Where the three servers answer, without a slash at the end."""

    source_url: str
    desk_url: str
    door_url: str


class DemonstrationFolder:
    """The paths inside one data folder, and the files that the demonstration itself writes there."""

    def __init__(self, path: Path) -> None:
        """`path` is absolute. Nothing is touched before `held`."""
        self.path = path
        self.desk = path / "desk"
        self.drop = path / "drop"
        self.pairing = path / "pairing"
        self.custodian = path / "custodian"  # the card that a real desk's custodians would keep elsewhere, in shares
        self._account = path / "account.json"
        self._demo = path / "demo.json"

    @contextmanager
    def held(self, *, fresh: bool) -> Iterator[None]:
        """Holds the folder, made if need be, for as long as the block runs; `fresh` erases it first.

        Raises FolderRefused when it is not ours, cannot be written, or another demonstration holds it.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            strangers = any(self.path.iterdir()) and not (self.path / MARKER).is_file()
        except OSError as error:
            raise FolderRefused(
                _("{path} cannot be used: {why}.").format(path=self.path, why=error.strerror)
            ) from error
        if strangers:
            raise FolderRefused(
                _("{path} holds files that ./run did not make, so it is left alone. Choose an empty folder.").format(
                    path=self.path
                )
            )
        (self.path / MARKER).write_text(_("./run made this folder, and ./run --fresh may erase it.\n"))
        with (self.path / LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise FolderRefused(
                    _(
                        "a demonstration is already running on {path}. Stop it first, or choose another folder "
                        "with --data."
                    ).format(path=self.path)
                ) from error
            if fresh:
                self._erase()
            self._demo.unlink(missing_ok=True)  # its addresses are of the last time
            yield

    def _erase(self) -> None:
        self.stop_key_agents()  # one may be left from a demonstration that was killed
        for entry in self.path.iterdir():
            if entry.name in (MARKER, LOCK):
                continue  # a crash half-way must leave a folder that can be erased again
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def account(self) -> Account | None:
        """What an earlier start kept, or None in a new folder.

        Raises FolderRefused when a start was cut off while it made keys: nobody could sign in to those.
        """
        try:
            kept: Account = json.loads(self._account.read_text(encoding="utf-8"))
        except FileNotFoundError:
            if self.desk.exists() or self.drop.exists():
                raise FolderRefused(
                    _("{path} was only half made the last time. Start over with ./run --fresh.").format(path=self.path)
                ) from None
            return None
        return kept

    def keep_account(self, account: Account) -> None:
        """Writes down how to sign in, for the next start. Call it once every part has been made."""
        write_private(self._account, account)

    def announce(self, account: Account, addresses: Addresses) -> None:
        """Writes demo.json: how to sign in, the three addresses, and this folder as `data`."""
        write_private(self._demo, {**account, **addresses, "data": str(self.path)})

    def stop_key_agents(self) -> None:
        """Ends every gpg-agent that works for a key folder in here: gpg starts them, and they would stay."""
        for home in self.path.glob("*/gnupg"):
            subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)


def write_private(path: Path, content: object) -> None:
    """Writes `content` as JSON that only this login can read. The file is there whole, or not at all."""
    unfinished = path.with_name(f".{secrets.token_hex(8)}.new")
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
    unfinished.replace(path)
