"""Making a checkpoint of the trail, and exporting it. Both are acts themselves, recorded before the file is there.

So a file that nobody could read about does not exist; a record without a file may, if the writing failed.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from journalist_interface.clock import now
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import FileNotWritten, SigningKeyUnusable
from journalist_interface.intake_homes import intake_key_alone
from journalist_interface.trail_file import FORMATS
from journalist_interface.trail_key import (
    TrailName,
    add_signer,
    change_signing_key,
    open_signing_key,
    read_trail_name,
    settle_signing_key,
)
from journalist_interface.trail_signers import follow_signers
from keys.checkpoint import Checkpoint, TrailPoint
from serving.language import gettext as _
from store.desk.audit import Act, record_act
from store.desk.audit_reading import Link, Wanted, read_trail_in_batches, verify_trail
from store.folder import private_file

# Nobody signs in at these commands: whoever can run them can read the whole database.
_THE_HOST = ""


def make_checkpoint(desk: Desk, out: Path, given_to: str = "") -> Checkpoint:
    """Write a checkpoint of the trail to `out`; it covers its own record too. Both say whom it is given to, if anybody.

    Raises TrailBroken (nothing is signed that is not whole), SigningKeyUnusable, NoRoom, FileNotWritten.
    """
    _refuse_existing(out)
    with _keys_alone(desk) if _changes_keys(desk) else nullcontext(), desk.database.writing() as connection:
        name = add_signer(connection, desk.paths)
        key = open_signing_key(desk.paths, name)
        settle_signing_key(desk.paths, name)
        record_act(connection, _THE_HOST, Act.CHECKPOINT, note=f"for {given_to}" if given_to else "")
    # Not in the transaction above: nobody is kept from writing while a long trail is read.
    with desk.database.reading() as connection:
        end = verify_trail(connection)
    if follow_signers(end).at(end.number) != key.public:
        raise SigningKeyUnusable(
            _(
                "The trail does not name this desk's key as its signer: it was exchanged, or changed at this moment. "
                "Nothing was signed. candour-desk audit verify says which."
            )
        )
    checkpoint = key.sign(TrailPoint(name.desk, end.number, end.chain), now(), given_to)
    _write(out, [checkpoint.to_document()])
    return checkpoint


def change_signer(desk: Desk) -> TrailName:
    """Have another key sign checkpoints from now on, named in the trail by the one before; return the desk's name.

    Cut short anywhere, one of the two is the signer, and it is there. Raises TrailBroken, SuccessionForged (nothing is
    built upon a trail that is not whole), SigningKeyUnusable, SetUpRefused while a backup is made, NoRoom.
    """
    with _keys_alone(desk):
        with desk.database.reading() as connection:
            follow_signers(verify_trail(connection))
        return _change_signer(desk)


def _keys_alone(desk: Desk) -> AbstractContextManager[None]:
    """Keep backups out, which have the lock shared: they take key files first and the database last, and the key that
    it names by then would be in none of them.
    """
    return intake_key_alone(desk.paths.folder)


def _changes_keys(desk: Desk) -> bool:
    """Tell whether a signing key is to be made, or one that the trail names already comes into its place."""
    with desk.database.reading() as connection:
        return read_trail_name(connection).signer is None or desk.paths.next_signing_key.exists()


def _change_signer(desk: Desk) -> TrailName:
    try:
        with desk.database.writing() as connection:
            name = add_signer(connection, desk.paths)
            key = open_signing_key(desk.paths, name)
            settle_signing_key(desk.paths, name)
            change_signing_key(connection, desk.paths, key, name)
    finally:
        # Also after a commit that failed: what the database says then decides which key stays. With the writer's turn
        # in hand: nobody else is drawing a key meanwhile.
        with desk.database.writing() as connection:
            name = read_trail_name(connection)
            settle_signing_key(desk.paths, name)
    return name


def export_trail(desk: Desk, out: Path, form: str, wanted: Wanted) -> int:
    """Write the records wanted to `out`, in one of FORMATS; return how many. Raises NoRoom, FileNotWritten.

    Broken links are exported as they are: to show what is there is not to vouch for it. Raises TrailBroken at a record
    that cannot even be read.
    """
    _refuse_existing(out)
    record_export(desk, _THE_HOST, form, wanted)
    count = 0

    def counted() -> Iterator[Link]:
        nonlocal count
        for link in read_trail_in_batches(desk.database, wanted):
            count += 1
            yield link

    _write(out, FORMATS[form](counted()))
    return count


def record_export(desk: Desk, actor: str, form: str, wanted: Wanted) -> None:
    """Record that somebody takes the trail, or a part of it, away. Before they have it."""
    with desk.database.writing() as connection:
        note = form if wanted == Wanted() else f"{form}, a part"
        record_act(connection, actor, Act.TRAIL_EXPORT, wanted.case_reference, note)


def _refuse_existing(out: Path) -> None:
    """Refuse, before anything is recorded, what cannot become a new file."""
    try:
        can_be_made = out.parent.is_dir() and not out.exists()
    except OSError:
        # No name at all for a file: too long, or on a disk that is gone.
        can_be_made = False
    if not can_be_made:
        raise FileNotWritten(
            _("{path} exists already, or cannot be made there. Nothing was done. Choose a new name.").format(path=out)
        )


def _write(out: Path, pieces: Iterable[bytes]) -> None:
    try:
        with private_file(out) as file:
            for piece in pieces:
                file.write(piece)
    except OSError as reason:
        raise FileNotWritten(
            _(
                "{path} could not be written: {why}. The trail has a record of this; nothing else was done. Try "
                "another place."
            ).format(path=out, why=reason.strerror)
        ) from reason
