"""The attachments of a bundle, straight from the vault: read twice, once to know that each is whole, once to be sent.

The first reading comes before anything leaves, so that the bundle can say in its place what it lacks. What goes wrong
in the second tears the bundle off: gpg then says to whoever opens it that it is not whole.
"""

import hashlib
from collections.abc import Iterable, Iterator

from journalist_interface.case_access import OpenCase
from journalist_interface.case_documents import StoredAttachment
from journalist_interface.case_places import attachment_place
from journalist_interface.desk_folder import Desk
from keys.errors import SealBroken
from keys.vault import VaultReader
from serving.language import gettext as _
from store.errors import Missing


def find_faults(desk: Desk, case: OpenCase, attachments: Iterable[StoredAttachment], *, whole: bool) -> dict[str, str]:
    """Return why those attachments cannot be enclosed that cannot, by id. `whole`: read each to its end."""
    faults = {}
    for attachment in attachments:
        if attachment.problem:
            continue  # known since it was opened
        try:
            path = desk.vault.path(attachment.id)
            if whole:
                for _piece in read_whole(desk, case, attachment):
                    pass
            elif not path.is_file():
                raise Missing("no such file")
        except (Missing, FileNotFoundError):
            faults[attachment.id] = _("its file is not in the vault any more.")
        except SealBroken:
            faults[attachment.id] = _("its file in the vault was altered.")
    return faults


def read_whole(desk: Desk, case: OpenCase, attachment: StoredAttachment) -> Iterator[bytes]:
    """Yield an attachment as it was sent. Raises Missing, or SealBroken, at its end at latest, if it is not that."""
    digest, size = hashlib.sha256(), 0
    with desk.vault.path(attachment.id).open("rb") as source:
        for piece in VaultReader(case.key, attachment_place(case.row.id, attachment.id), source).pieces():
            digest.update(piece)
            size += len(piece)
            yield piece
    if digest.hexdigest() != attachment.sha256 or size != attachment.size:
        raise SealBroken("the attachment is not the one in the letter")
