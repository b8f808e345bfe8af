"""Ids of other cases and other people, for every place that takes one: a table over the desk's routes."""

from collections.abc import Callable
from dataclasses import dataclass

from journalist_interface.case_access import open_case
from journalist_interface.takeout.asking import ask as ask_to_take_out
from keys.ciphertext import Ciphertext
from store.blobs import new_blob_id
from store.desk.case_requests import CaseRequest, RequestKind, put_request
from store.desk.factors import Factor, FactorKind, add_factors, new_factor_id
from store.desk.roles import Role
from tests.desk_office import write_letter
from tests.desk_routes import NEVER_WAS, Desk
from tests.taken_out import somebody, wanted_on


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
# Where an id of another case gets an answer of its own, and why that is so: each has a test in test_desk_objects.py.
ITS_OWN = {("/post/open", "submission"), ("/post/retry", "submission"), ("/case/<reference>/split", "item")} | {
    (f"/case/<reference>/{form}", "item") for form in ("reply", "status", "note")
}
