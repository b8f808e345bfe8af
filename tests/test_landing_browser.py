"""The landing page and the poster in a browser without scripts, on paper, and through the lens of a camera."""

import io
import itertools
from pathlib import Path

import pytest
import segno
from PIL import Image
from playwright.sync_api import Browser

from source_interface.landing.kit import QUIET_MODULES, STRIPS
from tests.landing_kit import FACTS, kit, opened, size, website
from tests.pdf_text import printed_words

__all__ = ["kit", "website"]

WIDTHS = (320, 768, 1280)
PAGES = ("index.html", "poster.html")
# A letter can be read from two hundred times its height; capitals have seven tenths of their size.
METRES_AWAY, TIMES_ITS_HEIGHT, CAPITALS = 2, 200, 0.7
POINTS_A_METRE = 72 / 0.0254
# Words by which a glance over a shoulder tells what somebody reads, or frightens them away from reading it.
NOT_ON_A_POSTER = ("whistle", "corrupt", "inform", "abuse", "victim", "colleague", "boss", "crime", "secret", "report")
CONTRAST = """() => {
    const light = part => { const c = part / 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
    const parts = text => text.match(/[0-9.]+/g).map(Number);
    const luminance = ([r, g, b]) => 0.2126 * light(r) + 0.7152 * light(g) + 0.0722 * light(b);
    const ground = node => {
        for (; node; node = node.parentElement) {
            const found = parts(getComputedStyle(node).backgroundColor);
            if (found.length === 3 || found[3] === 1) return found;
        }
        return [255, 255, 255];
    };
    const told = [];
    for (const node of document.querySelectorAll("body *")) {
        if (![...node.childNodes].some(child => child.nodeType === 3 && child.data.trim())) continue;
        const pair = [luminance(parts(getComputedStyle(node).color)), luminance(ground(node))].sort((a, b) => b - a);
        told.push([node.textContent.trim().slice(0, 30), (pair[0] + 0.05) / (pair[1] + 0.05)]);
    }
    return told;
}"""


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_is_one_request_and_fits(browser: Browser, website: str, kit: Path, name: str, width: int) -> None:
    """From a web server and from a disk, in both schemes: nothing but the page is asked for, nothing is cut off."""
    for address in (f"{website}/{name}", (kit / name).as_uri()):
        for scheme in ("light", "dark"):
            with opened(browser, address, viewport=size(width), color_scheme=scheme) as (page, asked):
                assert [url for url in asked if not url.startswith("data:")] == [address]
                assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_look_of_the_page_is_let_in_by_what_web_servers_are_told(browser: Browser, website: str) -> None:
    """The policy names the very style sheet: one byte of another one and the page would be bare."""
    with opened(browser, f"{website}/index.html", color_scheme="light") as (page, _asked):
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(247, 245, 240)"


