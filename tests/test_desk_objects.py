"""Ids of other cases and other people, in every place that takes one: the answer is that of a thing that never was."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

import journalist_interface
from journalist_interface.case_access import open_case
from journalist_interface.takeout.asking import ask as ask_to_take_out
from keys.ciphertext import Ciphertext
from store.blobs import new_blob_id
from store.desk.case_requests import CaseRequest, RequestKind, put_request
from store.desk.factors import Factor, FactorKind, add_factors, new_factor_id
from store.desk.roles import Role
from tests.desk_office import write_letter
from tests.desk_routes import NEVER_WAS, Desk, furnished, plain, token
from tests.fields_read import EVERY_FIELD, read_since, recording
from tests.harms import snapshot
from tests.taken_out import somebody, wanted_on

INTERFACE = Path(journalist_interface.__path__[0])
# What every field and every place of an address is: the id of something, or what a person writes or chooses. A new one
# needs a decision here; and if it is an id, a line in FOREIGN.
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
ODD = {
    "nothing": "",
    "a space": " ",
    "in small letters": "7k3m-q9tw",
    "too long": "a" * 3_000,
    "NUL": "ab\x00cd",
    "a path": "../../desk.sqlite",
    "a path in disguise": "..%2f..%2fdesk.sqlite",
    "SQL": "' OR '1'='1",
    "a wildcard": "%",
    "no ASCII": "\uff45\u202e\u0663é",
    "a number past every integer": "9" * 30,
    "a number of a thousand digits": "9" * 5_000,
    "a negative number": "-1",
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all: what is refused changes nothing."""
    with furnished(tmp_path_factory.mktemp("objects") / "desk") as made:
        yield made


@pytest.fixture(scope="module")
def ask(desk: Desk) -> Callable[..., TestResponse]:
    """Ask a route as somebody who may use it, with these fields."""
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


def test_every_field_is_decided_on(desk: Desk) -> None:
    """A new field, or a new place in an address, fails here until somebody says what it is."""
    places = {place for rule in desk.routes() for place in rule.arguments}
    # The fields of a macro's or loop's making are read by a view in any case.
    found = {name for name in names_of_the_interface() if "{{" not in name} | places
    assert {"reference", "attachment_id", "submission", "who", "text", "boxes", "current"} <= found
    assert found - FIELDS.keys() == set()


@dataclass(frozen=True)
class Foreign:
    """An id that must be as good as none: where it goes in, and that of a thing that never was, in the same form."""

    rule: str
    name: str
    ids: Callable[[Desk], dict[str, str]]
    never: str
    form: Callable[[Desk], dict[str, str]] = lambda _desk: {}


def _cases(desk: Desk) -> dict[str, str]:
    return {"a case that only a colleague can read": desk.foreign}


def _files(desk: Desk) -> dict[str, str]:
    return {
        "an attachment of another case that is mine": desk.attachment(desk.also_mine),
        "an attachment of a colleague's case": desk.attachment(desk.foreign),
        "a letter of this case": desk.items(desk.mine)[0],
        "a reply of this case": desk.items(desk.mine)[1],
    }


def _letters(desk: Desk) -> dict[str, str]:
    return {
        "a letter of another case that is mine": desk.items(desk.also_mine)[0],
        "a letter of a colleague's case": desk.items(desk.foreign)[0],
        "a reply of this case": desk.items(desk.mine)[1],
    }


def _splitting(desk: Desk) -> dict[str, str]:
    readers = {"reader": Role.REVIEWER.value}
    return {"item": new_blob_id(), "letter": desk.items(desk.mine)[0], **readers}


def _sessions(desk: Desk) -> dict[str, str]:
    desk.browser("bartek")
    with desk.office.desk.database.reading() as connection:
        asked = "SELECT lower(hex(lookup_hash)) FROM sessions WHERE username = 'bartek'"
        return {"a colleague's session": connection.exec_driver_sql(asked).scalars().first() or ""}


def _passkeys(desk: Desk) -> dict[str, str]:
    theirs = Factor("bartek", new_factor_id(), FactorKind.PASSKEY, Ciphertext(b"sealed to bartek"))
    with desk.office.desk.database.writing() as connection:
        add_factors(connection, [theirs])
    return {"a colleague's passkey": theirs.id}


