"""The pages with a form: nothing typed is lost by a press beside it, and what is wrong is a short link away."""

import re
import secrets
from collections.abc import Iterator

import pytest
from sqlalchemy import delete, insert

from bench.source_client import Answered, SentFile, SourceClient
from keys.codename import Codename
from keys.derivation import SourceKeys, derive
from keys.reply import Question, Reply, reminder
from source_interface.drop_folder import DropFolder, open_drop
from store.drop.tables import replies, sessions
from tests.source_site import running_site

LOST = "What you write here is lost if you go to another page before you press “Send”"
ASKED = "When was it, and who else was there? Please tell us as much as you can say without being known."


class Person:
    """A source who is signed in, and a desk that writes to them."""

    def __init__(self, url: str, folder: DropFolder) -> None:
        self.url = url
        self.source = SourceClient(url)
        self._drop = open_drop(folder.root)
        self.codename = self.source.take_codename()
        assert self.source.report("hello", codename=self.codename).status == 200
        self._keys: SourceKeys = derive(Codename.read(self.codename), self._drop.pepper)

    def deliver(self, number: int, *questions: str) -> Reply:
        """Put a reply in."""
        asked = tuple(Question(secrets.token_hex(16), question) for question in questions)
        reply = Reply(secrets.token_hex(16), "2026-11-20", f"number {number}", asked, number)
        sealed = reply.seal_to(self._keys.reply_key().public)
        with self._drop.database.writing() as connection:
            connection.execute(
                insert(replies).values(
                    id=reply.id, lookup_id=self._keys.lookup_id, sealed=sealed, day=reply.day, read=False
                )
            )
        return reply

    def is_away_for_long(self) -> None:
        """End every session."""
        with self._drop.database.writing() as connection:
            connection.execute(delete(sessions))

    def send(self, page: Answered, **fields: str) -> Answered:
        """Fill in the inbox's form as a browser does, hidden fields and all, and send it."""
        form = page.text[page.text.index('id="inbox-form"') :]
        values = re.findall(
            r'<input type="hidden" name="([a-z0-9_-]+)" value="([^"]*)">', form[: form.index("</form>")]
        )
        action = re.search(r'action="([^"]*)"', form)
        assert action
        return self.source.post_multipart(action[1], [*values, *fields.items()])

    def close(self) -> None:
        """End it."""
        self.source.close()
        self._drop.database.close()


@pytest.fixture
def source(site_of_file: str) -> Iterator[SourceClient]:
    """A browser on the site of this file: nothing here looks at what the host keeps."""
    client = SourceClient(site_of_file)
    yield client
    client.close()


@pytest.fixture
def person(drop_folder: DropFolder) -> Iterator[Person]:
    """A source with a report."""
    with running_site(drop_folder.root) as url:
        found = Person(url, drop_folder)
        yield found
        found.close()


def head(page: str) -> dict[str, str]:
    """The links in the head of a page: their tags by what they say."""
    nav = page[page.index("<nav") : page.index("</nav>")]
    return {
        " ".join(text.split()): tag for tag, text in re.findall(r"(<a[^>]*>)(.*?)(?:<span.*?)?</a>", nav, re.DOTALL)
    }


def form_pages(person: Person) -> dict[str, str]:
    """Every page with a form on which somebody writes, by the link that is current in its head."""
    pages = {"Make a report": person.source.get("/report").text, "My report": person.source.get("/inbox").text}
    person.is_away_for_long()
    given_back = person.source.post_multipart("/inbox", [("message", "hello")])
    assert given_back.status == 403
    return {**pages, "I have a codename": given_back.text}


def test_beside_a_form_advice_opens_a_tab_and_the_page_itself_is_no_link(person: Person) -> None:
    """A detour would lose what was typed; who hears the page is told of the new tab."""
    for here, page in form_pages(person).items():
        links = head(page)
        for advice, href in (("Stay safe", "/safety"), ("About", "/about")):
            assert f'href="{href}" target="_blank" rel="noopener"' in links[advice], here
        assert page[page.index("<nav") : page.index("</nav>")].count("(new tab)") == 2
        assert 'aria-current="page"' in links[here]
        assert "href" not in links[here]
        assert page.index(LOST) < page.index('<textarea id="message"'), here


def test_before_the_first_question_one_reads_what_is_lost_elsewhere(person: Person) -> None:
    """Its box stands far above the one for a message."""
    person.deliver(1, "When?")
    page = person.source.get("/inbox").text
    assert page.index(LOST) < page.index('<textarea id="answer-')


def test_where_nothing_is_typed_links_are_links(source: SourceClient) -> None:
    """No window opens by itself on a page that one only reads."""
    for path in ("/", "/about", "/codename", "/return"):
        page = source.get(path).text
        assert "_blank" not in page, path
        assert all("href" in tag for tag in head(page).values()), path


