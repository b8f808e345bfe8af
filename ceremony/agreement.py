"""What both hosts must hold alike at the end, as groups that people read aloud: first one way, then the other.

Each host computes them from what it has taken in itself, never from what lies on the stick now. So a key that was
exchanged on the way, at whichever host and however well it was read aloud there, gives other groups at the other one.
"""

from dataclasses import dataclass

from keys.spoken import spoken_fingerprint

_LENGTH_BYTES = 4


@dataclass(frozen=True)
class Agreement:
    """The keys of one pair of hosts, as one host knows them.

    `courier_line`: by which the door lets the desk in. `intake_fingerprint`: 40 hexadecimal digits, of the key to which
    the source host seals. `recovery_public`: 32 bytes, for whom both seal their backups.
    """

    courier_line: str
    intake_fingerprint: str
    recovery_public: bytes

    def groups(self, pairing: bytes) -> str:
        """Return the groups of a pairing file that goes from the source host to the desk."""
        return self._spoken(b"pairing", pairing)

    def answer(self, token_sha256: str, door_url: str) -> str:
        """Return the desk's answer: it is paired with this door, by the token of this hash."""
        return self._spoken(b"answer", token_sha256.encode("ascii"), door_url.encode("ascii"))

    def _spoken(self, *parts: bytes) -> str:
        keys = (self.courier_line.encode("ascii"), self.intake_fingerprint.encode("ascii"), self.recovery_public)
        # Each with its length before it: no two lists of parts are the same bytes.
        return spoken_fingerprint(b"".join(len(part).to_bytes(_LENGTH_BYTES) + part for part in (*parts, *keys)))