@pytest.mark.parametrize("name", PAGES)
def test_every_word_stands_out_from_its_ground(browser: Browser, kit: Path, name: str) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1 or more, light and dark."""
    for scheme in ("light", "dark"):
        with opened(browser, (kit / name).as_uri(), viewport=size(1280), color_scheme=scheme) as (page, _asked):
            told = page.evaluate(CONTRAST)
            assert len(told) > 10
            assert [words for words, contrast in told if contrast < 4.5] == [], scheme


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_told_by_its_parts(browser: Browser, kit: Path, name: str) -> None:
    """A language, a title, one main part, one first heading, none left out after it, a text for each picture."""
    with opened(browser, (kit / name).as_uri()) as (page, _asked):
        assert page.locator("html").get_attribute("lang") == "en-GB"
        assert page.title()
        assert page.locator("main").count() == page.locator("h1").count() == 1
        levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(node => Number(node.tagName[1]))")
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
        assert all(picture.get_attribute("alt") for picture in page.locator("img").all())
        assert page.locator("script, svg, object, embed, iframe, form, input").count() == 0
        assert page.locator("[style], [onclick], [onload]").count() == 0


def test_whoever_copies_the_address_copies_the_address(browser: Browser, kit: Path) -> None:
    """Also out of its groups: the space between them is not in the text. None of the two is a link."""
    with opened(browser, (kit / "index.html").as_uri(), viewport=size(1280)) as (page, _asked):
        assert page.inner_text("#address") == FACTS.address
        assert page.evaluate("document.getElementById('groups').textContent") == FACTS.address
        lefts = [box["x"] for group in page.locator("#groups b").all() if (box := group.bounding_box())]
        assert len(set(lefts)) > 3, "groups stand side by side"
        assert page.locator(f'a[href*="{FACTS.address}"]').count() == 0


@pytest.fixture(scope="module")
def printed(browser: Browser, kit: Path) -> tuple[int, str]:
    """The poster on paper: how many sheets, and the words on them."""
    with opened(browser, (kit / "poster.html").as_uri()) as (page, _asked):
        return printed_words(page.pdf(prefer_css_page_size=True))


def test_the_poster_is_one_sheet_from_which_the_address_can_be_read(printed: tuple[int, str]) -> None:
    """Once large, and once on each strip; danger, and where Tor Browser is; on one sheet with the longest name."""
    sheets, words = printed
    assert sheets == 1
    assert words.count(FACTS.address) == 1 + STRIPS
    for told in ("You can tell someone.", "Call 999", "www.torproject.org", FACTS.name):
        assert told.replace(" ", "") in words.replace(" ", ""), told
    assert "\ufffd" not in words


def test_a_strip_has_the_address_and_not_a_word_more(browser: Browser, kit: Path) -> None:
    """Whoever is searched has a row of letters in the pocket. Each lies whole within its lines."""
    with opened(browser, (kit / "poster.html").as_uri(), viewport=size(1280)) as (page, _asked):
        strips = page.locator(".strips li").all()
        assert len(strips) == STRIPS
        for strip in strips:
            assert strip.text_content() == FACTS.address
            around = strip.bounding_box()
            assert around
            for group in strip.locator("b").all():
                within = group.bounding_box()
                assert within
                assert around["x"] < within["x"]
                assert within["x"] + within["width"] < around["x"] + around["width"]
                assert around["y"] < within["y"]
                assert within["y"] + within["height"] < around["y"] + around["height"]


def test_the_poster_runs_nowhere_over_its_edge(browser: Browser, kit: Path) -> None:
    """With the longest name: the last words stand above the strips, the strips on the sheet."""
    with opened(browser, (kit / "poster.html").as_uri(), viewport=size(1280)) as (page, _asked):
        boxes = [page.locator(part).bounding_box() for part in (".danger", ".strips", ".sheet")]
        danger, strips, sheet = (box for box in boxes if box)
        assert danger["y"] + danger["height"] <= strips["y"]
        assert strips["y"] + strips["height"] <= sheet["y"] + sheet["height"]
        assert sheet["height"] <= 297 / 25.4 * 96


def test_the_large_words_can_be_read_from_two_metres(browser: Browser, kit: Path) -> None:
    """In the size that the height of capitals asks for; and they say nothing that harms who is seen to look."""
    least = METRES_AWAY / TIMES_ITS_HEIGHT / CAPITALS * POINTS_A_METRE
    with opened(browser, (kit / "poster.html").as_uri(), viewport=size(1280)) as (page, _asked):
        for part in ("h1", ".far"):
            pixels = page.evaluate(f"parseFloat(getComputedStyle(document.querySelector('{part}')).fontSize)")
            assert pixels * 72 / 96 >= least, part
            assert "police" not in page.inner_text(part).lower()
        words = page.inner_text("main").lower()
        assert [word for word in NOT_ON_A_POSTER if word in words] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_poster_says_above_the_square_that_it_is_not_for_a_camera(browser: Browser, kit: Path, width: int) -> None:
    """Bold, nothing in between, larger than the list: who lifts a phone has read it. And what a camera costs."""
    bold = """node => Number(getComputedStyle(node).fontWeight) >= 700 && parseFloat(getComputedStyle(node).fontSize)"""
    with opened(browser, (kit / "poster.html").as_uri(), viewport=size(width)) as (page, _asked):
        warned = page.get_by_text("Not for your camera. Only for the scanner inside Tor Browser.", exact=True)
        above, square = warned.bounding_box(), page.locator("img").bounding_box()
        assert above
        assert square
        assert 0 <= square["y"] - (above["y"] + above["height"]) < 10
        assert abs(above["x"] - square["x"]) < 1
        assert warned.evaluate(bold) >= page.locator("ol").evaluate(
            "node => parseFloat(getComputedStyle(node).fontSize)"
        )
        assert page.get_by_text(
            "What your camera opens, your phone remembers and your phone company can see."
        ).is_visible()
        assert page.get_by_text("Type it without gaps. It has no 0, 1, 8 or 9").is_visible()


def test_the_poster_says_where_not_to_do_it(browser: Browser, kit: Path) -> None:
    """Not at work, not at home with the person, and no false app: many see nothing else of ours."""
    with opened(browser, (kit / "poster.html").as_uri(), viewport=size(320)) as (page, _asked):
        steps = page.inner_text("ol")
        for words in (
            "that nobody else looks at. Not at work. Not on the Wi-Fi at home if you live with the person: ",
            "whoever looks after it can see that Tor is used. Go to a friend or a library, when you are off duty. "
            "Use no Wi-Fi that asks for your name, e-mail or card.",
            "There is none for iPhones: do not take an app of that name.",
        ):
            assert words in steps, words


def test_nothing_on_the_poster_lies_over_anything_else(browser: Browser, kit: Path) -> None:
    """With the longest name: each part ends above the next one."""
    with opened(browser, (kit / "poster.html").as_uri(), viewport=size(1280)) as (page, _asked):
        boxes = [box for part in page.locator("main > *").all() if (box := part.bounding_box())]
        assert len(boxes) > 5
        ends = [(over["y"] + over["height"], under["y"]) for over, under in itertools.pairwise(boxes)]
        assert [pair for pair in ends if pair[0] > pair[1] + 0.5] == []


def test_strips_are_for_paper(browser: Browser, kit: Path) -> None:
    """Nobody tears one off a phone: there they are not shown."""
    for width, shown in ((320, False), (1280, True)):
        with opened(browser, (kit / "poster.html").as_uri(), viewport=size(width)) as (page, _asked):
            assert page.locator(".strips").is_visible() is shown


def test_the_poster_is_black_on_white(browser: Browser, kit: Path) -> None:
    """Whatever the scheme: it is printed. Only where letters and squares have their edges is there grey."""
    with opened(browser, (kit / "poster.html").as_uri(), color_scheme="dark", viewport=size(1280)) as (page, _asked):
        taken = page.locator(".sheet").screenshot()
    with Image.open(io.BytesIO(taken)) as picture:
        assert picture.convert("HSV").getchannel("S").getextrema()[1] == 0, "no colour at all"
        assert picture.convert("L").getpixel((5, 5)) == 255


@pytest.mark.parametrize("dense", [1, 2])
def test_the_code_on_the_poster_is_the_address_and_can_be_scanned(browser: Browser, kit: Path, dense: int) -> None:
    """Module for module as segno has it, as it is drawn; around it four modules of white; each large enough."""
    wanted = [[bool(dark) for dark in row] for row in segno.make(f"http://{FACTS.address}/", error="m").matrix]
    across = len(wanted) + 2 * QUIET_MODULES
    with opened(browser, (kit / "poster.html").as_uri(), viewport=size(1280), device_scale_factor=dense) as (
        page,
        _asked,
    ):
        box = page.locator(".how img").bounding_box()
        assert box
        assert box["width"] / 96 * 25.4 / across >= 1, "a module has a millimetre or more"
        with Image.open(io.BytesIO(page.locator(".how img").screenshot())) as picture:
            grey = picture.convert("L")
            step = grey.width / across

            def is_dark(row: int, column: int) -> bool:
                place = (int((column + QUIET_MODULES + 0.5) * step), int((row + QUIET_MODULES + 0.5) * step))
                value = grey.getpixel(place)
                assert isinstance(value, int | float)
                return value < 128

            places = range(-QUIET_MODULES, len(wanted) + QUIET_MODULES)
            seen = {(row, column): is_dark(row, column) for row in places for column in places}
    inside = range(len(wanted))
    assert [[seen[row, column] for column in inside] for row in inside] == wanted
    assert not any(dark for (row, column), dark in seen.items() if row not in inside or column not in inside)
