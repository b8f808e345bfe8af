"""The landing kit as files: the page, the poster, what web servers are told, and how to put it up.

The same facts give the same bytes: no day, no random number, no version. So two people can make it and compare.
"""

import base64
import io
from hashlib import sha256
from pathlib import Path

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from serving.language import gettext, ngettext
from source_interface.landing.facts import LandingFacts
from source_interface.landing.servers import PLACE, SERVER_FILES, landing_headers, server_files

TEMPLATES = Path(__file__).parent / "templates"
QUIET_MODULES = 4  # ISO/IEC 18004: what must stay white around a QR code
STRIPS = 9
# What a kit has only if it is known where on the web the page will be.
OF_A_PLACE = frozenset(f"servers/{name}" for name in SERVER_FILES)
_QR_SCALE = 8  # pixels a module


def make_kit(facts: LandingFacts) -> dict[str, bytes]:
    """Return every file of the kit by its name, with `/` for a folder.

    Nothing for web servers while it is not known where the page will be: a guess would take the home page's place.
    """
    pages = _environment()
    sheet = _sheet("index.css")
    texts = {
        "README.txt": pages.get_template("README.txt").render(facts=facts, place=PLACE),
        "index.html": pages.get_template("index.html").render(facts=facts, sheet=sheet),
        "poster.html": pages.get_template("poster.html").render(
            facts=facts, sheet=_sheet("poster.css"), qr=qr_picture(facts.onion_url), strips=STRIPS
        ),
    }
    if facts.clearnet_url is not None:
        told = server_files(facts, landing_headers(facts, style_digest(sheet)))
        texts |= {f"servers/{name}": text for name, text in told.items()}
    return {name: text.encode("utf-8") for name, text in texts.items()}


def style_digest(sheet: str) -> str:
    """Return how a Content-Security-Policy names a style sheet by its bytes."""
    return "sha256-" + base64.b64encode(sha256(sheet.encode("utf-8")).digest()).decode("ascii")


def qr_picture(text: str) -> str:
    """Return a QR code of `text` as a PNG picture in a `data:` address: a page with it fetches nothing."""
    picture = io.BytesIO()
    segno.make(text, error="m", micro=False).save(picture, kind="png", scale=_QR_SCALE, border=QUIET_MODULES)
    return "data:image/png;base64," + base64.b64encode(picture.getvalue()).decode("ascii")


def _sheet(name: str) -> Markup:
    # Our own files, with nothing of the facts in them.
    return Markup((TEMPLATES / name).read_text("utf-8"))  # noqa: S704


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"], default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        keep_trailing_newline=True,
    )
    made.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    return made
