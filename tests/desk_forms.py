"""Every form of the desk that changes something, as somebody fills it in: a table that the tests run over."""

from dataclasses import dataclass, replace

from store.desk.roles import Role
from tests.desk_office import PASSWORD
from tests.desk_routes import LINK

REVIEWER = Role.REVIEWER.value
OFFICER = Role.INTAKE_OFFICER.value
ADMINISTRATOR = Role.ADMINISTRATOR.value
SUPERVISOR = Role.SUPERVISOR.value
HOUR = "an hour of <work>"


@dataclass(frozen=True)
class Sent:
    """One form as somebody sends it: who, from which page, to where, what they fill in, and what it does, once."""

    who: str
    page: str
    action: str
    fields: dict[str, str]
    acts: tuple[str, ...]
    again: int = 303  # the status of the second answer


def _in_case(action: str, acts: tuple[str, ...], **fields: str) -> Sent:
    return Sent(REVIEWER, "/case/{mine}", f"/case/{{mine}}/{action}", fields, acts)


def _of_bartek(action: str, acts: tuple[str, ...], **fields: str) -> Sent:
    return Sent(ADMINISTRATOR, "/people/bartek", f"/people/bartek/{action}", fields, acts)


def _of_a_request(action: str, acts: tuple[str, ...], again: int) -> Sent:
    return Sent(SUPERVISOR, "/consents", f"/consents/{action}", {"request": "{request}"}, acts, again)


