"""Every answer of the site weighs the same on the wire, head and all: raw bytes from a really running site.

Whoever watches a source's line sees how many bytes go each way and how often. What must not be told apart by that
stands in tables (weighed_returns.py, weighed_acts.py): each row is one thing that may befall a source, and each is one
answer of one weight.
"""

from collections.abc import Iterator

import pytest
from flask import Flask, make_response

from source_interface.drop_folder import DropFolder, make_drop, open_drop
from source_interface.page_padding import KIB, SMALLEST_PAGE, pad_page, pad_to
from source_interface.site_app import SiteFlask
from tests.conftest import IntakeSecret
from tests.source_site import running_site
from tests.watched_line import ONE_PAGE, Line
from tests.weighed_acts import ANSWERS, TWO_ANSWERS
from tests.weighed_returns import COMING_BACK

PUBLIC_PAGES = ("/", "/codename", "/report", "/return", "/safety", "/about", "/inbox", "/withdraw", "/join")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory, intake_secret: IntakeSecret) -> Iterator[Line]:
    """A running site, for all rows of the tables."""
    root = tmp_path_factory.mktemp("weight")
    make_drop(root / "drop", intake_secret.public, root / "pairing.json")
    folder = DropFolder(root / "drop")
    with running_site(folder.root) as url:
        drop = open_drop(folder.root)
        yield Line(url, drop)
        drop.database.close()


@pytest.mark.parametrize("row", COMING_BACK)
def test_coming_back_weighs_the_same_whatever_is_found(line: Line, row: str) -> None:
    """Known or not, misspelt, answered or not, read or not: one answer of one weight."""
    status, come_back = COMING_BACK[row]
    answer = come_back(line)
    assert (answer.status, answer.weight) == (status, ONE_PAGE)


@pytest.mark.parametrize("path", [*PUBLIC_PAGES, "/no-such-page"])
def test_a_page_weighs_the_same_signed_in_and_out(line: Line, path: str) -> None:
    """A page does not tell whether the one who reads it has a report here; nor does the inbox ask for a second look."""
    inside, outside = line.inside().get(path), line.source().get(path)
    assert inside.weight == outside.weight == ONE_PAGE
    assert inside.status == outside.status == (404 if path == "/no-such-page" else 200)


@pytest.mark.parametrize("row", TWO_ANSWERS)
def test_what_leads_elsewhere_weighs_as_much_as_a_page(line: Line, row: str) -> None:
    """A redirect is a whole page's weight, and the page after it, with its notice, another."""
    there, act = TWO_ANSWERS[row]
    source, answer = act(line)
    assert (answer.status, answer.location, answer.weight) == (303, there, ONE_PAGE)
    assert source.get(there).weight == ONE_PAGE


@pytest.mark.parametrize("row", ANSWERS)
def test_every_answer_weighs_as_much_as_a_page(line: Line, row: str) -> None:
    """Taken or refused, there or not: one weight."""
    status, act = ANSWERS[row]
    answer = act(line)
    assert (answer.status, answer.weight) == (status, ONE_PAGE)


@pytest.mark.parametrize("path", ["/static/site.css", "/intake-key.asc", "/robots.txt"])
def test_what_is_the_same_for_everybody_is_the_same(line: Line, path: str) -> None:
    """Signed in or out, first visit or tenth: the very same weight, and no cookie."""
    inside, outside = line.inside(), line.source()
    before = inside.cookie
    assert inside.get(path).weight == outside.get(path).weight
    assert (inside.cookie, outside.cookie) == (before, b"")


def test_a_view_may_choose_a_smaller_class_for_what_is_small() -> None:
    """A frame need not weigh as much as a page; it has classes of its own, and never another's."""
    app: Flask = SiteFlask("small")
    app.after_request(pad_page)
    app.add_url_rule("/frame/<int:size>", "frame", lambda size: pad_to(make_response("x" * size), smallest=2 * KIB))
    app.add_url_rule("/page", "page", lambda: "x")
    client = app.test_client()
    weights = [len(client.get(path).data) for path in ("/frame/1", "/frame/2000", "/frame/2048", "/page")]
    assert weights == [2 * KIB, 2 * KIB, 4 * KIB, SMALLEST_PAGE]
