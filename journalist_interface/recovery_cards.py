"""Cards: what a custodian keeps on paper, one share each.

A card must make sense to somebody who finds it in an envelope in ten years, and harm nobody if a stranger does.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

from journalist_interface.disks import disks_of
from journalist_interface.errors import SharesRefused
from keys.recovery_key import RecoverySecret
from keys.spoken import spoken_fingerprint
from serving.language import gettext as _
from store.folder import write_new_private_file

LEAST_NEEDED = 2
_IN_A_ROW = 3


@dataclass(frozen=True)
class Scheme:
    """Into how many shares a recovery key is split, and how many of them are needed."""

    shares: int
    needed: int

    def check(self, *, demonstration: bool) -> None:
        """Raise SharesRefused unless no single person can open the cases; a demonstration may do with one share."""
        if demonstration and (self.shares, self.needed) == (1, 1):
            return
        if self.needed < LEAST_NEEDED:
            raise SharesRefused(
                _(
                    "At least two shares must be needed, so that no single person can open every case. Nothing was "
                    "made. Only a demonstration may do with one share of one."
                )
            )
        if self.shares < self.needed:
            raise SharesRefused(
                _("There cannot be fewer shares ({shares}) than are needed ({needed}). Nothing was made.").format(
                    shares=self.shares, needed=self.needed
                )
            )


@dataclass(frozen=True)
class NewShares:
    """A new recovery key, as shares to be handed out. `fingerprint` is that of its public half, in spoken groups."""

    public: bytes = field(repr=False)
    shares: tuple[str, ...] = field(repr=False)
    needed: int

    @classmethod
    def draw(cls, scheme: Scheme) -> "NewShares":
        """Return a new key's shares. From here on the key itself is nowhere."""
        secret = RecoverySecret.draw()
        return cls(secret.key().public, secret.split(scheme.needed, scheme.shares), scheme.needed)

    @property
    def fingerprint(self) -> str:
        """Return what stands on every card, and what the desk shows."""
        return spoken_fingerprint(self.public)


def numbered_words(share: str) -> str:
    """Return the words of a share with their numbers, a few to a line."""
    cells = [f"{place:>4}  {word:<12}" for place, word in enumerate(share.split(), start=1)]
    rows = ("".join(cells[at : at + _IN_A_ROW]).rstrip() for at in range(0, len(cells), _IN_A_ROW))
    return "\n".join(rows)


def card(new: NewShares, number: int) -> str:
    """Return the text of one card, number 1 to n: 78 columns at most, one page."""
    return (_share_text() + "\n" + _advice()).format(
        number=number,
        shares=len(new.shares),
        fingerprint=new.fingerprint,
        words=numbered_words(new.shares[number - 1]),
        what=_what_it_opens(new),
    )


def _share_text() -> str:
    """Return the upper part: the share itself, and what is written beside it by hand."""
    return _(
        """CANDOUR: ONE SHARE OF A RECOVERY KEY

Share {number} of {shares}. {what}

The desk's recovery key:  {fingerprint}
"candour-desk recovery-shares verify" shows the same groups at the desk.
These six groups may be read aloud; the words below never.

The words go across, in the order of their numbers. The first two are the
same on every card of this set.

{words}

Written in by hand at the sitting (who looks at a backup later compares):
  backups of the desk:
    ___________ ___________ ___________ ___________ ___________ ___________

  backups of the source host:
    ___________ ___________ ___________ ___________ ___________ ___________

  day of the sitting:  ____________________
"""
    )


def _advice() -> str:
    """Return the lower part: what its custodian does with the card, and whoever finds it."""
    return _(
        """What to do
- Keep this card where you alone can get at it: a safe, or a sealed
  envelope at a bank or a solicitor's.
- Bring it when you are called to the desk, and type it there yourself.
  Ask why, and who will be able to read what: both are recorded.
- Once a year, check together that the cards still fit the desk.
- If it is lost, or somebody else may have seen it, say so at once:
  the others can make a new set, and this card then opens nothing new.

What not to do
- Never read the words out, photograph, copy or scan them, nor type them
  anywhere else; not even at the source host.
- Never keep two cards in one place.
- Never give it to somebody who asks in a hurry.

Found it? Alone it opens nothing. Please hand it in, in a sealed envelope,
at: _____________________________________________________
"""
    )


def _what_it_opens(new: NewShares) -> str:
    if new.needed < LEAST_NEEDED:
        return _("THIS IS A DEMONSTRATION: this one card is the whole key.\nNever do this with real cases.")
    return _(
        "Any {needed} of the {shares} together open every case of one desk.\nOne share alone opens nothing and tells "
        "nothing."
    ).format(needed=new.needed, shares=len(new.shares))


def write_cards(new: NewShares, folder: Path, *, beside: Path | None) -> list[Path]:
    """Write a card a custodian into a folder that is there, such as a stick's; return the files.

    `beside` is the desk's data folder, made or not: cards on the disk it lies on are refused, because all of them
    together are the key. None lets a demonstration do it. Raises SharesRefused; then no card is left.
    """
    check_card_folder(folder, beside=beside)
    paths = card_names(folder, len(new.shares))
    if any(path.exists() for path in paths):
        raise SharesRefused(_("There are cards in {path} already. Nothing was made.").format(path=folder))
    written: list[Path] = []
    try:
        for number, path in enumerate(paths, start=1):
            write_new_private_file(path, card(new, number).encode())
            written.append(path)
    except OSError as reason:
        for path in written:
            path.unlink(missing_ok=True)
        raise SharesRefused(
            _("The cards cannot be written to {path}: {why}. Nothing was made.").format(
                path=folder, why=os.strerror(reason.errno or 0)
            )
        ) from reason
    return written


def card_names(folder: Path, shares: int) -> list[Path]:
    """Return the file of each card, written or not."""
    return [folder / _("recovery-share-{number}.txt").format(number=number) for number in range(1, shares + 1)]


def check_card_folder(folder: Path, *, beside: Path | None) -> None:
    """Raise SharesRefused if cards may not be written there; see `write_cards`."""
    if not folder.is_dir():
        raise SharesRefused(
            _("{path} is no folder. Give the folder of a stick that is plugged in. Nothing was made.").format(
                path=folder
            )
        )
    if beside is None:
        return
    nearest = next(path for path in (beside, *beside.parents) if path.exists())
    # Another partition, or a volume of its own, has another device number, and is seized with the same disk.
    if nearest.stat().st_dev == folder.stat().st_dev or disks_of(nearest) & disks_of(folder):
        raise SharesRefused(
            _(
                "{path} lies on the disk of the desk itself. All cards together are the whole key, so they must never "
                "be there. Give the folder of a stick, or leave --shares-to away and copy the words by hand. Nothing "
                "was made."
            ).format(path=folder)
        )
