"""How fast a case leaves the desk, and in how much memory: `python -m bench.taking_out [--sizes 1 64 500]`.

A desk with its keys is made; for each size a letter with one file of so many MB is opened, and its case is taken out,
sealed to a key that gpg made, and thrown away piece by piece. "Looked through" is the first reading of the file, before
anything leaves; the peak is how far the memory of Python went above where it was before, as the kernel remembers it,
and of the gpg that seals. Nothing is asserted.
"""

import argparse
import hashlib
import os
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from bench.opening import DAY, PASSWORD, new_desk
from journalist_interface.accounts import open_passphrase
from journalist_interface.desk_folder import Desk
from journalist_interface.opening import open_parcel
from journalist_interface.sessions import SignedIn
from journalist_interface.takeout.asking import ask
from journalist_interface.takeout.rule import keep_rule
from journalist_interface.takeout.taking import take_out
from keys.letter import AttachmentRecord, Letter
from keys.openpgp import SealingProcess
from keys.padding import attachment_size_class
from keys.recipient_key import RecipientKey
from keys.reviewer_key import ReviewerSecret
from keys.session_seal import SessionToken
from store.blobs import new_blob_id
from store.desk.parcels import Parcel, ParcelPart, put_parcel
from store.desk.reviewers import find_reviewer
from store.drafts import Blob

MB = 1_000_000
_PIECE = bytes(range(256)) * 3_906 + bytes(64)  # 1,000,000 bytes
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


def recipients_key(home: Path) -> str:
    """Return the armoured public key that gpg makes."""
    home.mkdir(mode=0o700)
    run = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
    subprocess.run([*run, "--quick-gen-key", "bench", "default", "default", "0"], check=True, capture_output=True)
    shown = subprocess.run([*run, "--armor", "--export", "bench"], check=True, capture_output=True)
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=True, capture_output=True)
    return shown.stdout.decode()


def deliver(desk: Desk, megabytes: int) -> str:
    """Put a letter with a file into the post; return its submission."""
    size = megabytes * MB
    with desk.post.draft() as draft, SealingProcess(desk.paths.intake_key, draft.file.fileno()) as sealing:
        digest = hashlib.sha256()
        for _piece in range(megabytes):
            digest.update(_PIECE)
            sealing.write(_PIECE)
        sealing.write(bytes(attachment_size_class(size) - size))
        sealing.finish()
        file = _published(desk, draft.seal_finished())
    record = AttachmentRecord(file.id, "large.bin", "application/octet-stream", size, digest.hexdigest())
    letter = Letter(new_blob_id(), DAY, None, ("money",), (), "With a large file.", "", (record,))
    with desk.post.draft() as draft, SealingProcess(desk.paths.intake_key, draft.file.fileno()) as sealing:
        sealing.write(letter.to_padded())
        sealing.finish()
        sealed = _published(desk, draft.seal_finished())
    kinds = ((sealed, "letter"), (file, "attachment"))
    parts = tuple(ParcelPart(blob.id, kind, blob.size, blob.sha256) for blob, kind in kinds)
    put_parcel(desk.database, Parcel(letter.submission, DAY, DAY, None, parts))
    return letter.submission


def _published(desk: Desk, blob: Blob) -> Blob:
    desk.post.publish([blob.id])
    desk.post.settle([blob.id])
    return blob


def peak(pid: str = "self") -> int:
    """Return the most that was resident of a process, in bytes; 0 if it is gone."""
    with suppress(OSError):
        if found := _PEAK.search(Path(f"/proc/{pid}/status").read_text()):
            return int(found[1]) * 1024
    return 0


class GpgPeak(threading.Thread):
    """The highest peak of any gpg that is seen until `done` is set."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.done = threading.Event()
        self.seen = 0

    def run(self) -> None:
        """Look every few milliseconds."""
        while not self.done.wait(0.02):
            for child in psutil.Process().children():
                with suppress(psutil.NoSuchProcess):
                    if child.name() == "gpg":
                        self.seen = max(self.seen, peak(str(child.pid)))


def take(desk: Desk, reader: SignedIn, reference: str, key: str) -> None:
    """Take a case out, and print a line."""
    form = {"recipient_key": key, "reason": "bench", "with_attachments": "yes"}
    wanted = ask(desk, reader, reference, form | {"ending": RecipientKey.read(key).fingerprint[-16:]})
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew (proc(5))
    before, begun = peak(), time.perf_counter()
    bundle = take_out(desk, reader, reference, wanted.id)
    looked = time.perf_counter()
    gpg = GpgPeak()
    gpg.start()
    left = sum(len(piece) for piece in bundle.pieces())
    ended = time.perf_counter()
    gpg.done.set()
    gpg.join()
    seconds = ended - looked
    memory = f"{(peak() - before) / MB:12,.1f} MB  {gpg.seen / MB:8,.1f} MB"
    speed = f"{left / MB / seconds:8,.0f} MB/s"
    print(f"{left / MB:8,.0f} MB  {looked - begun:10.2f} s  {seconds:6.2f} s  {speed}  {memory}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure each size in turn."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 64, 500], help="MB")
    sizes = parser.parse_args(arguments).sizes
    os.umask(0o077)
    with tempfile.TemporaryDirectory() as scratch, new_desk(Path(scratch) / "desk", 1) as (desk, officer, names):
        key = recipients_key(Path(scratch) / "gnupg")
        with desk.database.reading() as connection:
            passphrase = open_passphrase(find_reviewer(connection, officer.username), officer.key)
            sealed = find_reviewer(connection, names[0]).sealed_secret
        reader = _reader(sealed, names[0])
        keep_rule(desk, officer, alone=True)
        print("    bundle  looked through    sent       speed   Python's peak   gpg's peak")
        for megabytes in sizes:
            reference = open_parcel(desk, officer, passphrase, deliver(desk, megabytes), names)
            take(desk, reader, reference, key)


def _reader(sealed: bytes, username: str) -> SignedIn:
    return SignedIn(username, ReviewerSecret.open(sealed, PASSWORD, username).key(), SessionToken.draw())


if __name__ == "__main__":
    main()
