"""Looking over a blob folder: every row against its file, every file against its row, in constant memory.

The host may be at work meanwhile, so what looks wrong is looked at again, in an order in which work under way explains
itself: first the twin, which is there until the row is; then the row, which is there until the file is noted as to be
erased; then the file.
"""

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path

from store.blobs import BlobFolder, flatten_times, is_blob_id
from store.drafts import Blob
from store.findings import Finding
from store.leftovers import Named, clear_leftovers, is_sound, named_by_rows, settle_twin, twins

_AT_ONCE = 500  # names in one question to the database


@dataclass(frozen=True)
class Claim:
    """What a row says a file must be, and for people: what it is, and what it means if it is lost, in sentences."""

    blob: Blob
    what: str
    loss: str


@dataclass(frozen=True)
class FileCheck:
    """One blob folder and the rows that speak of it.

    `claims` returns the next rows beyond a blob id, in the order of ids, none at the end. `named` returns those of the
    given ids that a row names, `noted` those that are being erased. `at_rest`: nobody is at work here, so whatever is
    half done was left by a crash.
    """

    folder: BlobFolder
    claims: Callable[[str], Sequence[Claim]]
    named: Named
    noted: Callable[[Collection[str]], Collection[str]]
    at_rest: bool

    def look(self) -> Iterator[Finding]:
        """Yield a finding for each thing that is wrong, and one for what is right."""
        yield from self._rows()
        yield from self._leftovers()
        yield from self._strangers()
        yield from self._times()

    def _rows(self) -> Iterator[Finding]:
        faults = 0
        after = ""
        while claims := self.claims(after):
            after = claims[-1].blob.id
            for claim in claims:
                path = self.folder.sealed / claim.blob.id
                if not _is_as_stored(path, claim.blob) and claim.blob.id in self.named([claim.blob.id]):
                    faults += 1
                    yield self._fault(path, claim)
        if not faults:
            # Not how many: whoever keeps what a check says, hour after hour, would have each day on which one came.
            said = _("Each sealed file in {path} is what its row says.")
            yield Finding(said.format(path=self.folder.sealed), sound=True)

    def _fault(self, path: Path, claim: Claim) -> Finding:
        harm = _("was altered or cut short") if path.is_file() else _("is missing")
        said = _("{path} {harm}. It is {what}.").format(path=path, harm=harm, what=claim.what)
        for folder in (self.folder.incoming, self.folder.held):
            twin = folder / claim.blob.id
            if is_sound(twin, claim.blob):
                kept = _("Nothing is lost: {path} is the same, and sound.").format(path=twin)
                mend = partial(settle_twin, self.folder, twin, claim.blob)
                return Finding(f"{said} {kept}", sound=False, mend=mend if self.at_rest else None)
        return Finding(f"{said} {claim.loss}", sound=False)

    def _leftovers(self) -> Iterator[Finding]:
        if not self.at_rest:
            return
        rows = named_by_rows(twins(self.folder), self.named)
        drafts = len(list(self.folder.incoming.iterdir()))
        settled = [path for path in self.folder.held.iterdir() if path.name in rows or path.stat().st_nlink > 1]
        if count := drafts + len(settled):
            said = ngettext(
                "A crash left {n} unfinished file in {path}. Nothing is lost: the next start clears it.",
                "A crash left {n} unfinished files in {path}. Nothing is lost: the next start clears them.",
                count,
            )
            yield Finding(
                said.format(n=count, path=self.folder.sealed.parent),
                sound=False,
                mend=partial(clear_leftovers, self.folder, self.named),
            )

    def _strangers(self) -> Iterator[Finding]:
        names: list[str] = []
        with os.scandir(self.folder.sealed) as entries:
            for entry in entries:
                if is_blob_id(entry.name):
                    names.append(entry.name)
                else:
                    yield Finding(
                        _("{path} is no sealed file. Look at what it is, and move it away.").format(path=entry.path),
                        sound=False,
                    )
                if len(names) == _AT_ONCE:
                    yield from self._unnamed(names)
                    names = []
        yield from self._unnamed(names)

    def _unnamed(self, names: Sequence[str]) -> Iterator[Finding]:
        in_work = {name for name in names if self._has_twin(name)}
        asked = [name for name in names if name not in in_work]
        known = {*self.named(asked), *self.noted(asked)}
        for name in asked:
            path = self.folder.sealed / name
            if name not in known and path.exists():
                yield Finding(
                    _(
                        "{path} is named by no row of the database. No crash leaves this: it looks like a backup "
                        "restored by halves. Nothing erases the file. Restore the database of the same time; or read "
                        "the file by hand (docs/recover-by-hand.md), then move it away."
                    ).format(path=path),
                    sound=False,
                )

    def _has_twin(self, name: str) -> bool:
        sealed = self.folder.sealed / name
        for folder in (self.folder.incoming, self.folder.held):
            try:
                if sealed.samefile(folder / name):
                    return True
            except FileNotFoundError:
                continue
        return False

    def _times(self) -> Iterator[Finding]:
        telling = [path for path in self.folder.sealed.iterdir() if is_blob_id(path.name) and _tells_a_time(path)]
        if telling:
            said = ngettext(
                "The times of {n} file in {path} tell when it was written. Nothing is lost.",
                "The times of {n} files in {path} tell when they were written. Nothing is lost.",
                len(telling),
            )
            yield Finding(
                said.format(n=len(telling), path=self.folder.sealed),
                sound=False,
                mend=partial(_flatten_all, telling),
            )


def _is_as_stored(path: Path, blob: Blob) -> bool:
    try:
        return is_sound(path, blob)
    except FileNotFoundError:
        return False  # erased between two looks: the row is asked for again


def _tells_a_time(path: Path) -> bool:
    try:
        found = path.stat()
    except FileNotFoundError:
        return False
    # The twin of a file on its way to its row keeps the day for which it may be held. The time of the last reading is
    # the courier's, or a backup's.
    return bool(found.st_mtime) and found.st_nlink == 1


def _flatten_all(paths: Sequence[Path]) -> None:
    for path in paths:
        if path.exists():
            flatten_times(path)