def _further(desk: Desk) -> dict[str, str]:
    with desk.office.desk.database.reading() as connection:
        key = connection.exec_driver_sql(
            "SELECT reply_key FROM cases WHERE reference = ?", (desk.foreign,)
        ).scalar_one()
    return {"a further letter of a colleague's case": desk.office.deliver(write_letter(key)).submission}


def _not_readers(_desk: Desk) -> dict[str, str]:
    # Who reads a case, and who is a reviewer, stands on its page.
    names = {"an officer": Role.INTAKE_OFFICER.value, "an administrator": Role.ADMINISTRATOR.value}
    return {**names, "the recovery key's holder": "recovery"}


def _requests(desk: Desk) -> dict[str, str]:
    # Asked as an officer, who stands in for nobody but an only supervisor.
    oneself = desk.request(Role.INTAKE_OFFICER.value)
    return {"a request that concerns oneself": oneself, "a request that a supervisor judges": desk.request()}


def _request_in_case(desk: Desk) -> dict[str, str]:
    """Ask bartek, who is no supervisor, as whoever can write to the database may: it is not for who asks now."""
    bartek, request = desk.office.signed_in("bartek"), new_blob_id()
    with desk.office.desk.database.writing() as connection:
        case = open_case(connection, bartek, desk.foreign)
        sealed = Ciphertext(b"sealed to somebody else")
        put_request(
            connection,
            CaseRequest(request, case.row.id, desk.foreign, RequestKind.DESTROY, "bartek", "amina", 0, sealed),
        )
    return {"a request that somebody else was asked": request}


def _takings(desk: Desk) -> dict[str, str]:
    form, office = _taking_out(desk), desk.office
    elsewhere = ask_to_take_out(office.desk, office.signed_in(Role.REVIEWER.value), desk.also_mine, form)
    colleagues = ask_to_take_out(office.desk, office.signed_in("amina"), desk.mine, form)
    return {"a request in another case of mine": elsewhere.id, "a colleague's in this case": colleagues.id}


def _judged(desk: Desk) -> dict[str, str]:
    # Asked as an officer, who stands in for nobody while there is a supervisor.
    return {"a request that a supervisor judges": wanted_on(desk)}


def _taking_out(_desk: Desk) -> dict[str, str]:
    key, ending = somebody()
    return {"recipient_key": key, "reason": "because", "ending": ending}


def _words(_desk: Desk) -> dict[str, str]:
    return {"reason": "because"}


