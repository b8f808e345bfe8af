"""What reviewers typed for a source or a case, as it would be kept and sent: or the sentence that says why not."""

from collections.abc import Sequence

from journalist_interface.casework.work import Outcome
from journalist_interface.errors import WritingRefused
from keys.errors import Malformed
from keys.reply import LONGEST_QUESTION, LONGEST_REPLY, MOST_QUESTIONS, MOST_SHOWN_BYTES, shown_bytes
from keys.statuses import SET_BY_THE_DESK, Status
from keys.strict_json import hex_id
from serving.language import gettext as _


def clean(text: str) -> str:
    """Return what was typed with one kind of line end, without NUL and without space around it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()


def checked_reply(text: str, questions: Sequence[str]) -> tuple[str, list[str]]:
    """Return a reply's text and questions as they would be sent. Raises WritingRefused if they cannot be."""
    text = clean(text)
    asked = [cleaned for cleaned in map(clean, questions) if cleaned]
    if not text and not asked:
        raise WritingRefused(_("Write a reply or at least one question first."))
    check_length(_("The reply"), text, LONGEST_REPLY)
    if len(asked) > MOST_QUESTIONS:
        raise WritingRefused(_("Ask at most {most} questions at a time.").format(most=MOST_QUESTIONS))
    for number, question in enumerate(asked, 1):
        check_length(_("Question {n}").format(n=number), question, LONGEST_QUESTION)
    check_page(text, asked)
    return text, asked


def checked_reason(status: Status, reason: str) -> str:
    """Return a reason as it would be kept, and sent if the case is closed. Raises WritingRefused if it cannot be."""
    reason = clean(reason)
    check_length(_("The reason"), reason, LONGEST_REPLY)
    check_page(reason, ())
    if status is Status.CLOSED and not reason:
        raise WritingRefused(_("Say why the case is closed, in words for the source. They will read them."))
    return reason


def check_length(what: str, text: str, most: int) -> None:
    if len(text) > most:
        said = _("{what} has {length} characters; {most} is the most. Nothing was sent. Shorten it, then send it.")
        raise WritingRefused(said.format(what=what, length=f"{len(text):,}", most=f"{most:,}"))


def check_page(text: str, asked: Sequence[str], files: Sequence[str] = ()) -> None:
    """Refuse what would make the source's page weigh more than any other: whoever watches the line would see it."""
    too_much = shown_bytes(text, asked, files) - MOST_SHOWN_BYTES
    if too_much > 0:
        said = _(
            "All together this is too long for one page of the source, by about {percent} %. Nothing was sent. Shorten "
            "it, or send it in two parts."
        )
        raise WritingRefused(said.format(percent=max(1, round(100 * too_much / MOST_SHOWN_BYTES))))


def chosen_status(untrusted: str) -> Status:
    if untrusted not in SET_BY_THE_DESK:
        raise WritingRefused(_("Choose a status."))
    return Status(untrusted)


def chosen_outcome(untrusted: str) -> Outcome:
    """Return what came of a case that is being closed. Raises WritingRefused without that."""
    if not untrusted or untrusted not in set(Outcome):
        raise WritingRefused(
            _("Choose what came of it: how long the case is kept follows from that. Nothing was sent, and it is open.")
        )
    return Outcome(untrusted)


def form_id(untrusted_id: str) -> str:
    try:
        return hex_id(untrusted_id)
    except Malformed as reason:
        raise WritingRefused(_("This form was not complete. Nothing was sent; send it again.")) from reason
