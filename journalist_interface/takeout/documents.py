"""The documents of a bundle: case.json, case.html and README.txt. docs/bundle-format.md describes them.

case.html is one file: no script, nothing from elsewhere, and a policy of its own that forbids both. It shows what
case.json says, and nothing else.
"""

import base64
import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from journalist_interface.case_access import OpenCase
from journalist_interface.labels import status_label, topic_label
from journalist_interface.page_words import byte_size, day
from journalist_interface.takeout.contents import Contents
from journalist_interface.takeout.wish import Choices
from journalist_interface.trail_file import iso_time
from serving.language import gettext, ngettext
from serving.language import gettext as _
from store.plain_text import plain_name

FORMAT = 1


@dataclass(frozen=True)
class BundleHead:
    """What a bundle says of itself: of which case, made when and by whom, for which key, and the trail's end then.

    Times in Unix seconds. `record` is the number of the record of this taking out, `chain` the chain value after it.
    """

    case: OpenCase = field(repr=False)
    choices: Choices
    made_at: int
    made_by: str
    consented_by: str
    asked_at: int
    recipient: str
    record: int
    chain: str

    @property
    def left_out(self) -> list[str]:
        """What is not in the bundle because it was not chosen, or never is."""
        chosen = self.choices
        return [
            *([] if chosen.attachments else [_("the attachments: they are listed, with size and SHA-256")]),
            *([] if chosen.notes else [_("notes for colleagues, and reasons written for them")]),
            *([] if chosen.names else [_("the names of colleagues: each has a number instead")]),
            _("what the desk keeps for its own work: who may read the case, its summary, tags, priority and drafts"),
        ]


def write_json(head: BundleHead, contents: Contents) -> bytes:
    """Return case.json: ASCII, so that no terminal or editor makes anything of a hostile word."""
    return json.dumps(_document(head, contents), ensure_ascii=True, indent=2).encode("ascii") + b"\n"


def write_html(head: BundleHead, contents: Contents) -> bytes:
    """Return case.html."""
    pages, style = _pages(), _style()
    page = pages.get_template("bundle_case.html").render(
        document=_document(head, contents), style=style, policy=_policy(style)
    )
    return page.encode("utf-8", "replace")


def write_readme(head: BundleHead, contents: Contents) -> bytes:
    """Return README.txt."""
    text = _pages().get_template("bundle_readme.txt").render(document=_document(head, contents))
    return text.encode("utf-8", "replace")


def _document(head: BundleHead, contents: Contents) -> dict[str, Any]:
    case, work = head.case, head.case.work
    return {
        "candour_bundle": FORMAT,
        "case": {
            "reference": case.row.reference,
            "status": status_label(case.row.status),
            "topics": [topic_label(topic) for topic in case.card.topics],
            "received_on": work.received,
            "closed_on": work.closed,
            "danger": bool(case.card.danger),
            "source_can_be_reached": not case.is_one_way,
        },
        "made": {
            "at": iso_time(head.made_at),
            "by": head.made_by,
            "asked_at": iso_time(head.asked_at),
            "consented_by": head.consented_by,
            "sealed_to": head.recipient,
            "audit_record": head.record,
            "audit_chain": head.chain,
        },
        "holds": asdict(head.choices),
        "left_out": head.left_out,
        "lacks": list(contents.lacks),
        "must_not_reach": list(contents.must_not_reach),
        "timeline": contents.timeline,
        "attachments": contents.attachments,
    }


@cache
def _pages() -> Environment:
    folder = files("journalist_interface").joinpath("templates")
    pages = Environment(
        loader=FileSystemLoader(str(folder)),
        # A text is no page: what would be escaped there is read as it is.
        autoescape=select_autoescape(("html",), ("txt",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    pages.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]  # the extension's
    pages.filters.update(day=day, byte_size=byte_size, plain_name=plain_name, moment=_moment, plain_words=_plain_words)
    return pages


@cache
def _style() -> str:
    return files("journalist_interface").joinpath("static", "bundle.css").read_text("utf-8")


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'none'; base-uri 'none'"


def _moment(iso: str) -> str:
    return iso.replace("T", " ").removesuffix("Z")[:16]


def _plain_words(text: str) -> str:
    """Return words with what is neither a letter nor a line's end made visible: directions cannot be turned unseen."""
    return "\n".join(plain_name(line.replace("\t", " ")) for line in text.split("\n"))
