"""Is the audit trail whole, this desk's own, and what it was at a checkpoint? For `check` and `audit verify`.

Looks things up, and says each finding in a sentence; trail_judge judges checkpoints.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection

from journalist_interface.checkpoint_age import look_at_checkpoints
from journalist_interface.clock import now
from journalist_interface.desk_folder import Desk
from journalist_interface.errors import SigningKeyUnusable
from journalist_interface.trail_file import iso_time
from journalist_interface.trail_judge import MaySign, TrailNow, judge_checkpoint
from journalist_interface.trail_key import TrailName, open_signing_key, read_trail_name
from journalist_interface.trail_signers import Reign, Signers, SuccessionForged, follow_signers
from keys.checkpoint import LARGEST_CHECKPOINT, read_checkpoint
from keys.errors import Malformed
from serving.language import gettext as _
from serving.language import ngettext
from store.ages import judge_age
from store.desk.audit_guards import guards_stand, make_guards
from store.desk.audit_reading import (
    Break,
    TrailBroken,
    TrailEnd,
    beginning_of,
    link_at,
    trail_length,
    verify_trail,
)
from store.errors import Missing
from store.findings import Finding


def check_trail(
    desk: Desk, kept: Sequence[Path] = (), signer: bytes | None = None, *, counts: bool = True
) -> Iterator[Finding]:
    """Yield what is found. `kept` are checkpoints from elsewhere; `signer` the public key written down elsewhere.

    Unless it `counts`, it says nothing that grows with what was done at the desk: of a trail that is whole.
    """
    found: list[Finding] = []
    # One transaction: what is appended meanwhile must not look like an alteration.
    with desk.database.reading() as connection:
        broken_at, end, signers = None, None, Signers("", ())
        try:
            end = verify_trail(connection)
            found.append(Finding(_unbroken(end.number if counts else None), sound=True))
            found.extend(look_at_checkpoints(connection, now()))
            signers = follow_signers(end)
        except TrailBroken as reason:
            broken_at = reason.number
            found.append(Finding(_broken(reason), sound=False))
        except SuccessionForged as reason:
            broken_at = reason.number
            found.append(Finding(reason.sentence, sound=False))
        try:
            name = read_trail_name(connection)
        except Missing:
            found.append(Finding(_("The desk's id is missing. Restore the database from the backup."), sound=False))
        else:
            found.extend(_whose(desk, name, signers, end if broken_at is None else None))
            found.extend(_expected(signers, name, signer))
            found.extend(_outlived(signers, name, signer))
            may_sign = MaySign(_known(connection, name, signers, broken_at), name.signer, _stranger(signers, signer))
            found.extend(_since(connection, path, name, may_sign, broken_at) for path in kept)
        stand = guards_stand(connection)
    yield from found
    yield _guards(desk, stand=stand)


def _unbroken(records: int | None) -> str:
    if records is None:
        return _("The audit trail is unbroken, from the record of the set-up on.")
    return ngettext(
        "The audit trail is unbroken: {n} record, the first that of the set-up.",
        "The audit trail is unbroken: {n} records, the first that of the set-up.",
        records,
    ).format(n=records)


def _broken(reason: TrailBroken) -> str:
    said = {
        Break.EMPTY: _("The audit trail was emptied: not even the record of the set-up is there."),
        Break.NO_SET_UP: _(
            "The audit trail is broken at record 1: the first record is not that of the set-up, so what came before "
            "was taken out."
        ),
        Break.MISSING: _("The audit trail is broken at record {n}: it was taken out."),
        Break.ALTERED: _(
            "The audit trail is broken at record {n}: it does not follow from the one before. One of the two was "
            "altered, or this one was put in or moved here."
        ),
    }[reason.how].format(n=reason.number)
    return said + " " + _("Keep this database as it is, and compare it with the backup.")


def _known(connection: Connection, name: TrailName, signers: Signers, broken_at: int | None) -> Signers:
    """Return whom the trail names; of one that is broken, whom it names before that."""
    if broken_at is None or signers.reigns:
        return signers
    try:
        return follow_signers(beginning_of(connection, broken_at))
    except (TrailBroken, SuccessionForged):
        # Not even its beginning can be believed: the desk's own key is all there is to go by.
        return Signers(name.desk, ()) if name.signer is None else Signers(name.desk, (Reign(name.signer, 1, 0),))


def _stranger(signers: Signers, signer: bytes | None) -> bytes | None:
    """Return the key that somebody wrote down, if the trail does not lead from it to the one of now."""
    return signer if signer is not None and not signers.knows(signer) else None


def _whose(desk: Desk, name: TrailName, signers: Signers, end: TrailEnd | None) -> Iterator[Finding]:
    """Whether trail, settings and signing key name one desk. `end`: None if the trail is not whole."""
    latest = signers.now
    named = TrailName(signers.desk, latest.signer).note() if latest else ""
    if end is not None and named != name.note():
        yield Finding(
            _(
                "The trail names another desk or signing key than the settings do: the one or the other was exchanged. "
                "Compare the database with the backup."
            ),
            sound=False,
        )
    if name.signer is None:
        if end is None or not end.named:
            said = _("This desk has no key for signing checkpoints yet; candour-desk audit checkpoint makes one.")
            yield Finding(said, sound=True, warns=True)
        return
    try:
        open_signing_key(desk.paths, name)
    except SigningKeyUnusable as reason:
        yield Finding(reason.sentence, sound=False)
        return
    yield Finding(
        _("Checkpoints of desk {desk} are signed by {signer}.").format(desk=name.desk, signer=name.signer.hex()),
        sound=True,
    )
    if latest is not None:
        since, today = (iso_time(at)[:10] for at in (latest.since, now()))
        how = _("candour-desk audit new-key makes another, which the one before names.")
        yield judge_age("trail-signer", _("The audit trail's signing key"), since, today, how)
    if len(signers.reigns) > 1:
        said = _("Before it, each named by the one before: {signers}.")
        before = ", ".join(reign.signer.hex() for reign in signers.reigns[:-1])
        yield Finding(said.format(signers=before), sound=True)


def _expected(signers: Signers, name: TrailName, signer: bytes | None) -> Iterator[Finding]:
    if signer is not None and signer != name.signer and not signers.knows(signer):
        yield Finding(
            _(
                "The desk's signing key is not the one that you named, {signer}: it was exchanged, or this is another "
                "desk."
            ).format(signer=signer.hex()),
            sound=False,
        )


def _outlived(signers: Signers, name: TrailName, signer: bytes | None) -> Iterator[Finding]:
    """Whether the key that somebody wrote down names the one of now by way of others only: it vouches for less then."""
    if signer is not None and signer != name.signer and signers.knows(signer):
        yield Finding(
            _(
                "The signing key that you named has ended. Whoever has had it, or one after it, and could write to the "
                "database, could have cut the trail there and named a key of their own as the next. So this shows only "
                "what those keys were in good hands for: give the newest public key that you wrote down, or a "
                "checkpoint that it signed."
            ),
            sound=True,
            warns=True,
        )


def _since(connection: Connection, path: Path, name: TrailName, may_sign: MaySign, broken_at: int | None) -> Finding:
    try:
        with path.open("rb") as file:
            kept = read_checkpoint(file.read(LARGEST_CHECKPOINT + 1))
    except OSError as reason:
        return Finding(_("{path} cannot be read: {why}.").format(path=path, why=reason.strerror), sound=False)
    except Malformed as broken:
        said = _("{path} is not a checkpoint, or was damaged: {why}. Take another copy of it.")
        return Finding(said.format(path=path, why=broken.reason), sound=False)
    trail = TrailNow(trail_length(connection), link_at(connection, kept.point.number), broken_at)
    finding = judge_checkpoint(kept, name, may_sign, trail)
    return replace(finding, sentence=f"{path}: {finding.sentence}")


def _guards(desk: Desk, *, stand: bool) -> Finding:
    def mend() -> None:
        with desk.database.writing() as connection:
            make_guards(connection)

    if stand:
        return Finding(_("The database refuses to change or take out a record of the trail."), sound=True)
    said = _(
        "The database no longer refuses changes of the trail: somebody took its guard rails down. Ask who, and verify "
        "the trail with a checkpoint kept elsewhere."
    )
    return Finding(said, sound=False, mend=mend)
