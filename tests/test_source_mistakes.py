"""What a source types wrongly at the really running site: read forgivingly, or told, and every word and file kept."""

import random
import re

import pytest

from bench.source_client import Answered, SentFile, SourceClient
from source_interface.drop_folder import DropFolder
from tests.conftest import IntakeSecret
from tests.drop_contents import letters, rows


@pytest.mark.parametrize(
    "spell",
    [
        lambda words: words,
        lambda words: words.upper(),
        lambda words: words.replace(" ", "-"),
        lambda words: "  " + words.replace(" ", " . ").title() + " \n",
        lambda words: words.replace(" ", "\u3000").replace("a", "\uff41"),
    ],
    ids=["as shown", "upper case", "hyphens", "full stops and stray spaces", "full-width letters"],
)
def test_a_codename_is_read_forgivingly(visitor: SourceClient, site_of_file: str, spell: "object") -> None:
    """A source who writes the words a little differently still comes back."""
    assert callable(spell)
    codename = visitor.take_codename()
    assert visitor.report("hello", codename=spell(codename)).status == 200
    back = SourceClient(site_of_file)
    assert "Where it stands" in back.come_back(spell(codename)).text
    back.close()


def test_a_misspelt_word_gets_a_suggestion_and_what_was_typed_stays(visitor: SourceClient) -> None:
    """The suggestion comes from the word list; nothing is looked up."""
    answer = visitor.come_back("abaccus abdomen abide ablaze able abnormal abrasion")
    assert answer.status == 422
    assert "abacus" in answer.text
    assert "abaccus abdomen abide" in answer.text


def test_a_wrong_codename_shows_the_page_of_an_unknown_one(visitor: SourceClient) -> None:
    """One word wrong, or all seven: the same page, the same status."""
    codename = visitor.take_codename()
    visitor.report("hello", codename=codename)
    first, *rest = codename.split()
    other = "abacus" if first != "abacus" else "zoom"
    wrong = visitor.come_back(" ".join([other, *rest]))
    unknown = visitor.come_back("zoom " * 7)

    def bare(page: Answered) -> str:
        text = page.text.replace(" ".join([other, *rest]), "TYPED").replace("zoom " * 7, "TYPED")
        text = re.sub(r"<!-- *-->", "", text)
        return re.sub(r'name="csrf_token" value="[^"]*"', "", text)

    assert (wrong.status, bare(wrong)) == (unknown.status, bare(unknown))
    assert wrong.status == 404


def test_a_mistake_in_the_form_loses_no_word_and_no_file(
    source: SourceClient, drop_folder: DropFolder, intake_secret: IntakeSecret
) -> None:
    """A misspelt codename after a long upload: the text is still there, and the files need not be sent again."""
    codename = source.take_codename()
    page = source.get("/report")
    values = {
        "csrf_token": page.hidden("csrf_token"),
        "submission": page.hidden("submission"),
        "codename_check": "abaccus " + codename.split(" ", 1)[1],
        "topic": "hate",
        "q-where": "at <the> station",
        "message": "a & b",
    }
    content = random.Random(2).randbytes(200_000)
    refused = source.post_multipart("/report", list(values.items()), [SentFile.of("long.mp4", content)])
    assert refused.status == 422
    assert "We already have these files" in refused.text
    assert "long.mp4" in refused.text
    assert "a &amp; b" in refused.text
    assert "at &lt;the&gt; station" in refused.text
    assert rows(drop_folder, "submissions") == []
    mended = {
        **values,
        "csrf_token": refused.hidden("csrf_token"),
        "codename_check": codename,
        "held": refused.hidden("held"),
    }
    assert refused.hidden("submission") == values["submission"]
    assert source.post_multipart("/report", list(mended.items())).status == 200
    (letter,) = letters(drop_folder, intake_secret)
    (record,) = letter.attachments
    opened = intake_secret.open(drop_folder.blobs / "sealed" / record.blob)
    assert opened[: record.size] == content


def test_a_ticket_for_held_files_is_good_for_its_own_form_only(visitor: SourceClient) -> None:
    """Nobody claims another's files, or files that were never sent, by writing a ticket."""
    page = visitor.get("/report")
    values = [("csrf_token", page.hidden("csrf_token")), ("submission", page.hidden("submission"))]
    refused = visitor.post_multipart("/report", values, [SentFile.of("mine.txt", b"mine")])
    ticket = refused.hidden("held")
    other = visitor.get("/report")
    for forged in (ticket, ticket[:-4] + "AAAA", "x", "é" * 10):
        values = [
            ("csrf_token", other.hidden("csrf_token")),
            ("submission", other.hidden("submission")),
            ("held", forged),
            ("one_way", "yes"),
        ]
        again = visitor.post_multipart("/report", values)
        assert again.status == 422
        assert "mine.txt" not in again.text


def test_a_codename_of_another_visit_is_refused(visitor: SourceClient, site_of_file: str) -> None:
    """Only the words shown in this visit count: a mistyped word of the list would be an account nobody can find."""
    other = SourceClient(site_of_file)
    strange = other.take_codename()
    other.close()
    visitor.take_codename()
    answer = visitor.report("hello", codename=strange)
    assert answer.status == 422
    assert "not the words we showed you" in answer.text
    assert "hello" in answer.text


def test_neither_codename_nor_one_way_is_asked_for(visitor: SourceClient) -> None:
    """The form says which of the two is missing, or that both were given."""
    codename = visitor.take_codename()
    page = visitor.get("/report")
    token = [("csrf_token", page.hidden("csrf_token")), ("submission", page.hidden("submission"))]
    neither = visitor.post_multipart("/report", [*token, ("message", "m")])
    both = visitor.post_multipart(
        "/report", [*token, ("message", "m"), ("codename_check", codename), ("one_way", "yes")]
    )
    assert (neither.status, both.status) == (422, 422)
    assert "Type your codename, or tick" in neither.text
    assert "Choose one" in both.text


def test_an_empty_report_is_asked_for_a_sentence(visitor: SourceClient) -> None:
    """One text is the only thing that must be there."""
    answer = visitor.report("   ", codename=None)
    assert answer.status == 422
    assert "One sentence is enough" in answer.text


def test_an_overlong_message_is_named_and_stays(visitor: SourceClient) -> None:
    """100,000 characters are the limit; one more is told, and not one is lost."""
    text = "ä" * 100_001
    answer = visitor.report(text, codename=None)
    assert answer.status == 413
    assert "too long" in answer.text
    assert text in answer.text
    assert visitor.report(text[:-1], codename=None).status == 200


def test_a_message_after_the_session_ended_is_given_back(visitor: SourceClient) -> None:
    """Who was away too long gets every word back, and is asked to sign in."""
    codename = visitor.take_codename()
    visitor.report("first", codename=codename)
    inbox = visitor.get("/inbox")
    visitor.cookies.clear()
    answer = visitor.write_again(inbox, "an hour of work")
    assert answer.status == 403
    assert "an hour of work" in answer.text
