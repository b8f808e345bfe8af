"""What a source finds in the inbox: replies opened in memory, in order, few enough on a page to keep its weight."""

from sqlalchemy import select, update

from bench.source_client import SourceClient
from keys.memo import ANSWER_MARKS_SIZE, no_answers
from keys.reply import LONGEST_REPLY
from source_interface.drop_folder import DropFolder
from source_interface.inbox_page import ShownReply, note_answers, open_inbox
from source_interface.page_padding import SMALLEST_PAGE
from store.drop.tables import replies, sources
from tests.source_inbox import Inbox, codename, inbox
from tests.source_site import running_site

__all__ = ["codename", "inbox"]


def test_replies_of_one_day_stand_in_the_order_they_were_written(inbox: Inbox) -> None:
    """A correction comes after what it corrects, though the host keeps no time finer than a day."""
    for number in (3, 1, 2):
        inbox.deliver(f"number {number}", number=number)
    inbox.deliver("a day later", number=4, day="2026-11-21")
    assert inbox.shown() == ["a day later", "number 3", "number 2", "number 1"]


def test_a_page_holds_five_replies_and_the_rest_is_a_link_away(inbox: Inbox) -> None:
    """Nothing is lost in the paging, and only what was shown counts as read."""
    sent = [inbox.deliver(f"number {number}", number=number) for number in range(1, 8)]
    assert inbox.shown(0) == [f"number {number}" for number in (7, 6, 5, 4, 3)]
    assert len(inbox.noticed()) == 5
    assert inbox.shown(1) == ["number 2", "number 1"]
    assert inbox.noticed() == {(reply.id, "read") for reply in sent}
    assert inbox.shown(99) == inbox.shown(1)


def test_long_replies_do_not_change_the_weight_of_the_page(
    inbox: Inbox, drop_folder: DropFolder, codename: str
) -> None:
    """No reply, a short one, two of the longest: the page weighs the same on the wire."""
    with running_site(drop_folder.root) as url:
        weights = []
        for _more in range(3):
            source = SourceClient(url)
            answer = source.come_back(codename)
            weights.append((answer.status, len(answer.text.encode()), answer.headers["Content-Length"]))
            source.close()
            inbox.deliver("long " * (LONGEST_REPLY // 5), number=len(weights), questions=2)
    assert weights == [(200, SMALLEST_PAGE, str(SMALLEST_PAGE))] * 3


def test_a_reply_that_does_not_open_is_shown_as_such_and_not_as_read(inbox: Inbox) -> None:
    """One damaged reply hides none of the others, and the desk is not told that it was read."""
    good = inbox.deliver("good")
    inbox.deliver("never seen", number=2, spoil=True)
    shown = inbox.shown()
    assert "good" in shown
    assert any("damaged" in text for text in shown)
    assert inbox.noticed() == {(good.id, "read")}


def test_the_inbox_says_which_question_was_answered(inbox: Inbox) -> None:
    """The status stops asking once there is nothing left to answer."""
    reply = inbox.deliver("please tell us", questions=2)
    other = inbox.deliver("and this", number=2, questions=1)
    with inbox.host.drop.database.writing() as connection:
        connection.execute(update(sources).values(status="question"))
    note_answers(inbox.host, inbox.keys, {reply.questions[1].id})
    page = open_inbox(inbox.host, inbox.keys, 0)
    assert [(shown.id, _answered(shown)) for shown in page.replies] == [(other.id, [False]), (reply.id, [False, True])]
    assert page.status.title == "A question for you"
    note_answers(inbox.host, inbox.keys, {other.questions[0].id})
    assert open_inbox(inbox.host, inbox.keys, 0).status.title == "We asked you something"


def _answered(reply: ShownReply) -> list[bool]:
    return [question.answered for question in reply.questions]


def test_one_question_answered_says_so_of_that_one_alone(inbox: Inbox) -> None:
    """Which were answered adds up; and a thief of the host learns no more than that something was."""
    reply = inbox.deliver("please tell us", questions=3)
    inbox.deliver("and this", number=2, questions=2)
    for place in (2, 0):
        note_answers(inbox.host, inbox.keys, {reply.questions[place].id})
    newer, older = open_inbox(inbox.host, inbox.keys, 0).replies
    assert (_answered(newer), _answered(older)) == ([False, False], [True, False, True])
    with inbox.host.drop.database.reading() as connection:
        kept = {row.id: row.answers for row in connection.execute(select(replies.c.id, replies.c.answers))}
    assert len(kept[reply.id]) == ANSWER_MARKS_SIZE == len(no_answers())


def test_what_was_answered_before_it_was_noted_by_question_counts_for_all(inbox: Inbox) -> None:
    """A reply that was answered on a site of before says so; which of its questions it was, nobody knows."""
    inbox.deliver("please tell us", questions=2)
    with inbox.host.drop.database.writing() as connection:
        connection.execute(update(replies).values(answered=True, answers=no_answers()))
    assert _answered(open_inbox(inbox.host, inbox.keys, 0).replies[0]) == [True, True]


def test_a_source_deletes_its_own_reply_and_no_other(inbox: Inbox, drop_folder: DropFolder, codename: str) -> None:
    """Deleting erases it here at once, tells the desk, and another's reply is out of reach."""
    mine = inbox.deliver("mine")
    with running_site(drop_folder.root) as url:
        source, stranger = SourceClient(url), SourceClient(url)
        stranger.report("somebody else", codename=stranger.take_codename())
        refused = stranger.get("/inbox")
        token = refused.hidden("csrf_token", 0)
        stranger.post("/inbox", {"csrf_token": token, "act": "delete", "reply": mine.id})
        assert "not here any more" in stranger.get("/inbox").text
        page = source.come_back(codename)
        assert "mine" in page.text
        source.post("/inbox", {"csrf_token": page.hidden("csrf_token", 0), "act": "delete", "reply": mine.id})
        assert "deleted" in source.get("/inbox").text
        assert "<p>mine</p>" not in source.get("/inbox").text
        source.close()
        stranger.close()
    assert inbox.noticed() == {(mine.id, "read"), (mine.id, "deleted")}
