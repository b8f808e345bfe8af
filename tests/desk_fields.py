"""What each field and each place of an address is at the desk; and any route asked with what one puts there."""

import re
from collections.abc import Callable
from pathlib import Path

from werkzeug.routing import Rule
from werkzeug.test import TestResponse

import journalist_interface
from store.desk.roles import Role
from tests.desk_routes import Desk, token

INTERFACE = Path(journalist_interface.__path__[0])
# What every field and every place of an address is: the id of something, or what a person writes or chooses. A new one
# needs a decision here; and if it is an id, a line in FOREIGN (foreign_ids.py).
FIELDS = {
    "reference": "id",
    "consenter": "compared with who may agree",
    "outcome": "choice",
    "fate": "choice",
    "two_needed": "choice",
    "warn_days": "number",
    "passed_on": "number",
    "no_evidence": "number",
    "not_ours": "number",
    "withdrawn": "number",
    "misuse": "number",
    "attachment_id": "id",
    "item": "id",
    "file": "id",
    "files": "files of the reviewer's own",
    "submission": "id",
    "session": "id",
    "who": "id",
    "cleared": "id",
    "passkey_id": "id",
    "name": "id",
    "other": "id",
    "part": "id",
    "seen_part": "number",
    "letter": "id",
    "reader": "id",
    "into": "id",
    "step": "choice",
    "with": "compared with who offers",
    "fingerprint": "compared with the key that is sealed to",
    "needed": "choice",
    "actor": "id",
    "case": "id",
    "filename": "a file of ours",
    "csrf_token": "token",
    "form_id": "drawn by the page",
    "writer": "compared with who is signed in",
    "seen": "number",
    "although": "choice",
    "by_proposal": "choice",
    "opened": "choice",
    "kept": "choice",
    "topic": "choice",
    "back_on": "day",
    "version": "compared with what is kept",
    "draft": "compared with what is kept",
    "warned": "compared with what was found",
    "template": "choice",
    "template_id": "a text of the team's, which is everybody's",
    "title": "words",
    "used_for": "choice",
    "recusals": "words",
    "keep_out_of": "words",
    "boxes": "number",
    "page": "number",
    "below": "number",
    "text": "words",
    "question": "words",
    "reason": "words",
    "note": "words",
    "status": "choice",
    "words": "words",
    "assignee": "compared with what one can read",
    "tag": "compared with what one can read",
    "tags": "words",
    "was_assignee": "compared with what is kept",
    "was_priority": "compared with what is kept",
    "was_tags": "compared with what is kept",
    "summary": "words",
    "query": "words",
    "whom": "choice",
    "told_by": "compared with who can read",
    "told_at": "day",
    "way": "words",
    "look_again": "day",
    "picked": "id",
    "shown": "id",
    "walk": "drawn by the desk for a session",
    "list": "drawn by the desk for a session",
    "page_all": "choice",
    "list_all": "choice",
    "deed": "choice",
    "batch": "drawn by the page",
    "tags_off": "words",
    "called": "words",
    "saved": "compared with what is one's own",
    "due": "choice",
    "what": "choice",
    "is_danger": "choice",
    "is_person": "choice",
    "acknowledge_days": "number",
    "feedback_months": "number",
    "remind_months": "number",
    "nation": "choice",
    "people": "words",
    "places": "words",
    "dates": "words",
    "priority": "choice",
    "sort": "choice",
    "act": "choice",
    "format": "choice",
    "all": "choice",
    "role": "choice",
    "changed": "choice",
    "recovered": "choice",
    "done": "choice",
    "label": "choice",
    "passkey": "secret",
    "offered": "secret",
    "token": "secret",
    "consent": "secret",
    "new_code": "secret",
    "since": "day",
    "until": "day",
    "username": "secret",  # at sign-in; elsewhere administrators see everybody's
    "request": "id",
    "taken": "id",
    "recipient_key": "words",
    "ending": "compared with the key that was pasted",
    "with_attachments": "choice",
    "with_notes": "choice",
    "with_names": "choice",
    "second_person": "choice",
    "kind": "choice",
    "password": "secret",
    "code": "secret",
    "current": "secret",
    "new": "secret",
    "again": "secret",
}


def names_of_the_interface() -> set[str]:
    """Every field that a template sends or a view reads, and every place in an address."""
    found: set[str] = set()
    for template in (INTERFACE / "templates").glob("*.html"):
        markup = re.sub(r"\{#.*?#\}", "", template.read_text("utf-8"), flags=re.DOTALL)
        found.update(re.findall(r'<(?:input|textarea|select|button)\b[^>]*?\sname="([^"]+)"', markup))
    for module in INTERFACE.rglob("*.py"):
        source = module.read_text("utf-8")
        found.update(re.findall(r'request\.(?:form|args|values)\.get(?:list)?\(\s*"(\w+)"', source))
        found.update(re.findall(r'"(\w+)" (?:not )?in request\.(?:form|args|values)', source))
        found.update(re.findall(r'typed\.get\("(\w+)"', source))
    return found


def asking(desk: Desk) -> Callable[..., TestResponse]:
    """Return what asks a route as somebody who may use it, with these places of its address, these fields and query."""
    browsers = {name: desk.browser(name) for name in {desk.whose(rule) for rule in desk.routes()} if name}
    tokens = {name: token(browser) for name, browser in browsers.items()}
    # What was unread counts as read from now on.
    browsers[Role.REVIEWER.value].get(f"/case/{desk.mine}")

    def asked(rule: Rule, places: dict[str, str], fields: dict[str, str], query: dict[str, str]) -> TestResponse:
        who = desk.whose(rule)
        browser = browsers[who] if who else desk.app.test_client()
        method = "POST" if "POST" in (rule.methods or ()) else "GET"
        form = {"csrf_token": tokens[who] if who else "", **fields} if method == "POST" else None
        answer = browser.open(desk.address(rule, **places), method=method, data=form, query_string=query)
        answer.close()
        return answer

    return asked


def written(before: dict[str, list[str]], after: dict[str, list[str]]) -> set[str]:
    """The tables that are not what they were; a page of one's own case that is shown again was read again."""
    changed = {name for name in after if after[name] != before[name]}
    added = set(after["audit"]) - set(before["audit"])
    return changed - ({"audit"} if all("'read'" in row for row in added) else set())
