"""How fast waiting letters are opened: `python -m bench.opening [--letters 200] [--reviewers 3]`.

A desk with its keys is made, letters are put into its post as the courier does, every fifth with a small file, and an
officer opens them all in one round, as the button does: each letter is read twice (first of all, whom it must not
reach), and becomes a case that is sealed to every reviewer and to the recovery key. The second line opens one by one,
without the first reading. The processor's time is that of Python and gpg without its agent: it tells a busy machine
from a slow desk. Nothing is asserted.
"""

import argparse
import hashlib
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from journalist_interface.desk_folder import Desk, open_desk
from journalist_interface.intake_lock import IntakeLock
from journalist_interface.opening import open_parcel
from journalist_interface.opening_round import OpeningRounds
from journalist_interface.recovery_cards import NewShares, Scheme
from journalist_interface.sessions import SignedIn
from journalist_interface.setting_up import OFFICER, Beginner, set_up_desk
from keys.hpke import SEED_SIZE, SecretKey
from keys.intake_secret import agent_running
from keys.letter import AttachmentRecord, Letter
from keys.openpgp import seal_bytes
from keys.padding import attachment_size_class
from keys.session_seal import SessionToken
from store.blobs import new_blob_id
from store.desk.parcels import Parcel, ParcelPart, list_parcels, put_parcel
from store.desk.roles import Role
from store.drafts import Blob

DAY = "2026-11-20"
PASSWORD = "seven quiet otters"
EVERY = 5
FILE_BYTES = 40_000
_WORDS = "He sells what the computer knows. " * 30


@contextmanager
def new_desk(folder: Path, reviewers: int) -> Iterator[tuple[Desk, SignedIn, tuple[str, ...]]]:
    """Give a desk, its officer at work, and the names of its reviewers."""
    names = tuple(f"reviewer-{number}" for number in range(1, reviewers + 1))
    people = [Beginner("amina", PASSWORD, OFFICER - {Role.REVIEWER})]
    people += [Beginner(name, PASSWORD, frozenset({Role.REVIEWER})) for name in names]
    made = set_up_desk(folder, people, NewShares.draw(Scheme(shares=3, needed=2)), lambda _new: None)
    desk = open_desk(folder)
    with agent_running(desk.paths.gnupg):
        yield desk, SignedIn("amina", made.people[0].account.secret.key(), SessionToken.draw()), names
    desk.database.close()


def deliver(desk: Desk, letters: int) -> None:
    """Put letters into the post, every fifth with a file."""
    for number in range(letters):
        content = secrets.token_bytes(FILE_BYTES) if number % EVERY == 0 else b""
        parts, records = [], []
        if content:
            blob = _seal(desk, content.ljust(attachment_size_class(len(content)), b"\x00"))
            digest = hashlib.sha256(content).hexdigest()
            records.append(AttachmentRecord(blob.id, "photo.jpg", "image/jpeg", len(content), digest))
            parts.append(ParcelPart(blob.id, "attachment", blob.size, blob.sha256))
        letter = Letter(
            submission=new_blob_id(),
            day=DAY,
            reply_key=SecretKey(secrets.token_bytes(SEED_SIZE)).public,
            topics=("money",),
            answers=(),
            message=_WORDS,
            must_not_reach="",
            attachments=tuple(records),
        )
        sealed = _seal(desk, letter.to_padded())
        parts.insert(0, ParcelPart(sealed.id, "letter", sealed.size, sealed.sha256))
        put_parcel(desk.database, Parcel(letter.submission, DAY, DAY, None, tuple(parts)))


def open_in_a_round(desk: Desk, officer: SignedIn, _cleared: tuple[str, ...]) -> None:
    """Open all that waits, as the button does: each letter to whom the rules propose."""
    lock = IntakeLock()
    lock.unlock(desk, officer)
    rounds = OpeningRounds(desk, lock)
    rounds.start(officer)
    progress = rounds.progress(officer.username)
    if progress is None or not progress.finished.wait(3600) or progress.sentence:
        raise RuntimeError(f"the round did not come to its end: {progress}")


def open_one_by_one(desk: Desk, officer: SignedIn, cleared: tuple[str, ...]) -> None:
    """Open all that waits, without looking into the queue."""
    lock = IntakeLock()
    lock.unlock(desk, officer)
    with desk.database.reading() as connection:
        waiting = list_parcels(connection)
    for parcel in waiting:
        open_parcel(desk, officer, lock.passphrase(officer), parcel.submission, cleared)


def _seal(desk: Desk, plaintext: bytes) -> Blob:
    with desk.post.draft() as draft:
        seal_bytes(desk.paths.intake_key, plaintext, draft.file.fileno())
        blob = draft.seal_finished()
        desk.post.publish([blob.id])
    desk.post.settle([blob.id])
    return blob


def _processor_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--letters", type=int, default=200)
    parser.add_argument("--reviewers", type=int, default=3)
    asked = parser.parse_args()
    os.umask(0o077)
    print(f"{'opening':<28} {'letters':>8} {'with a file':>12} {'seconds':>8} {'per s':>7} {'cpu ms each':>12}")
    with tempfile.TemporaryDirectory(prefix="candour-bench-") as folder:
        for work in (open_in_a_round, open_one_by_one):
            with new_desk(Path(folder) / work.__name__, asked.reviewers) as (desk, officer, names):
                deliver(desk, asked.letters)
                before, spent = time.monotonic(), _processor_seconds()
                work(desk, officer, names)
                seconds, spent = time.monotonic() - before, _processor_seconds() - spent
            with_file = -(-asked.letters // EVERY)
            what = work.__name__.replace("_", " ")
            pace = f"{seconds:>8.1f} {asked.letters / seconds:>7.1f} {spent / asked.letters * 1000:>12.0f}"
            print(f"{what:<28} {asked.letters:>8,} {with_file:>12,} {pace}", flush=True)


if __name__ == "__main__":
    main()
