"""A statement of succession: "from this day on letters are sealed to that key", signed by the intake key before it.

One strict JSON document, which the reviewer host writes and the source host believes only if the key that it has now
signed it, as gpg itself says. It holds nothing secret.
Rules:
- What is signed is a text of one spelling: number, day, both fingerprints, and the SHA-256 of the new public key as it
  stands in the document, so that nothing in it can be changed, not even what a fingerprint does not cover.
- The old key comes along, because it certified a part that signs after the source host got it. gpg takes such a part
  from nobody but the key that certified it; and only a key with the fingerprint that this host has is looked at.
- Each way of not being right has its own sentence.
"""

import tempfile
from dataclasses import dataclass
from gettext import gettext as _
from hashlib import sha256
from pathlib import Path

from keys.errors import IntakeKeyUnusable, Malformed, OpenPGPFailed, SuccessionRefused
from keys.intake_key import fingerprint_of, read_intake_key, spoken
from keys.openpgp import run_gpg, told_by_gpg
from keys.strict_json import Fields, read_object, write_object

FORMAT_VERSION = 1
LARGEST_STATEMENT = 64 * 1024  # bytes
MOST_SUCCESSIONS = 10_000
_LONGEST_KEY = 24 * 1024  # characters
_LONGEST_SIGNATURE = 4096
_LONGEST_SIGNED = 1024
_FINGERPRINT = 40  # hexadecimal digits
_BAD = frozenset({"BADSIG", "ERRSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG", "NO_PUBKEY", "NODATA", "FAILURE"})


@dataclass(frozen=True)
class Succession:
    """What is signed: the `number`-th change of keys at this desk, on a day YYYY-MM-DD, from `old` to `new`."""

    number: int
    day: str
    old: str
    new: str
    new_key_sha256: str

    def spelt(self) -> str:
        """Return the one spelling in which it is signed."""
        fields = {"number": self.number, "day": self.day, "old": self.old, "new": self.new}
        document = {"candour_intake_successor": FORMAT_VERSION, **fields, "new_key_sha256": self.new_key_sha256}
        return write_object(document).decode("ascii")

    @classmethod
    def read(cls, untrusted: str) -> "Succession":
        """Return what a signed text says. Raises Malformed."""
        fields = read_object(untrusted.encode("utf-8", "replace"), _LONGEST_SIGNED)
        fields.exactly("candour_intake_successor", FORMAT_VERSION)
        found = cls(
            fields.integer("number", MOST_SUCCESSIONS, least=1),
            fields.day("day"),
            _fingerprint(fields, "old"),
            _fingerprint(fields, "new"),
            fields.sha256("new_key_sha256"),
        )
        fields.end()
        if found.spelt() != untrusted:
            raise Malformed("what is signed is spelt otherwise than this program spells it")
        return found


@dataclass(frozen=True)
class Statement:
    """A statement as it is carried: what it says, the signature of that, and both public keys, armoured."""

    succession: Succession
    signature: str
    old_key: str
    new_key: str

    def to_bytes(self) -> bytes:
        """Return the document."""
        return write_object(
            {
                "candour_intake_succession": FORMAT_VERSION,
                "signed": self.succession.spelt(),
                "signature": self.signature,
                "old_key": self.old_key,
                "new_key": self.new_key,
            }
        )


def new_key_sha256(new_key: str) -> str:
    """Return the SHA-256 of an armoured key, as a statement names it."""
    return sha256(new_key.encode("utf-8")).hexdigest()


def read_statement(untrusted: bytes) -> Statement:
    """Return the statement in a file, of which nothing is believed yet. Raises SuccessionRefused."""
    try:
        fields = read_object(untrusted, LARGEST_STATEMENT)
        fields.exactly("candour_intake_succession", FORMAT_VERSION)
        signed = fields.text("signed", _LONGEST_SIGNED)
        signature = fields.text("signature", _LONGEST_SIGNATURE)
        old_key, new_key = fields.text("old_key", _LONGEST_KEY), fields.text("new_key", _LONGEST_KEY)
        fields.end()
        return Statement(Succession.read(signed), signature, old_key, new_key)
    except Malformed as reason:
        raise SuccessionRefused(
            _("This is no whole statement of succession: {why}. Carry the file from the reviewer host again.").format(
                why=reason.reason
            )
        ) from reason


