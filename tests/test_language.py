"""Every sentence a person reads in a page goes through gettext, so that another language needs no change of code."""

import re
from pathlib import Path

import pytest
from jinja2 import Environment
from jinja2.nodes import TemplateData

CHECKOUT = Path(__file__).resolve().parent.parent
FOLDERS = ("source_interface/templates", "source_interface/landing/templates", "journalist_interface/templates")
TEMPLATES = sorted(path for folder in FOLDERS for path in CHECKOUT.glob(f"{folder}/*") if path.suffix != ".css")
# The same in every language, or no words at all.
NAMES = ("Candour", "SHA-256", "UTC", "page card-page", "www.torproject.org")
READ_ALOUD = re.compile(r'\b(?:aria-label|title|alt|placeholder)="([^"{]*[A-Za-z]{2}[^"]*)"')


def bare_words(source: str) -> list[str]:
    """Words that stand in a template outside tags, comments and gettext."""
    tree = Environment(extensions=["jinja2.ext.i18n"]).parse(source)  # noqa: S701  (nothing is rendered)
    text = "\x00".join(node.data for node in tree.find_all(TemplateData))
    outside = re.sub(r"<!--.*?-->|<[^>]*>|&[a-z]+;", " ", text, flags=re.DOTALL)
    # A tag that holds an expression is split over several pieces; its rest ends at the next ">".
    outside = re.sub(r"\x00[^<>\x00]*>|<[^>\x00]*\x00", "\x00", outside)
    found = (word.strip() for word in re.findall(r"[A-Za-z]{2,}[^\x00\n]*", outside))
    return [word for word in found if '="' not in word]  # attributes, from a macro that makes them


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: f"{path.parent.parent.name}/{path.name}")
def test_no_sentence_stands_bare_in_a_template(template: Path) -> None:
    """What is not in _( ) or trans would stay English for ever."""
    source = template.read_text("utf-8")
    assert READ_ALOUD.findall(source) == []
    assert [word for word in bare_words(source) if not word.startswith(NAMES)] == [], template


def test_a_bare_sentence_is_seen() -> None:
    """The test above can fail."""
    assert bare_words("<p>{{ _('said') }} unsaid words</p>") == ["unsaid words"]
    assert bare_words('<a href="{{ x }}" class="one">{{ _("said") }}</a>') == []
    assert READ_ALOUD.findall('<p aria-label="Unsaid">') == ["Unsaid"]
