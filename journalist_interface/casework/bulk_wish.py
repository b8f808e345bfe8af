"""What somebody wants to be done with many cases at once: one change of the work on them, or closing them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Self

from journalist_interface.casework.assigning import WorkForm, read_tags
from journalist_interface.casework.work import Outcome, Priority, Work
from journalist_interface.checked_words import clean
from journalist_interface.errors import WritingRefused
from keys.reply import LONGEST_REPLY, MOST_SHOWN_BYTES, shown_bytes
from serving.language import gettext as _

NOBODY = "-"  # no user name begins so


class Deed(StrEnum):
    """What the form of many cases does."""

    CHANGE = "change"
    CLOSE = "close"


@dataclass(frozen=True)
class Wish:
    """What was typed. An empty field leaves what it names as it is in each case; `assignee` may be NOBODY."""

    deed: Deed
    assignee: str = ""
    priority: str = ""
    tags: str = field(default="", repr=False)  # to be added, with commas between
    tags_off: str = field(default="", repr=False)  # to be taken off
    reason: str = field(default="", repr=False)
    outcome: str = ""

    @classmethod
    def read(cls, untrusted: Mapping[str, str]) -> Self:
        """Return the wish in a form. Raises WritingRefused if it is none, or nothing would come of it."""
        try:
            deed = Deed(untrusted.get("deed", ""))
        except ValueError as reason:
            raise WritingRefused(_("Choose what is to be done. Nothing was changed.")) from reason
        wish = cls(
            deed,
            assignee=untrusted.get("assignee", ""),
            priority=untrusted.get("priority", ""),
            tags=untrusted.get("tags", ""),
            tags_off=untrusted.get("tags_off", ""),
            reason=clean(untrusted.get("reason", "")),
            outcome=untrusted.get("outcome", ""),
        )
        wish.check()
        return wish

    def check(self) -> None:
        """Raise WritingRefused if it cannot be done to any case."""
        if self.deed is Deed.CLOSE:
            self._check_closing()
            return
        if self.priority not in {"", *Priority}:
            raise WritingRefused(_("Choose a priority. Nothing was changed."))
        read_tags(self.tags)
        read_tags(self.tags_off)
        if not (self.assignee or self.priority or read_tags(self.tags) or read_tags(self.tags_off)):
            raise WritingRefused(_("Say what is to be changed. Nothing was changed."))

    def _check_closing(self) -> None:
        if self.outcome not in set(Outcome) - {Outcome.NONE}:
            raise WritingRefused(_("Choose what came of these cases. Nothing was closed."))
        if not self.reason:
            raise WritingRefused(
                _("Say why the cases are closed, in words for the sources. They will read them. Nothing was closed.")
            )
        if len(self.reason) > LONGEST_REPLY:
            said = _("The reason has {length} characters; {most} is the most. Nothing was closed. Shorten it.")
            raise WritingRefused(said.format(length=f"{len(self.reason):,}", most=f"{LONGEST_REPLY:,}"))
        if shown_bytes(self.reason, ()) > MOST_SHOWN_BYTES:
            raise WritingRefused(_("The reason is too long for one page of a source. Nothing was closed. Shorten it."))

    def work_after(self, work: Work) -> Work:
        """Return the work on a case as it is wished. A tag that is added stands once, after those there were."""
        off = set(read_tags(self.tags_off))
        tags = tuple(dict.fromkeys(tag for tag in (*work.tags, *read_tags(self.tags)) if tag not in off))
        assignee = {"": work.assignee, NOBODY: ""}.get(self.assignee, self.assignee)
        return replace(
            work, assignee=assignee, tags=tags, priority=Priority(self.priority) if self.priority else work.priority
        )

    def form_after(self, work: Work) -> WorkForm:
        """Return the form of one case that would do this to it."""
        return WorkForm.of(self.work_after(work))