def check_statement(statement: Statement, own_key: bytes, last_number: int) -> None:
    """Raise SuccessionRefused with a sentence, unless `own_key`, the one this host has now, names its successor.

    `last_number` is that of the last statement that was taken here; 0 before the first.
    """
    said, own = statement.succession, fingerprint_of(own_key)
    if said.new == own:
        raise SuccessionRefused(_("This host has the new key of this statement already."))
    if said.old != own:
        raise SuccessionRefused(
            _(
                "This statement is of another key than the one this host has: it names the successor of {old}. If keys "
                "were changed several times, take the statements in their order, the oldest first."
            ).format(old=spoken(said.old))
        )
    if said.number <= last_number:
        raise SuccessionRefused(
            _("This statement has the number {number}, and number {last} was taken here: it is an old one.").format(
                number=said.number, last=last_number
            )
        )
    _check_new_key(statement)
    _check_signature(statement, own_key)


def _check_new_key(statement: Statement) -> None:
    new_key = statement.new_key.encode("utf-8")
    try:
        found = read_intake_key(new_key)
    except IntakeKeyUnusable as reason:
        raise SuccessionRefused(_("The new key cannot be used. {why}").format(why=reason.reason)) from reason
    if found != statement.succession.new or new_key_sha256(statement.new_key) != statement.succession.new_key_sha256:
        raise SuccessionRefused(_("The new key in this statement is not the one that it names: somebody changed it."))


def _check_signature(statement: Statement, own_key: bytes) -> None:
    """Have gpg judge the signature in an empty home of its own, with the key that this host has, and no other."""
    own = fingerprint_of(own_key)
    if fingerprint_of(statement.old_key.encode("utf-8")) != own:
        raise SuccessionRefused(_("The old key in this statement is not the one that this host has: another signed."))
    with tempfile.TemporaryDirectory(prefix="candour-key-") as folder:
        home, signature = Path(folder) / "home", Path(folder) / "signature"
        home.mkdir(mode=0o700)
        signature.write_text(statement.signature, "utf-8")
        base = ["--homedir", str(home), "--no-auto-check-trustdb", "--trust-model", "always", "--no-autostart"]
        try:
            for key in (own_key, statement.old_key.encode("utf-8")):
                run_gpg([*base, "--quiet", "--import-options", "import-minimal", "--import"], key)
            signed = statement.succession.spelt().encode("ascii")
            told = told_by_gpg([*base, "--verify", str(signature), "-"], signed)
        except OpenPGPFailed as reason:
            raise SuccessionRefused(
                _("The old key in this statement cannot be read: {why}").format(why=reason.diagnosis)
            ) from reason
    _judge(told, own)


def _judge(told: list[list[str]], own: str) -> None:
    """`told`: the words of gpg's status lines (GnuPG doc/DETAILS)."""
    names = [words[0] for words in told]
    if "EXPKEYSIG" in names or "EXPSIG" in names:
        raise SuccessionRefused(_("The key that signed this statement has expired. {rest}").format(rest=_without()))
    if "REVKEYSIG" in names:
        raise SuccessionRefused(_("The key that signed this statement is revoked. {rest}").format(rest=_without()))
    valid = [words for words in told if words[0] == "VALIDSIG"]
    # One good signature of ordinary data (class 00), and the primary key behind it is the one this host has.
    if (
        _BAD.intersection(names)
        or names.count("GOODSIG") != 1
        or [(words[9], words[-1]) for words in valid] != [("00", own)]
    ):
        raise SuccessionRefused(_("The key that this host has did not sign this statement."))


def _without() -> str:
    return _("docs/guide-intake-key.md says what to do when the old key cannot sign any more.")


def _fingerprint(fields: Fields, name: str) -> str:
    found = fields.text(name, _FINGERPRINT)
    if len(found) != _FINGERPRINT or set(found) - set("0123456789ABCDEF"):
        raise Malformed(f"{name} is not a fingerprint")
    return found
