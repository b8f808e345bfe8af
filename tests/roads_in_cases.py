"""How each act in a case is caused at a desk."""

import io
from collections.abc import Callable

from journalist_interface.casework.holding import hold
from journalist_interface.casework.prepared_files import ReceivedFile, attach_files
from store.desk.audit import Act
from tests.desk_office import PASSWORD
from tests.desk_routes import Desk, form_to
from tests.road_steps import REVIEWER, SUPERVISOR, Step, closed, in_case, look, press, run
from tests.taken_out import somebody, wanted_on


def _attach(desk: Desk) -> Step:
    browser, address = desk.browser(REVIEWER), f"/case/{desk.mine}/files"
    fields = form_to(browser.get(address).text, address).data()

    def send() -> int:
        form = {**fields, "files": (io.BytesIO(b"a"), "a.pdf")}
        return browser.post(address, data=form, content_type="multipart/form-data").status_code

    return send


def _detach(desk: Desk) -> Step:
    reviewer = desk.office.signed_in(REVIEWER)
    attach_files(desk.office.desk, reviewer, desk.mine, [ReceivedFile("a.pdf", b"a")])
    return press(desk, REVIEWER, f"/case/{desk.mine}/files", f"/case/{desk.mine}/files/take-away")


def _lift(desk: Desk) -> Step:
    hold(desk.office.desk, desk.office.signed_in(REVIEWER), desk.mine, "A court asks for it.")
    return in_case("lift", reason="The court is done.")(desk)


def _judge_in_case(what: str) -> Callable[[Desk], Step]:
    def road(desk: Desk) -> Step:
        return press(desk, SUPERVISOR, "/consents", f"/consents/case/{what}", request=desk.request_in_case())

    return road


def _ask_to_take_out(desk: Desk) -> Step:
    browser, (key, ending), address = desk.browser(REVIEWER), somebody(), f"/case/{desk.mine}/take-out"
    step = form_to(browser.get(address).text, f"{address}/check")
    compared = browser.post(step.action, data=step.data(recipient_key=key, reason="They asked."))
    form = form_to(compared.text, address)
    return lambda: browser.post(address, data=form.data(ending=ending)).status_code


def _with_taken(desk: Desk, action: str, taken: str) -> Step:
    address = f"/case/{desk.mine}/take-out"
    return press(desk, REVIEWER, address, f"{address}/{action}", taken=taken)


# How each is caused: what is prepared, and the step that is recorded.
ROADS_IN_CASES: dict[Act, Callable[[Desk], Step]] = {
    Act.READ: look(REVIEWER, lambda desk: f"/case/{desk.mine}"),
    Act.DOWNLOAD: look(REVIEWER, lambda desk: f"/case/{desk.mine}/attachment/{desk.attachment(desk.mine)}"),
    Act.REPLY: in_case("reply", text="Thank you.", question="Who?"),
    Act.ATTACH: _attach,
    Act.DETACH: _detach,
    Act.STATUS: in_case("status", status="closed", reason="Done.", outcome="misuse"),
    Act.NOTE: in_case("note", note="Ask Cleo."),
    Act.DRAFT: in_case("reply/draft", text="Not yet."),
    Act.TEMPLATE: lambda desk: press(desk, REVIEWER, "/templates", "/templates", title="Thanks", text="Thank you."),
    Act.RELATE: lambda desk: press(
        desk,
        REVIEWER,
        f"/case/{desk.mine}/link",
        f"/case/{desk.mine}/link",
        other=desk.also_mine,
        kind="same-source",
        step="link",
    ),
    Act.SPLIT: lambda desk: press(
        desk, REVIEWER, f"/case/{desk.mine}/split", f"/case/{desk.mine}/split", letter=desk.items(desk.mine)[0]
    ),
    Act.SEARCH: lambda desk: press(desk, REVIEWER, "/search", "/search", query="computer"),
    Act.ASSIGN: in_case("work", tags="north"),
    Act.SUMMARY: lambda desk: press(
        desk, REVIEWER, f"/case/{desk.mine}/summary", f"/case/{desk.mine}/summary", summary="He sells names."
    ),
    Act.KEEP: closed("keep", until="2045-01-31", reason="An inquiry goes on."),
    Act.HOLD: in_case("hold", reason="A court asks for it."),
    Act.HOLD_LIFTED: _lift,
    Act.DESTROY_ASKED: closed("destroy", consenter=SUPERVISOR),
    Act.DESTROY_REFUSED: _judge_in_case("refuse"),
    Act.DESTROY: _judge_in_case("agree"),
    Act.INBOX_SHUT: run("shut-inbox {mine}", "amina", PASSWORD, "{code}", "The paper was found.", "y"),
    Act.CLEAR: in_case("clear", who="bartek", reason="A second pair of eyes."),
    Act.WITHDRAW: in_case("withdraw", who="amina", reason="A friend of his."),
    Act.CASE_OUT_ASKED: _ask_to_take_out,
    Act.CASE_OUT_END: lambda desk: _with_taken(desk, "take-back", wanted_on(desk)),
    Act.CASE_OUT: lambda desk: _with_taken(desk, "file", wanted_on(desk, agreed=True)),
}