TAKE_OUT = "/case/{mine}/take-out"
SIGNING_IN = {"username": REVIEWER, "password": PASSWORD, "code": "{code}"}
JOINING = {"password": PASSWORD, "again": PASSWORD, "code": "{shown}"}
# Every form that changes something. A new one needs a line here.
FORMS: dict[str, Sent] = {
    "/case/<reference>/reply": _in_case("reply", ("reply", "status"), text="Hello", question="Who?"),
    "/case/<reference>/status": _in_case("status", ("status",), status="closed", reason="Done.", outcome="misuse"),
    "/case/<reference>/note": _in_case("note", ("note",), note="Ask Cleo."),
    "/case/<reference>/<kind>/draft": _in_case("reply/draft", ("draft",), text="Hello"),
    "/case/<reference>/<kind>/discard": _in_case("reply/discard", ("draft",)),
    # Looking sends nothing; the second look is like the first.
    "/case/<reference>/<kind>/look": replace(_in_case("reply/look", (), text="Hello"), again=200),
    "/case/<reference>/<kind>/write": replace(
        _in_case("reply/write", ("read",) * 2, text="Hello", template="{template}"), again=200
    ),
    "/templates": Sent(REVIEWER, "/templates", "/templates", {"title": "Thanks", "text": "Thank you."}, ("template",)),
    "/templates/first/keep": Sent(REVIEWER, "/templates", "/templates/first/keep", {}, ("template",) * 5),
    "/templates/<template_id>": Sent(
        SUPERVISOR, "/templates/{template}", "/templates/{template}", {"text": "Thanks."}, ("template",)
    ),
    "/templates/<template_id>/delete": Sent(
        SUPERVISOR, "/templates/{template}", "/templates/{template}/delete", {}, ("template",)
    ),
    "/case/<reference>/work": _in_case("work", ("assign",), tags="north"),
    "/case/<reference>/summary": Sent(
        REVIEWER, "/case/{mine}/summary", "/case/{mine}/summary", {"summary": "He sells names."}, ("summary",)
    ),
    "/case/<reference>/link": Sent(
        REVIEWER,
        "/case/{mine}/link",
        "/case/{mine}/link",
        {"other": "{also_mine}", "kind": "same-person", "step": "link"},
        ("relate",) * 2,
    ),
    "/case/<reference>/related": _in_case("related", ("relate",) * 2),
    "/case/<reference>/split": Sent(
        REVIEWER, "/case/{mine}/split", "/case/{mine}/split", {"letter": "{letter}"}, ("relate",) * 2 + ("split",) * 2
    ),
    "/case/<reference>/files/take-away": Sent(
        REVIEWER, "/case/{mine}/files", "/case/{mine}/files/take-away", {}, ("detach",)
    ),
    "/case/<reference>/keep": _in_case("keep", ("keep",), until="2045-01-31", reason="An inquiry goes on."),
    "/case/<reference>/outcome": _in_case("outcome", ("keep",), outcome="misuse", reason="It was spam."),
    "/case/<reference>/hold": _in_case("hold", ("hold",), reason="A court asks for it."),
    "/case/<reference>/lift": _in_case("lift", ("hold-lifted",), reason="The court is done."),
    "/case/<reference>/destroy": _in_case("destroy", ("destroy-asked",), consenter=SUPERVISOR),
    "/case/<reference>/take-back": _in_case("take-back", ("destroy-refused",)),
    "/destruction": Sent(
        REVIEWER, "/destruction", "/destruction", {"case": "{mine}", "consenter": SUPERVISOR}, ("destroy-asked",), 200
    ),
    "/consents/case/agree": Sent(
        SUPERVISOR, "/consents", "/consents/case/agree", {"request": "{in_case}"}, ("destroy",)
    ),
    "/consents/case/refuse": Sent(
        SUPERVISOR, "/consents", "/consents/case/refuse", {"request": "{in_case}"}, ("destroy-refused",)
    ),
    "/retention": Sent(SUPERVISOR, "/retention", "/retention", {"passed_on": "60"}, ("settings",)),
    "/case/<reference>/safety": Sent(
        REVIEWER, "/case/{mine}/safety", "/case/{mine}/safety", {"reason": "He has found her."}, ("note",)
    ),
    "/case/<reference>/clear": _in_case("clear", ("clear",), who="bartek", reason="A second pair of eyes."),
    "/case/<reference>/withdraw": _in_case("withdraw", ("withdraw",), who="amina", reason="A friend of his."),
    # Nothing is done by comparing; and a file that was taken twice is recorded twice.
    "/case/<reference>/take-out/check": Sent(
        REVIEWER, TAKE_OUT, f"{TAKE_OUT}/check", {"recipient_key": "{key}", "reason": "They asked."}, (), 200
    ),
    "/case/<reference>/take-out": Sent(REVIEWER, TAKE_OUT, TAKE_OUT, {"ending": "{ending}"}, ("case-out-asked",)),
    "/case/<reference>/take-out/take-back": Sent(
        REVIEWER, TAKE_OUT, f"{TAKE_OUT}/take-back", {"taken": "{taken}"}, ("case-out-end",)
    ),
    "/case/<reference>/take-out/file": Sent(
        REVIEWER, TAKE_OUT, f"{TAKE_OUT}/file", {"taken": "{taken}"}, ("case-out",) * 2, 200
    ),
    "/consents/case-out/agree": Sent(
        SUPERVISOR, "/consents", "/consents/case-out/agree", {"taken": "{taken}"}, ("consent",)
    ),
    "/consents/case-out/refuse": Sent(
        SUPERVISOR, "/consents", "/consents/case-out/refuse", {"taken": "{taken}"}, ("case-out-end",)
    ),
    "/consents/case-out/rule": Sent(
        SUPERVISOR, "/consents", "/consents/case-out/rule", {"second_person": "no"}, ("settings",)
    ),
    "/post/collect": Sent(OFFICER, "/post", "/post/collect", {}, ("collect",)),
    "/post/unlock": Sent(OFFICER, "/post", "/post/unlock", {}, ("unlock",)),
    "/post/lock": Sent(OFFICER, "/post", "/post/lock", {}, ("lock",)),
    "/post/open": Sent(OFFICER, "/post/letter/{waiting}", "/post/open", {"cleared": REVIEWER}, ("open",)),
    # The key is locked: the choice is kept in the page.
    "/post/letter/<submission>": Sent(
        OFFICER, "/post/letter/{waiting}", "/post/letter/{waiting}", {"cleared": REVIEWER}, (), 409
    ),
    "/about-me": Sent(REVIEWER, "/about-me", "/about-me", {"recusals": "Northtown"}, ("about-me",)),
    "/post/take-back": Sent(OFFICER, "/post", "/post/take-back", {}, ("unlock-offer-end",)),
    "/post/hand-over": Sent(OFFICER, "/post", "/post/hand-over", {}, ("hand-over",)),
    "/post/officers": Sent(OFFICER, "/post", "/post/officers", {}, ("settings", "lock")),
    "/post/retry": Sent(OFFICER, "/post", "/post/retry", {"submission": "{damaged}"}, ("retry",)),
    "/account/end": Sent(REVIEWER, "/account", "/account/end", {}, ("end-session",)),
    "/account/password": Sent(
        REVIEWER,
        "/account",
        "/account/password",
        {"current": PASSWORD, "code": "{code}", "new": "eleven loud badgers", "again": "eleven loud badgers"},
        ("password",),
    ),
    "/sign-out": Sent(REVIEWER, "/account", "/sign-out", {}, ("sign-out",)),
    "/people/<username>/roles": _of_bartek("roles", ("roles",), role=REVIEWER),
    "/people/<username>/suspend": _of_bartek("suspend", ("suspend",)),
    "/people/<username>/readmit": _of_bartek("readmit", ("readmit",)),
    "/people/<username>/reset": replace(_of_bartek("reset", ("invite",), kind="password"), again=200),
    "/people/<username>/key": replace(_of_bartek("key", ("entrance",)), again=200),
    "/people/<username>/key/away": _of_bartek("key/away", ("entrance-back",)),
    "/consents/agree": _of_a_request("agree", ("consent",), 200),
    "/consents/refuse": _of_a_request("refuse", ("invitation-back",), 303),
    # The code is used up, and the page says to wait for a new one: nobody is signed in twice.
    "/sign-in": Sent("", "/sign-in", "/sign-in", SIGNING_IN, ("sign-in", "sign-in-failed"), 401),
    # A link that was used says so to whoever comes too late.
    "/people": Sent(ADMINISTRATOR, "/people", "/people", {"username": "zoe", "role": "reviewer"}, ("invite",), 200),
    "/links/take-back": Sent(ADMINISTRATOR, "/people", "/links/take-back", {}, ("invitation-back",)),
    "/invitation/<token>": Sent("", f"/invitation/{LINK}", f"/invitation/{LINK}", JOINING, ("join", "key-named"), 200),
    "/deadlines": Sent(SUPERVISOR, "/deadlines", "/deadlines", {"acknowledge_days": "5"}, ("settings",)),
    "/search": Sent(REVIEWER, "/search", "/search", {"query": "computer"}, ("search",) * 2, 200),
    "/": Sent(REVIEWER, "/", "/", {"words": "computer"}, ()),
    "/bulk": Sent(REVIEWER, "/", "/bulk", {"picked": "{mine}"}, (), 200),
    "/bulk/summary": Sent(REVIEWER, "/", "/bulk/summary", {"tags": "north"}, (), 200),
    "/bulk/do": Sent(REVIEWER, "/", "/bulk/do", {}, ("assign",), 200),
    "/saved": Sent(REVIEWER, "/", "/saved", {"called": "north"}, ("saved-lists",)),
    "/saved/rename": Sent(REVIEWER, "/saved", "/saved/rename", {"called": "south"}, ("saved-lists",)),
    "/saved/remove": Sent(REVIEWER, "/saved", "/saved/remove", {}, ("saved-lists",)),
    # Looking changes nothing; and a file that was taken twice is recorded twice.
    "/audit/verify": Sent(Role.AUDITOR.value, "/audit", "/audit/verify", {}, (), 200),
    "/audit/export": Sent(Role.AUDITOR.value, "/audit", "/audit/export", {"format": "csv"}, ("trail-export",) * 2, 200),
}  # fmt: skip
# What is done with a case whose time is over.
CLOSED_FIRST = {"/destruction"} | {f"/case/<reference>/{name}" for name in ("keep", "outcome", "destroy")}
# Each asks for a proof anew, by a code or a passkey that counts once. A new passkey needs a browser with scripts:
# test_desk_passkeys.py.
PROVED_ANEW = {
    "/account/recovery-codes",
    "/account/authenticator",
    "/account/passkeys",
    "/account/passkeys/<passkey_id>",
}
# Nobody is signed in there: the link is used up by the first, and to the second it is one that opens nothing.
BY_LINK = {"/reset/<token>"}
# A form with files is read as it comes: what is attached already is not attached twice (test_desk_reply_files.py).
WITH_FILES = {"/case/<reference>/files"}
# What people write, and the form it is in.
WORDS: dict[str, tuple[str, dict[str, str | list[str]]]] = {
    "reply": ("text", {"text": HOUR, "question": ["Where?", "", "When <exactly>?"]}),
    "status": ("reason", {"status": "closed", "reason": HOUR, "outcome": "misuse"}),
    "note": ("note", {"note": HOUR}),
    "clear": ("reason", {"who": "bartek", "reason": HOUR}),
    "withdraw": ("reason", {"who": "amina", "reason": HOUR}),
}