NEVER_ID = "0" * 32
FOREIGN = [
    *(
        Foreign(rule, "reference", _cases, NEVER_WAS, form)
        for rule, form in {
            "/case/<reference>": lambda _desk: {},
            "/case/<reference>/attachment/<attachment_id>": lambda _desk: {},
            "/case/<reference>/reply": lambda _desk: {"item": new_blob_id(), "text": "a"},
            "/case/<reference>/status": lambda _desk: {
                "item": new_blob_id(),
                "status": "closed",
                "reason": "a",
                "outcome": "misuse",
            },
            "/case/<reference>/note": lambda _desk: {"item": new_blob_id(), "note": "a"},
            "/case/<reference>/<kind>/look": lambda _desk: {"text": "a"},
            "/case/<reference>/<kind>/draft": lambda _desk: {"text": "a"},
            "/case/<reference>/<kind>/discard": lambda _desk: {"text": "a"},
            "/case/<reference>/<kind>/write": lambda _desk: {"text": "a"},
            "/case/<reference>/work": lambda _desk: {"priority": "high", "tags": "a"},
            "/case/<reference>/summary": lambda _desk: {"summary": "a", "version": "0"},
            "/case/<reference>/link": lambda desk: {"other": desk.also_mine, "kind": "other", "step": "link"},
            "/case/<reference>/related": lambda desk: {"other": desk.also_mine, "step": "unlink"},
            "/case/<reference>/split": lambda desk: {"letter": desk.items(desk.mine)[0], "item": new_blob_id()},
            "/case/<reference>/files": lambda _desk: {},
            "/case/<reference>/files/take-away": lambda _desk: {"file": "0" * 32},
            "/case/<reference>/keep": lambda _desk: {"until": "2045-01-31", "reason": "a"},
            "/case/<reference>/outcome": lambda _desk: {"outcome": "misuse", "reason": "a"},
            "/case/<reference>/hold": lambda _desk: {"reason": "a"},
            "/case/<reference>/lift": lambda _desk: {"reason": "a"},
            "/case/<reference>/destroy": lambda _desk: {"consenter": "supervisor", "reason": "a"},
            "/case/<reference>/take-back": lambda _desk: {},
            "/case/<reference>/safety": lambda _desk: {"step": "raise", "reason": "a"},
            "/case/<reference>/clear": lambda _desk: {"who": "bartek", "reason": "a"},
            "/case/<reference>/withdraw": lambda _desk: {"who": "bartek", "reason": "a"},
            "/case/<reference>/take-out": _taking_out,
            "/case/<reference>/take-out/check": _taking_out,
            "/case/<reference>/take-out/take-back": lambda desk: {"taken": wanted_on(desk)},
            "/case/<reference>/take-out/file": lambda desk: {"taken": wanted_on(desk, agreed=True)},
        }.items()
    ),
    Foreign("/case/<reference>/attachment/<attachment_id>", "attachment_id", _files, NEVER_ID),
    Foreign("/case/<reference>/files/take-away", "file", _files, NEVER_ID),
    Foreign("/bulk", "picked", _cases, NEVER_WAS),
    Foreign("/bulk", "shown", _cases, NEVER_WAS, lambda _desk: {"page_all": "1"}),
    Foreign("/bulk/summary", "picked", _cases, NEVER_WAS, lambda _desk: {"deed": "change", "tags": "a"}),
    Foreign(
        "/bulk/do", "picked", _cases, NEVER_WAS, lambda _desk: {"deed": "change", "tags": "a", "batch": new_blob_id()}
    ),
    Foreign("/account/passkeys/<passkey_id>", "passkey_id", _passkeys, NEVER_ID),
    Foreign("/account/end", "session", _sessions, "0" * 64),
    Foreign("/consents/agree", "request", _requests, "0" * 64),
    Foreign("/consents/refuse", "request", _requests, "0" * 64),
    Foreign("/consents/case/agree", "request", _request_in_case, NEVER_ID),
    Foreign("/consents/case/refuse", "request", _request_in_case, NEVER_ID),
    Foreign("/destruction", "case", _cases, NEVER_WAS, lambda _desk: {"consenter": "supervisor"}),
    Foreign("/case/<reference>/take-out/take-back", "taken", _takings, NEVER_ID),
    Foreign("/case/<reference>/take-out/file", "taken", _takings, NEVER_ID),
    Foreign("/consents/case-out/agree", "taken", _judged, NEVER_ID),
    Foreign("/consents/case-out/refuse", "taken", _judged, NEVER_ID),
    Foreign("/case/<reference>/clear", "who", _not_readers, "nobody", _words),
    Foreign("/case/<reference>/withdraw", "who", _not_readers, "nobody", _words),
    Foreign("/case/<reference>/note", "part", _cases, NEVER_WAS, lambda _desk: {"item": new_blob_id(), "note": "a"}),
    Foreign("/case/<reference>/link", "other", _cases, NEVER_WAS, lambda _desk: {"kind": "other", "step": "link"}),
    Foreign("/case/<reference>/related", "other", _cases, NEVER_WAS, lambda _desk: {"step": "merge"}),
    Foreign("/case/<reference>/split", "into", _cases, NEVER_WAS, _splitting),
    Foreign("/case/<reference>/split", "letter", _letters, NEVER_ID, _splitting),
    Foreign("/case/<reference>/split", "reader", _not_readers, "nobody", _splitting),
    Foreign("/post/letter/<submission>", "submission", _further, NEVER_ID),
    Foreign("/post/letter/<submission>", "cleared", _not_readers, "nobody"),
    Foreign("/post/hand-over", "name", _not_readers, "nobody", lambda _desk: {"fingerprint": "0000"}),
    Foreign("/post/open", "cleared", _not_readers, "nobody", lambda _desk: {"submission": NEVER_ID}),
    # Every number of a case stands in the trail, for the auditor to see: what is not there is no thing of a case.
    Foreign("/audit", "case", lambda desk: {"a case's key": desk.items(desk.mine)[0]}, NEVER_WAS),
    Foreign("/audit/export", "case", lambda desk: {"a case's key": desk.items(desk.mine)[0]}, NEVER_WAS),
]
# Where an id of another case gets an answer of its own, and why that is so: each has a test below.
ITS_OWN = {("/post/open", "submission"), ("/post/retry", "submission"), ("/case/<reference>/split", "item")} | {
    (f"/case/<reference>/{form}", "item") for form in ("reply", "status", "note")
}