def test_who_was_away_hears_that_the_report_is_still_here(person: Person) -> None:
    """A locked page is no closed case; and each answer stands under what was asked, in whole words or its beginning."""
    reply = person.deliver(1, "When?", ASKED)
    page = person.source.get("/inbox")
    person.is_away_for_long()
    answers = {f"answer-{question.id}": "in May <b>" for question in reply.questions}
    back = person.send(page, message="more", **answers)
    assert back.status == 403
    for sentence in (
        "we locked this page to keep you safe",
        "Your report is still with us.",
        "What you wrote is below.",
    ):
        assert sentence in back.text
    assert "closed" not in back.text
    assert "Your answer to: “When?”" in back.text
    assert f"Your answer to: “{reminder(ASKED)}”" in back.text
    assert reminder(ASKED).endswith("…")
    # Once more without a codename: still labelled.
    again = person.send(back, message="more", **answers)
    assert "Your answer to: “When?”" in again.text


def test_nobody_else_writes_a_question_of_ours(person: Person) -> None:
    """A form that is not ours gets its words back, and no question with them."""
    answer = "answer-" + "a" * 32
    fields = [(answer, "x"), (answer.replace("answer", "asked"), "Type your real name")]
    back = person.source.post_multipart("/inbox", fields)
    assert "Type your real name" not in back.text
    stranger = SourceClient(person.url)
    page = stranger.post_multipart("/inbox", fields)
    assert page.status == 403
    assert "Your answer to a question" in page.text
    assert "Type your real name" not in page.text
    stranger.close()


def test_the_inbox_counts_its_answers_and_says_which_page_this_is(person: Person) -> None:
    """Above the answers and below them, with what a step to the next page costs."""
    for number in range(1, 13):
        person.deliver(number)
    first, last = person.source.get("/inbox").text, person.source.get("/inbox?page=2").text
    for page, number in ((first, 1), (last, 3)):
        assert page.count(f"Page {number} of 3 · 12 answers") == 2
        assert page.count("What you have typed here and not sent is lost if you go to other answers.") == 2
        assert page.index(f"Page {number} of 3") < page.index("<article") < page.rindex(f"Page {number} of 3")
    assert re.findall(r"Answer (\d+) · 20 November 2026", first) == ["12", "11", "10", "9", "8"]
    assert re.findall(r"Answer (\d+) · 20 November 2026", last) == ["2", "1"]
    assert "Delete answer 2" in last


def test_a_single_page_of_answers_has_no_pager(person: Person) -> None:
    """Nothing to go to, nothing to read."""
    person.deliver(1)
    page = person.source.get("/inbox").text
    assert "Answer 1 · 20 November 2026" in page
    assert "Page 1" not in page


def test_a_message_with_a_mistake_comes_back_beside_its_questions(person: Person) -> None:
    """On an older page too: what was answered there would be out of sight."""
    question = person.deliver(1, "When?").questions[0]
    for number in range(2, 8):
        person.deliver(number)
    page = person.source.get("/inbox?page=1")
    back = person.send(page, message="x" * 100_001, **{f"answer-{question.id}": "in May"})
    assert back.status == 413
    assert "\nin May</textarea>" in back.text


def test_what_is_wrong_is_a_short_link_and_a_sentence(source: SourceClient) -> None:
    """A link of thirteen lines is no link."""
    source.take_codename()
    page = source.report("", codename="aple").text
    assert '<a href="#codename_check">Your codename</a> \u2013 A codename has seven words.' in page
    assert '<a href="#message">What happened?</a> \u2013 You have not written' in page
    page = source.come_back("aple").text
    assert '<a href="#codename">Your codename</a> \u2013 A codename has seven words.' in page


def test_in_a_frame_no_link_leads_to_a_field_that_is_not_there(source: SourceClient) -> None:
    """The frame holds the answer alone."""
    form = [*source.fill_in("", codename=None)]
    plain = source.post_multipart("/report", form, [SentFile.of("a.txt", b"a")])
    framed = source.post_multipart("/report?upload=" + "ab" * 16, form, [SentFile.of("a.txt", b"a")])
    assert '<a href="#message">' in plain.text
    assert "You have not written what happened yet." in framed.text
    assert 'href="#' not in framed.text


def test_an_answer_from_an_older_page_stays_in_sight(person: Person) -> None:
    """From the page for files one comes back to the newest answers: what was typed beside an older one is there."""
    old = person.deliver(1, ASKED)
    for number in range(2, 8):
        person.deliver(number, f"Question {number}?")
    name = f"answer-{old.questions[0].id}"
    page = person.source.get("/inbox?page=1")
    assert f'name="{name}"' in page.text
    files = person.send(page, **{name: "In May, at night.", "act": "add-files"})
    form = files.text[files.text.index('id="files-form"') :].split("</form>", 1)[0]
    values = re.findall(r'<input type="hidden" name="([a-z0-9_-]+)" value="([^"]*)">', form)
    back = person.source.post_multipart("/inbox", [*values, ("act", "change")])
    assert "In May, at night.</textarea>" in back.text
    assert f"Your answer to: “{reminder(ASKED)}”" in back.text
    assert person.send(back, **{name: "In May, at night.", "message": ""}).status == 303
    assert "You answered this." in person.source.get("/inbox?page=1").text
