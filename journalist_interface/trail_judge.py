"""What a checkpoint that was kept elsewhere says of the trail as it is now. Judges alone: opens no file, no database.

The order matters. First whether the checkpoint is what somebody signed, then whether it is this desk's, then whether by
the right hand; only then whether the trail still is what it was.
"""

from dataclasses import dataclass

from journalist_interface.trail_key import TrailName
from journalist_interface.trail_signers import Signers
from keys.checkpoint import Checkpoint
from keys.errors import SignatureBroken
from serving.language import gettext as _
from serving.language import ngettext
from store.findings import Finding


@dataclass(frozen=True)
class TrailNow:
    """The trail as it is: its last number, the chain value at the checkpoint's, and where it is broken, if it is."""

    length: int
    chain: bytes | None
    broken_at: int | None


@dataclass(frozen=True)
class MaySign:
    """Whose signature is believed: `one` alone, if somebody wrote it down and the trail knows nothing of it; else those
    whom the trail names, each for its part of it (trail_signers); and beyond its end, the desk's of now, `latest`."""

    signers: Signers
    latest: bytes | None
    one: bytes | None = None

    def of(self, number: int, now: TrailNow) -> tuple[bytes, ...]:
        """Return who may have signed a checkpoint that ends with this record."""
        if self.one is not None:
            return (self.one,)
        found = [self.signers.at(number)]
        if number > now.length or now.broken_at is not None:
            found.append(self.latest)
        return tuple(signer for signer in found if signer is not None)


def judge_checkpoint(kept: Checkpoint, name: TrailName, may_sign: MaySign, now: TrailNow) -> Finding:
    """Return what the checkpoint shows."""
    foreign = _not_ours(kept, name, may_sign, now)
    return Finding(foreign, sound=False) if foreign else _compare(kept, now)


def _not_ours(kept: Checkpoint, name: TrailName, may_sign: MaySign, now: TrailNow) -> str:
    """Return why the checkpoint says nothing about this trail, or an empty text."""
    try:
        kept.check_signature()
    except SignatureBroken:
        return _(
            "Its signature does not fit: this checkpoint was forged or damaged, so it shows nothing of the trail. "
            "Take another copy of it."
        )
    if kept.point.desk != name.desk:
        return _(
            "It is another desk's: it names desk {kept}, and this is desk {here}. Either the wrong file was given, or "
            "this database was exchanged for another desk's."
        ).format(kept=kept.point.desk, here=name.desk)
    expected = may_sign.of(kept.point.number, now)
    if kept.signer in expected:
        return ""
    if may_sign.one is None and may_sign.signers.knows(kept.signer):
        return _(
            "It is signed by {kept}, which is not the signer of record {n}: that key had ended, or was not yet named. "
            "Whoever has it signed this with another date than the true one. It shows nothing of the trail."
        ).format(kept=kept.signer.hex(), n=kept.point.number)
    said = _(
        "It is signed by {kept}, and the key expected is {here}. Either this checkpoint was forged, or the desk's "
        "signing key was exchanged. Compare both with the keys that were written down, away from this host."
    ).format(kept=kept.signer.hex(), here=expected[0].hex() if expected else _("none yet"))
    if kept.point.number <= now.length:
        return said
    beyond = _(
        "It is of record {n}, and the trail ends with {length}: if that key was written down as the new one when it "
        "was changed, this database is from a backup of before that, or its end was cut off."
    ).format(n=kept.point.number, length=now.length)
    return f"{said} {beyond}"


def _compare(kept: Checkpoint, now: TrailNow) -> Finding:
    number = kept.point.number
    if now.length < number:
        told = _(
            "The trail was cut: on {time} it had {then} records, now it has {now}. Keep this database as it is, and "
            "compare it with the backup."
        )
        return Finding(told.format(time=kept.time, then=number, now=now.length), sound=False)
    if now.chain != kept.point.chain:
        told = _(
            "History was rewritten: record {n} is not what it was on {time}; it, or one before it, was changed since. "
            "Keep this database as it is, and compare it with the backup."
        )
        return Finding(told.format(n=number, time=kept.time), sound=False)
    if now.broken_at is not None and now.broken_at <= number:
        told = _("Record {n} has the chain value of {time}, but the trail is broken before it, at record {broken}.")
        return Finding(told.format(n=number, time=kept.time, broken=now.broken_at), sound=False)
    told = ngettext(
        "Everything up to record {n} is as it was on {time}. Since then {more} record was added.",
        "Everything up to record {n} is as it was on {time}. Since then {more} records were added.",
        now.length - number,
    )
    return Finding(told.format(n=number, time=kept.time, more=now.length - number), sound=True)
