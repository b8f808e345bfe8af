"""The audit trail: every act of a reviewer, never an act of a source, in one hash chain.

Rules:
- The record is appended in the transaction of the act: both are committed or neither is.
- `chain` of a record is SHA-256(`chain` of the record before || canonical JSON of this record). Before the first
  stands a fixed value. Changing, dropping, inserting or moving a record breaks the chain from there on.
- Numbers run 1, 2, 3 … without a gap; the first record is that of the desk's set-up.
- A note never holds a word of a case: whoever reads the trail is not cleared for anything.
"""

import json
import time
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from sqlalchemy import Connection, insert, select

from store.desk.account_tables import audit

# The chain value before the first record.
START = sha256(b"candour v1 audit\x00").digest()


class Act(StrEnum):
    """What reviewers do."""

    SET_UP = "set-up"
    REVIEWER_ADDED = "reviewer-added"
    INVITE = "invite"
    INVITATION_BACK = "invitation-back"  # taken back, refused or expired: the note says which
    ENTRANCE = "entrance"  # a key to the desk through Tor was given; the note names whose, never the key
    ENTRANCE_BACK = "entrance-back"  # it was taken away, or went with the account or the link
    CONSENT = "consent"
    JOIN = "join"
    RESET = "reset"
    SUSPEND = "suspend"
    READMIT = "readmit"
    ROLES = "roles"
    SIGN_IN = "sign-in"
    SIGN_IN_FAILED = "sign-in-failed"
    SIGN_OUT = "sign-out"
    END_SESSION = "end-session"
    PASSWORD = "password"  # noqa: S105  (the act of changing one)
    FACTOR_ADDED = "factor-added"
    FACTOR_REMOVED = "factor-removed"
    KEY_NAMED = "key-named"  # whose public key is whose, from then on: store.desk.key_names
    KEY_EXCHANGED = "key-exchanged"
    UNLOCK = "unlock"
    UNLOCK_OFFER = "unlock-offer"
    UNLOCK_OFFER_END = "unlock-offer-end"
    LOCK = "lock"
    HAND_OVER = "hand-over"
    INTAKE_KEY = "intake-key"  # made anew, or one before put away: the note says which, and names the keys
    SETTINGS = "settings"
    ABOUT_ME = "about-me"
    SAVED_LISTS = "saved-lists"
    COLLECT = "collect"
    QUEUE = "queue"
    OPEN = "open"
    OPEN_FAILED = "open-failed"
    RETRY = "retry"
    READ = "read"
    DOWNLOAD = "download"
    REPLY = "reply"
    ATTACH = "attach"  # a file to a reply that is being prepared
    DETACH = "detach"
    STATUS = "status"
    NOTE = "note"
    DRAFT = "draft"  # kept or discarded: the note says which
    TEMPLATE = (
        "template"  # kept, changed or deleted, and its id; never its title: notes of settings are read as what holds
    )
    ASSIGN = "assign"
    SUMMARY = "summary"
    RELATE = "relate"  # two cases were linked, merged or parted: the note says which
    SPLIT = "split"
    SEARCH = "search"
    KEEP = "keep"  # the day until which a case is kept was changed by hand
    HOLD = "hold"
    HOLD_LIFTED = "hold-lifted"
    DESTROY_ASKED = "destroy-asked"
    DESTROY_REFUSED = "destroy-refused"  # or taken back: the note says which
    DESTROY = "destroy"
    INBOX_SHUT = "inbox-shut"  # of a case whose codename is in other hands
    CLEAR = "clear"
    WITHDRAW = "withdraw"
    EXPORT = "export"
    CASE_OUT_ASKED = "case-out-asked"  # the notes of these three have the fingerprint of the recipient's key, no word
    CASE_OUT_END = "case-out-end"  # taken back, refused or over: the note says which
    CASE_OUT = "case-out"
    FIGURES = "figures"  # the note has the last month that was counted
    RECOVER = "recover"
    RECOVER_INTAKE = "recover-intake"
    RECOVERY_VERIFY = "recovery-verify"
    RECOVERY_RENEW = "recovery-renew"
    PAIR = "pair"
    SIGNING_KEY = "signing-key"
    SIGNER_CHANGED = "signer-changed"  # the note is a succession (keys.succession), signed by the key before
    CHECKPOINT = "checkpoint"
    TRAIL_EXPORT = "trail-export"


@dataclass(frozen=True)
class Record:
    """One record: `at` in Unix seconds; `actor` a user name, or empty when nobody was signed in.

    What the custodians of the recovery key do together is done by "recovery", which is nobody's user name.
    """

    number: int
    at: int
    actor: str
    act: str
    case_reference: str | None
    note: str

    def link(self, before: bytes) -> bytes:
        """Return the chain value of this record after the chain value `before`."""
        canonical = json.dumps(
            {
                "number": self.number,
                "at": self.at,
                "actor": self.actor,
                "act": self.act,
                "case": self.case_reference,
                "note": self.note,
            },
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=True,
        )
        return sha256(before + canonical.encode("ascii")).digest()


def record_act(connection: Connection, actor: str, act: Act, case_reference: str | None = None, note: str = "") -> int:
    """Append one record; return its number.

    The connection must be a writing one, so that two records never take one number.
    """
    end, before = last_link(connection)
    number = end + 1
    record = Record(number, int(time.time()), actor, act.value, case_reference, note)
    connection.execute(
        insert(audit).values(
            number=record.number,
            at=record.at,
            actor=record.actor,
            act=record.act,
            case_reference=record.case_reference,
            note=record.note,
            chain=record.link(before),
        )
    )
    return number


def last_link(connection: Connection) -> tuple[int, bytes]:
    """Return the number of the last record and its chain value, after which the next one stands. As `record_act`."""
    last = connection.execute(select(audit.c.number, audit.c.chain).order_by(audit.c.number.desc()).limit(1)).first()
    return (0, START) if last is None else (last.number, last.chain)


def has_record(connection: Connection, number: int, act: Act, note: str) -> bool:
    """Tell whether the record of that number is of this act, with this note."""
    found = connection.execute(select(audit.c.act, audit.c.note).where(audit.c.number == number)).first()
    return found is not None and (found.act, found.note) == (act.value, note)
