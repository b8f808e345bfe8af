"""How a run of the courier goes, and what it did, in words: for whoever started it, and for the desk."""

from dataclasses import dataclass, field
from typing import Protocol

from serving.language import gettext as _
from serving.language import ngettext
from store.desk.courier_state import SourceRoom, SourceTor
from store.host_health import Thing


class Watcher(Protocol):
    """Who is told how a run goes."""

    def bytes_came(self, came: int, size: int) -> None:
        """`came` of the `size` bytes of a submission are here, or of a file have left. One thread at a time."""

    def submission_stored(self, files: int, size: int) -> None:
        """A submission with that many attachments and bytes in all is in the post."""


@dataclass
class Report:
    """What a run did, and the sentences of what it could not do."""

    stored: int = 0
    delivered: int = 0
    undeliverable: int = 0
    problems: list[str] = field(default_factory=list)
    # What the source host can take, if the run came so far as to ask.
    source_room: SourceRoom | None = None
    # How the source host's Tor is, if the run came so far as to ask.
    source_tor: SourceTor | None = None
    # The fingerprint of the key that it seals to, if the run came so far as to ask, and it says so.
    source_key: str | None = None
    # How the source host is otherwise, in its own words; empty if it does not say, or the run came not so far.
    source_health: dict[Thing, str] = field(default_factory=dict)
    # The run was to weigh the same whatever waits, and the door is too old for that.
    is_bare: bool = False

    @property
    def is_quiet(self) -> bool:
        """Tell that nothing was there to be done, and nothing went wrong."""
        return not (self.stored or self.delivered or self.undeliverable or self.problems or self.room_warning)

    @property
    def room_warning(self) -> str | None:
        """Return a sentence if sources cannot send everything."""
        return None if self.source_room is None else self.source_room.warning()

    @property
    def cover_warning(self) -> str | None:
        """Return a sentence if whoever watches the line can tell that something came."""
        if not self.is_bare:
            return None
        return _(
            "The source host is of an older version that knows no padding: who watches the line can tell whether "
            "something came. Bring it up to date."
        )

    def sentence(self) -> str:
        """Return what was done, for people."""
        said = [
            ngettext("Collected {n} submission.", "Collected {n} submissions.", self.stored).format(n=self.stored)
            if self.stored
            else _("No new submissions.")
        ]
        if self.delivered:
            said.append(
                ngettext("Delivered {n} message.", "Delivered {n} messages.", self.delivered).format(n=self.delivered)
            )
        if self.undeliverable:
            said.append(
                ngettext(
                    "{n} message could not be delivered: the source host does not know the source any more.",
                    "{n} messages could not be delivered: the source host does not know the sources any more.",
                    self.undeliverable,
                ).format(n=self.undeliverable)
            )
        return " ".join([*said, self.trouble()]).rstrip()

    def trouble(self) -> str:
        """Return what it could not do, without a word on what came; nothing if all was well."""
        return " ".join(dict.fromkeys(self.problems))
