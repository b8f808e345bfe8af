"""Telling a form that was sent before from the same form with something changed in it.

Both marks come from the form's hidden id, which the source host does not keep once the submission is collected: the
first finds the row, the second is a MAC (HMAC-SHA256, RFC 2104) of what was in the form. Without the id neither says
anything, and nobody can test guesses at what was sent.
"""

import hmac
from collections.abc import Iterable
from hashlib import sha256

from keys.strict_json import write_object
from serving.form_stream import TextFields
from source_interface.attachments import Attachment
from store.drop.intake import SentForm

# What differs between two sendings of one form, though nothing was changed in it.
_NOT_CONTENT = frozenset({"csrf_token", "submission", "held", "drop", "act"})


def mark_form(submission_id: str, fields: TextFields, attachments: Iterable[Attachment]) -> SentForm:
    """Return the marks of a form: its text, and its files by name and SHA-256."""
    content = write_object(
        {
            "text": {name: texts for name, texts in sorted(fields.values.items()) if name not in _NOT_CONTENT},
            "files": sorted([attachment.name, attachment.sha256] for attachment in attachments),
        }
    )
    key = submission_id.encode("ascii")
    return SentForm(
        id=form_id(submission_id), content=hmac.digest(b"candour v1 form content\x00" + key, content, sha256)
    )


def form_id(submission_id: str) -> bytes:
    """Return the mark by which the form of a submission is found."""
    return sha256(b"candour v1 sent form\x00" + submission_id.encode("ascii")).digest()
