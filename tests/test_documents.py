"""The documents: what they name is there. A claim whose test was renamed or dropped must not go on looking proved."""

import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*CHECKOUT.glob("*.md"), *(CHECKOUT / "docs").rglob("*.md")])
# A decision stays as it was taken, with the files of that day.
LIVING = [path for path in DOCUMENTS if path.parent.name != "adr"]
PLACES = (
    "tests",
    "bench",
    "docs",
    "keys",
    "store",
    "serving",
    "posture",
    "ceremony",
    "source_interface",
    "journalist_interface",
    "deploy",
)
OWN_FILE = re.compile(rf"`((?:{'|'.join(PLACES)})/[\w./*-]+)`")
TEST_NAME = re.compile(r"`(test_\w+)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
SEIZED_OR_TURNED = (
    "The reviewer host's disk",
    "A stolen backup",
    "A stolen session cookie",
    "One reviewer turned",
    "One intake officer turned",
    "The administrator turned",
)


def name(path: Path) -> str:
    """A document as it is called here."""
    return str(path.relative_to(CHECKOUT))


@pytest.mark.parametrize("document", LIVING, ids=name)
def test_every_file_and_test_that_is_named_is_there(document: Path) -> None:
    """By its path or, for a test, by its name."""
    text = document.read_text("utf-8")
    tests = "\n".join(path.read_text("utf-8") for path in (CHECKOUT / "tests").rglob("*.py"))
    missing = [each for each in OWN_FILE.findall(text) if not list(CHECKOUT.glob(each.rstrip("/")))]
    missing += [each for each in TEST_NAME.findall(text) if f"def {each}(" not in tests]
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_link_leads_somewhere(document: Path) -> None:
    """Within the repository; what is elsewhere is not asked."""
    links = [each for each in LINK.findall(document.read_text("utf-8")) if "://" not in each]
    assert not [each for each in links if not (document.parent / each).exists()]


@pytest.mark.parametrize("title", SEIZED_OR_TURNED)
def test_whoever_is_turned_and_whatever_is_taken_has_a_section_that_names_its_tests(title: str) -> None:
    """What it gives away, what it does not, and where that is shown."""
    text = (CHECKOUT / "docs" / "threat-model.md").read_text("utf-8")
    section = text.split(f"### {title}\n", 1)[1].split("\n### ", 1)[0]
    assert "`test" in section