def takes_ids(desk: Desk) -> set[tuple[str, str]]:
    """Every route with an id that it takes, as the addresses and the forms of the templates have it."""
    found = {(rule.rule, place) for rule in desk.routes() for place in rule.arguments if FIELDS[place] == "id"}
    endpoints = {rule.endpoint: rule.rule for rule in desk.routes()}
    for template in (INTERFACE / "templates").glob("*.html"):
        for form in re.findall(r"<form\b.*?</form>", template.read_text("utf-8"), re.DOTALL):
            action = re.search(r"action=\"\{\{ url_for\('([\w.]+)'", form)
            names = set(re.findall(r'\sname="(\w+)"', form))
            if action:
                found |= {(endpoints[action[1]], name) for name in names if FIELDS[name] == "id"}
    # A list of the staff, for a filter: no object that anybody owns.
    return found - {("/audit", "actor")}


def test_every_id_of_every_route_is_tried(desk: Desk) -> None:
    """An id that no line above tries fails here."""
    assert takes_ids(desk) - ITS_OWN == {(each.rule, each.name) for each in FOREIGN} - {("/audit/export", "case")}


def written(before: dict[str, list[str]], after: dict[str, list[str]]) -> set[str]:
    """The tables that are not what they were; a page of one's own case that is shown again was read again."""
    changed = {name for name in after if after[name] != before[name]}
    added = set(after["audit"]) - set(before["audit"])
    return changed - ({"audit"} if all("'read'" in row for row in added) else set())


@pytest.mark.parametrize("foreign", FOREIGN, ids=lambda each: f"{each.name} to {each.rule}")
def test_an_id_of_something_else_is_an_id_of_nothing(
    desk: Desk, ask: Callable[..., TestResponse], foreign: Foreign
) -> None:
    """The same status and page, byte for byte but for what was asked with; no row and no file is another."""
    # Where an address takes both, the one that changes something.
    rule = max(
        (each for each in desk.routes() if each.rule == foreign.rule), key=lambda each: "POST" in (each.methods or ())
    )
    form = foreign.form(desk)

    def answer(value: str) -> tuple[int, str, str | None]:
        in_address = foreign.name in rule.arguments
        in_query = "POST" not in (rule.methods or ()) and not in_address
        places = {foreign.name: value} if in_address else {}
        fields = {**form, **({} if in_address or in_query else {foreign.name: value})}
        got = ask(rule, places, fields, {foreign.name: value} if in_query else {})
        # Names stand on the page in any case.
        page = plain(got) if foreign.name in ("who", "cleared", "name") else plain(got).replace(value, "…")
        return got.status_code, page, got.location

    ids = foreign.ids(desk)
    before, files = desk.rows(), snapshot(desk.office.folder)
    never = answer(foreign.never)
    for what, value in ids.items():
        assert value
        assert answer(value) == never, what
    if "export" not in foreign.rule:
        assert written(before, desk.rows()) == set()
    assert snapshot(desk.office.folder) == files


WRITTEN = {
    "reply": {"text": "canary"},
    "status": {"status": "closed", "reason": "canary", "outcome": "misuse"},
    "note": {"note": "canary"},
}


def test_an_item_of_this_case_is_not_written_over(desk: Desk, ask: Callable[..., TestResponse]) -> None:
    """Nothing is sent, and the words come back."""
    rules = {rule.rule: rule for rule in desk.routes()}
    before = desk.rows()
    for name, form in WRITTEN.items():
        for item in desk.items(desk.mine):
            got = ask(rules[f"/case/<reference>/{name}"], {}, {**form, "item": item}, {})
            assert got.status_code == 422, name
            assert "canary" in got.text
    assert written(before, desk.rows()) == set()


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("whose", ["also_mine", "foreign", "nobody"])
def test_an_id_of_another_case_is_as_good_as_one_that_never_was(tmp_path: Path, name: str, whose: str) -> None:
    """What is written gets an id of its own: who was kept out cannot try whether an item that they knew is there."""
    with furnished(tmp_path / "desk") as own:
        item = NEVER_ID if whose == "nobody" else own.items(getattr(own, whose))[0]
        theirs, count = own.items(own.foreign), len(own.items(own.mine))
        browser = own.browser(Role.REVIEWER.value)
        form = {"csrf_token": token(browser), "item": item, **WRITTEN[name]}
        got = browser.post(f"/case/{own.mine}/{name}", data=form)
        assert (got.status_code, got.location) == (303, f"/case/{own.mine}#latest")
        assert own.items(own.foreign) == theirs
        assert len(own.items(own.mine)) > count
        assert (item in own.items(own.mine)) == (whose == "nobody")


def test_a_letter_of_a_colleagues_case_stays_in_the_post(desk: Desk) -> None:
    """Not opened, not put back, not named; that somebody tried is recorded."""
    office = desk.office
    with office.desk.database.reading() as connection:
        asked = "SELECT reply_key FROM cases WHERE reference = ?"
        key = connection.exec_driver_sql(asked, (desk.foreign,)).scalar_one()
    letter = office.deliver(write_letter(key, "canary"))
    browser = desk.browser(Role.INTAKE_OFFICER.value)
    form = {"csrf_token": token(browser), "submission": letter.submission, "cleared": Role.REVIEWER.value}
    browser.post("/post/unlock", data=form)
    before, seen = desk.rows(), desk.count_acts()
    opened = browser.post("/post/open", data=form)
    assert opened.status_code == 404
    assert not re.search(f"canary|{desk.foreign}", opened.text)
    assert browser.post("/post/retry", data=form).status_code == 303
    after = desk.rows()
    # The readers of that case are told that it waits.
    assert {name for name in after if after[name] != before[name]} == {"audit", "further_letters"}
    assert {act for _who, act in desk.acts_since(seen)} <= {"open-failed", "queue", "retry"}


# They take no field, or secrets alone, which have tests of their own.
READ_NOTHING = {
    "/sign-out",
    "/sign-in",
    "/account/password",
    "/post/collect",
    "/post/unlock",
    "/post/lock",
    "/people/<username>/suspend",
    "/people/<username>/readmit",
    "/people/<username>/key",
    "/people/<username>/key/away",
    "/templates/first/keep",
}


@pytest.fixture(scope="module")
def read_at_once(desk: Desk, ask: Callable[..., TestResponse]) -> list[tuple[Rule, set[str]]]:
    """Each route, and what it reads when none of its fields is sent: that is no fault and no change either."""
    before, files, found = desk.rows(), snapshot(desk.office.folder), []
    with recording(desk.app):
        for rule in (each for each in desk.routes() if each.rule not in READ_NOTHING):
            read_since()
            assert ask(rule, {}, {}, {}).status_code < 500, rule.rule
            found.append((rule, read_since()))
    assert written(before, desk.rows()) <= {"audit"}
    assert snapshot(desk.office.folder) == files
    return found


def new_to(tried: set[str], read: set[str]) -> set[str]:
    """Of the names that were read, those that are to be tried and were not yet."""
    names = {name for name, what in FIELDS.items() if what != "words"}
    names -= {"csrf_token", "form_id", "writer", "filename", "all"}
    return (names if EVERY_FIELD in read else names & read) - tried


@pytest.mark.parametrize("odd", ODD)
def test_whatever_stands_where_an_id_belongs(
    desk: Desk, ask: Callable[..., TestResponse], read_at_once: list[tuple[Rule, set[str]]], odd: str
) -> None:
    """In every place of an address, and every field that a route reads, numbers, days and choices too: never a fault,
    never a change. What it does not read cannot matter to it, and is not sent one by one.
    """
    before, files = desk.rows(), snapshot(desk.office.folder)
    for rule, at_once in read_at_once:
        for name in sorted(new_to(set(), rule.arguments)):
            # A slash makes another address of it.
            got = ask(rule, {name: ODD[odd].replace("/", "%5c") or " "}, {}, {})
            assert got.status_code in (404, 308), (rule.rule, name)
        tried = set(rule.arguments)
        waiting = sorted(new_to(tried, at_once))
        with recording(desk.app):
            while waiting:
                # Each that was asked for, which may lead to others that are.
                name = waiting.pop()
                tried.add(name)
                read_since()
                got = ask(rule, {}, {name: ODD[odd]}, {name: ODD[odd]})
                assert got.status_code < 500, (rule.rule, name)
                waiting += sorted(new_to(tried | set(waiting), read_since()))
        # What is recorded is what is read: else this would try nothing, and never fail.
        assert rule.rule != "/case/<reference>/status" or {"status", "item", "outcome", "seen"} <= tried
    # Looking at one's own things is recorded; nothing else is.
    assert written(before, desk.rows()) <= {"audit"}
    assert snapshot(desk.office.folder) == files
