"""Every act there is: somebody causes it on the real road, by a page or a command; and it commits with its record.

A new act needs one line in ROADS.
"""

import io
import json
import re
import secrets
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pyotp
import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from journalist_interface.casework.holding import hold
from journalist_interface.casework.prepared_files import ReceivedFile, attach_files
from journalist_interface.checkpoint_age import CHECKPOINT_DAYS, checkpoint_warning
from journalist_interface.commands import main
from journalist_interface.figures.counting import let_count
from journalist_interface.sessions import IDLE_MINUTES, LONGEST_HOURS
from keys.checkpoint import read_checkpoint
from keys.hpke import SEED_SIZE, SecretKey
from keys.intake_key import load_intake_key
from store.desk.account_tables import reviewers
from store.desk.audit import Act, Record
from store.desk.audit_reading import Wanted, read_trail, verify_trail
from store.desk.parcels import mark_problem
from store.desk.reviewers import suspend
from store.desk.roles import Role
from store.desk.settings import Setting, keep_setting
from tests.desk_entrance import give_key, open_service
from tests.desk_office import PASSWORD, write_letter
from tests.desk_routes import LINK, Desk, form_to, furnished
from tests.harms import execute, snapshot
from tests.newcomer import filled
from tests.taken_out import somebody, wanted_on
from tests.trail_tampering import forge
from tests.two_officers import add_waiting_officer, have_two_be_needed

SUPERVISOR = Role.SUPERVISOR.value
JOINED = "eleven patient herons wading"
OFFICER, REVIEWER, AUDITOR = Role.INTAKE_OFFICER.value, Role.REVIEWER.value, Role.AUDITOR.value
ADMINISTRATOR = Role.ADMINISTRATOR.value


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with cases."""
    (tmp_path / "out").mkdir()
    with furnished(tmp_path / "desk") as made:
        yield made


Step = Callable[[], int]
"""The last step of a road, which can be gone again if it failed: returns an HTTP status or an exit code."""


def _fresh_code(desk: Desk) -> str:
    with desk.office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE reviewers SET last_totp_step = 0")
    return desk.office.code()


def _press(desk: Desk, user: str, page: str, action: str, **fields: str) -> Step:
    """Press a button of a page."""
    browser = desk.browser(user)
    form = form_to(browser.get(page).text, action)
    return lambda: browser.post(action, data=form.data(**fields)).status_code


def _in_case(action: str, **fields: str) -> Callable[[Desk], Step]:
    return lambda desk: _press(desk, REVIEWER, f"/case/{desk.mine}", f"/case/{desk.mine}/{action}", **fields)


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
    return _press(desk, REVIEWER, f"/case/{desk.mine}/files", f"/case/{desk.mine}/files/take-away")


def _closed(action: str, **fields: str) -> Callable[[Desk], Step]:
    def road(desk: Desk) -> Step:
        desk.close()
        return _in_case(action, **fields)(desk)

    return road


def _lift(desk: Desk) -> Step:
    hold(desk.office.desk, desk.office.signed_in(REVIEWER), desk.mine, "A court asks for it.")
    return _in_case("lift", reason="The court is done.")(desk)


def _judge_in_case(what: str) -> Callable[[Desk], Step]:
    def road(desk: Desk) -> Step:
        return _press(desk, SUPERVISOR, "/consents", f"/consents/case/{what}", request=desk.request_in_case())

    return road


def _look(who: str, address: Callable[[Desk], str]) -> Callable[[Desk], Step]:
    def road(desk: Desk) -> Step:
        browser = desk.browser(who)
        return lambda: browser.get(address(desk)).status_code

    return road


def _run(words: str, *typed: str) -> Callable[[Desk], Step]:
    """Run a command, typing lines; words in braces are filled in."""

    def road(desk: Desk) -> Step:
        filled = {
            "out": str(desk.office.folder.parent / "out"),
            "mine": desk.mine,
            "code": _fresh_code(desk),
            "again": "another long password",
        }
        filled |= {f"share{n}": share for n, share in enumerate(desk.office.recovery.shares)}
        arguments = [*words.format(**filled).split(), "--data", str(desk.office.folder)]
        lines = "".join(line.format(**filled) + "\n" for line in typed)
        return lambda: CliRunner().invoke(main, arguments, input=lines).exit_code

    return road


def _sign_in(password: str) -> Callable[[Desk], Step]:
    def road(desk: Desk) -> Step:
        form = {"username": "amina", "password": password, "code": _fresh_code(desk)}
        return lambda: desk.app.test_client().post("/sign-in", data=form).status_code

    return road


def _readmit(desk: Desk) -> Step:
    with desk.office.desk.database.writing() as connection:
        suspend(connection, "bartek", True)
    return _press(desk, ADMINISTRATOR, "/people/bartek", "/people/bartek/readmit")


def _press_at_tor(desk: Desk, action: str) -> Step:
    open_service(desk.office)
    give_key(desk.office, "bartek")
    return _press(desk, ADMINISTRATOR, "/people/bartek", action)


def _by_link(desk: Desk, link: str, **fields: str) -> Step:
    browser = desk.app.test_client()
    page = browser.get(link).text
    secret = re.search(r"<p><code>([A-Z2-7]{32})</code></p>", page)
    assert secret
    data = form_to(page, link).data(password=JOINED, again=JOINED, code=pyotp.TOTP(secret[1]).now(), **fields)
    return lambda: browser.post(link, data=data).status_code


def _reset(desk: Desk) -> Step:
    link = desk.link("/people/bartek/reset", kind="password")
    request = desk.request()
    browser = desk.browser(SUPERVISOR)
    form = form_to(browser.get("/consents").text, "/consents/agree").data(request=request)
    code = re.search(r'<code class="large">([\w-]+)</code>', browser.post("/consents/agree", data=form).text)
    assert code
    return _by_link(desk, link, consent=code[1])


def _lock(desk: Desk) -> Step:
    browser = desk.browser(OFFICER)
    browser.post("/post/unlock", data=form_to(browser.get("/post").text, "/post/unlock").data())
    form = form_to(browser.get("/post").text, "/post/lock")
    return lambda: browser.post("/post/lock", data=form.data()).status_code


def _unlocked(desk: Desk) -> FlaskClient:
    browser = desk.browser(OFFICER)
    browser.post("/post/unlock", data=form_to(browser.get("/post").text, "/post/unlock").data())
    return browser


def _offer(desk: Desk) -> Step:
    have_two_be_needed(desk.office)
    return _press(desk, OFFICER, "/post", "/post/unlock")


def _take_back(desk: Desk) -> Step:
    have_two_be_needed(desk.office)
    browser = _unlocked(desk)
    form = form_to(browser.get("/post").text, "/post/take-back")
    return lambda: browser.post("/post/take-back", data=form.data()).status_code


def _hand_over(desk: Desk) -> Step:
    add_waiting_officer(desk.office, "zoe")
    browser = _unlocked(desk)
    form = form_to(browser.get("/post").text, "/post/hand-over")
    return lambda: browser.post("/post/hand-over", data=form.data()).status_code


def _need_two(desk: Desk) -> Step:
    browser = _unlocked(desk)
    form = form_to(browser.get("/post").text, "/post/officers")
    return lambda: browser.post("/post/officers", data=form.data()).status_code


def _queue(desk: Desk) -> Step:
    browser = desk.browser(OFFICER)
    desk.office.deliver(write_letter(None))
    browser.post("/post/unlock", data=form_to(browser.get("/post").text, "/post/unlock").data())
    return lambda: browser.get("/post").status_code


def _open(plaintext: bytes | None) -> Callable[[Desk], Step]:
    def road(desk: Desk) -> Step:
        office, browser = desk.office, desk.browser(OFFICER)
        letter = office.deliver(write_letter(None), {"b.pdf": b"b"})
        if plaintext is not None:
            with sqlite3.connect(office.desk.paths.database) as connection:
                asked = "SELECT blob FROM parcel_parts WHERE submission = ? AND kind = 'letter'"
                [blob] = connection.execute(asked, (letter.submission,)).fetchone()
            connection.close()
            office.desk.post.path(blob).write_bytes(plaintext)
        browser.post("/post/unlock", data=form_to(browser.get("/post").text, "/post/unlock").data())
        if plaintext is None:
            # Reading it is an act of its own, and comes first.
            browser.get("/post")
        form = form_to(browser.get("/account").text, "/sign-out").data(submission=letter.submission, cleared=REVIEWER)
        return lambda: browser.post("/post/open", data=form).status_code

    return road


def _ask_to_take_out(desk: Desk) -> Step:
    browser, (key, ending), address = desk.browser(REVIEWER), somebody(), f"/case/{desk.mine}/take-out"
    step = form_to(browser.get(address).text, f"{address}/check")
    compared = browser.post(step.action, data=step.data(recipient_key=key, reason="They asked."))
    form = form_to(compared.text, address)
    return lambda: browser.post(address, data=form.data(ending=ending)).status_code


def _with_taken(desk: Desk, action: str, taken: str) -> Step:
    address = f"/case/{desk.mine}/take-out"
    return _press(desk, REVIEWER, address, f"{address}/{action}", taken=taken)


def _figures(desk: Desk) -> Step:
    """As on a desk that has counted for long: the officer who looks at the post publishes what may be."""
    browser = _unlocked(desk)
    with desk.office.desk.database.writing() as connection:
        let_count(connection, OFFICER, desk.office.passphrase())
        keep_setting(connection, Setting.FIGURES_SINCE, b"2026-01")
    return lambda: browser.get("/post").status_code


def _retry(desk: Desk) -> Step:
    letter = desk.office.deliver(write_letter(None))
    with desk.office.desk.database.writing() as connection:
        mark_problem(connection, letter.submission, "It is no letter.")
    return _press(desk, OFFICER, "/post", "/post/retry", submission=letter.submission)


def _end_session(desk: Desk) -> Step:
    desk.browser(REVIEWER)
    return _press(desk, REVIEWER, "/account", "/account/end")


def _password(desk: Desk) -> Step:
    new = {"new": "eleven loud badgers", "again": "eleven loud badgers"}
    browser = desk.browser("amina")
    form = form_to(browser.get("/account").text, "/account/password")
    data = form.data(current=PASSWORD, code=_fresh_code(desk), **new)
    return lambda: browser.post("/account/password", data=data).status_code


def _exchanged(desk: Desk) -> Step:
    """As whoever can write to the database puts a public key of their own in a colleague's place."""
    public = SecretKey(secrets.token_bytes(SEED_SIZE)).public
    with desk.office.desk.database.writing() as connection:
        connection.execute(reviewers.update().where(reviewers.c.username == "amina").values(public_key=public))
    return _sign_in(PASSWORD)(desk)


def _renew(desk: Desk) -> Step:
    def step() -> int:
        # Cards are written to another disk than the desk's, and never over others.
        with tempfile.TemporaryDirectory(dir="/dev/shm") as stick:
            return _run(f"recovery-shares renew --shares-to {stick}", "{share0}", "{share1}")(desk)()

    return step


def _codes(desk: Desk) -> Step:
    browser = desk.browser("amina")
    form = form_to(browser.get("/account/recovery-codes").text, "/account/recovery-codes")
    data = form.data(current=PASSWORD, code=_fresh_code(desk))
    return lambda: browser.post(form.action, data=data).status_code


def _join(desk: Desk) -> Step:
    address = f"/invitation/{LINK}"
    browser = desk.app.test_client()
    data = filled(browser.get(address).text)
    return lambda: browser.post(address, data=data).status_code


def _pair(desk: Desk) -> Step:
    file = desk.office.folder.parent / "pairing.json"
    fingerprint = load_intake_key(desk.office.desk.paths.intake_key).fingerprint
    file.write_text(json.dumps({"candour_pairing": 1, "token": "T" * 43, "fingerprint": fingerprint}))
    return _run(f"pair --pairing {file} --door-url http://127.0.0.1:8082")(desk)


def _signing_key(desk: Desk) -> Step:
    """As on a desk from before there were signing keys."""
    (desk.office.folder / "audit-signing-key").unlink()
    with sqlite3.connect(desk.office.desk.paths.database) as connection:
        connection.execute("DELETE FROM settings WHERE name = 'audit-signer'")
    connection.close()
    forge(lambda records: [_nameless(record) for record in records])(desk.office.folder)
    return _run("audit checkpoint --out {out}/checkpoint.json")(desk)


def _nameless(record: Record) -> Record:
    return replace(record, note="") if record.act == Act.SET_UP.value else record


# How each act is caused: what is prepared, and the step that is recorded. None: it makes the desk itself.
ROADS: dict[Act, Callable[[Desk], Step] | None] = {
    Act.SET_UP: None,
    Act.REVIEWER_ADDED: _run("reviewer add ada", "amina", PASSWORD, "{code}", "{again}", "{again}"),
    Act.INVITE: lambda desk: _press(desk, ADMINISTRATOR, "/people", "/people", username="zoe", role="reviewer"),
    Act.INVITATION_BACK: lambda desk: _press(desk, ADMINISTRATOR, "/people", "/links/take-back"),
    Act.ENTRANCE: lambda desk: _press_at_tor(desk, "/people/bartek/key"),
    Act.ENTRANCE_BACK: lambda desk: _press_at_tor(desk, "/people/bartek/key/away"),
    Act.JOIN: _join,
    Act.CONSENT: lambda desk: _press(desk, SUPERVISOR, "/consents", "/consents/agree", request=desk.request()),
    Act.RESET: _reset,
    Act.SUSPEND: lambda desk: _press(desk, ADMINISTRATOR, "/people/bartek", "/people/bartek/suspend"),
    Act.READMIT: _readmit,
    Act.ROLES: lambda desk: _press(desk, ADMINISTRATOR, "/people/bartek", "/people/bartek/roles", role=REVIEWER),
    Act.SIGN_IN: _sign_in(PASSWORD),
    Act.SIGN_IN_FAILED: _sign_in("a wrong password"),
    Act.SIGN_OUT: lambda desk: _press(desk, REVIEWER, "/account", "/sign-out"),
    Act.END_SESSION: _end_session,
    Act.PASSWORD: _password,
    Act.FACTOR_ADDED: _codes,
    Act.KEY_NAMED: _run("reviewer add ada", "amina", PASSWORD, "{code}", "{again}", "{again}"),
    Act.KEY_EXCHANGED: _exchanged,
    Act.ABOUT_ME: lambda desk: _press(desk, REVIEWER, "/about-me", "/about-me", recusals="Northtown"),
    Act.SAVED_LISTS: lambda desk: _press(desk, REVIEWER, "/", "/saved", called="north"),
    Act.UNLOCK: lambda desk: _press(desk, OFFICER, "/post", "/post/unlock"),
    Act.UNLOCK_OFFER: _offer,
    Act.UNLOCK_OFFER_END: _take_back,
    Act.LOCK: _lock,
    Act.HAND_OVER: _hand_over,
    Act.SETTINGS: _need_two,
    Act.COLLECT: lambda desk: _press(desk, OFFICER, "/post", "/post/collect"),
    Act.QUEUE: _queue,
    Act.OPEN: _open(None),
    Act.OPEN_FAILED: _open(b"no letter at all"),
    Act.RETRY: _retry,
    Act.READ: _look(REVIEWER, lambda desk: f"/case/{desk.mine}"),
    Act.DOWNLOAD: _look(REVIEWER, lambda desk: f"/case/{desk.mine}/attachment/{desk.attachment(desk.mine)}"),
    Act.REPLY: _in_case("reply", text="Thank you.", question="Who?"),
    Act.ATTACH: _attach,
    Act.DETACH: _detach,
    Act.STATUS: _in_case("status", status="closed", reason="Done.", outcome="misuse"),
    Act.NOTE: _in_case("note", note="Ask Cleo."),
    Act.DRAFT: _in_case("reply/draft", text="Not yet."),
    Act.TEMPLATE: lambda desk: _press(desk, REVIEWER, "/templates", "/templates", title="Thanks", text="Thank you."),
    Act.RELATE: lambda desk: _press(
        desk,
        REVIEWER,
        f"/case/{desk.mine}/link",
        f"/case/{desk.mine}/link",
        other=desk.also_mine,
        kind="same-source",
        step="link",
    ),
    Act.SPLIT: lambda desk: _press(
        desk, REVIEWER, f"/case/{desk.mine}/split", f"/case/{desk.mine}/split", letter=desk.items(desk.mine)[0]
    ),
    Act.SEARCH: lambda desk: _press(desk, REVIEWER, "/search", "/search", query="computer"),
    Act.ASSIGN: _in_case("work", tags="north"),
    Act.SUMMARY: lambda desk: _press(
        desk, REVIEWER, f"/case/{desk.mine}/summary", f"/case/{desk.mine}/summary", summary="He sells names."
    ),
    Act.KEEP: _closed("keep", until="2045-01-31", reason="An inquiry goes on."),
    Act.HOLD: _in_case("hold", reason="A court asks for it."),
    Act.HOLD_LIFTED: _lift,
    Act.DESTROY_ASKED: _closed("destroy", consenter=SUPERVISOR),
    Act.DESTROY_REFUSED: _judge_in_case("refuse"),
    Act.DESTROY: _judge_in_case("agree"),
    Act.INBOX_SHUT: _run("shut-inbox {mine}", "amina", PASSWORD, "{code}", "The paper was found.", "y"),
    Act.CLEAR: _in_case("clear", who="bartek", reason="A second pair of eyes."),
    Act.WITHDRAW: _in_case("withdraw", who="amina", reason="A friend of his."),
    Act.EXPORT: _run("export-intake-secret --out {out}/secret.asc", "amina", PASSWORD, "{code}"),
    Act.INTAKE_KEY: _run("intake-key renew --out {out}/statement.json", "amina", PASSWORD, "{code}"),
    Act.CASE_OUT_ASKED: _ask_to_take_out,
    Act.CASE_OUT_END: lambda desk: _with_taken(desk, "take-back", wanted_on(desk)),
    Act.CASE_OUT: lambda desk: _with_taken(desk, "file", wanted_on(desk, agreed=True)),
    Act.FIGURES: _figures,
    Act.RECOVER: _run("recover --reviewer bartek --all", "She has left.", "{share0}", "{share1}"),
    Act.RECOVER_INTAKE: _run(f"recover-intake --officer {OFFICER}", "All have left.", "{share0}", "{share1}"),
    Act.RECOVERY_VERIFY: _run("recovery-shares verify", "{share0}", "{share1}", ""),
    Act.RECOVERY_RENEW: _renew,
    Act.PAIR: _pair,
    Act.SIGNING_KEY: _signing_key,
    Act.SIGNER_CHANGED: _run("audit new-key"),
    Act.CHECKPOINT: _run("audit checkpoint --out {out}/checkpoint.json"),
    Act.TRAIL_EXPORT: lambda desk: _press(desk, AUDITOR, "/audit", "/audit/export", format="csv"),
}


def names(desk: Desk) -> set[str]:
    """Every file of the desk, and beside it, but for what gpg keeps while it runs."""
    found = snapshot(desk.office.folder.parent)
    return {name for name in found if not name.startswith("desk/gnupg/")}


# Acts whose road needs more than a page or a command, and where it is gone.
ELSEWHERE = {Act.FACTOR_REMOVED: "test_desk_passkeys.py"}
# What is done although its record fails, and why.
DONE_ALL_THE_SAME = {
    Act.LOCK: "no key may stay in memory because a disk is full",
    Act.UNLOCK_OFFER_END: "nor half of one",
}


def test_every_act_has_a_road() -> None:
    """An act that nobody can cause is a word in a list; a new one needs its line above."""
    assert set(Act) == ROADS.keys() | ELSEWHERE.keys()
    for act, file in ELSEWHERE.items():
        assert f'"{act.value}"' in (Path(__file__).parent / file).read_text("utf-8")


@pytest.mark.parametrize("act", [act for act, road in ROADS.items() if road])
def test_an_act_is_recorded_on_its_road(desk: Desk, act: Act) -> None:
    """Once, by the last step, with the trail whole."""
    road = ROADS[act]
    assert road
    step = road(desk)
    seen = desk.count_acts()
    assert step() < 500
    assert act.value in [name for _who, name in desk.acts_since(seen)]
    with desk.office.desk.database.reading() as connection:
        verify_trail(connection)


@contextmanager
def fuse(desk: Desk, act: Act) -> Iterator[None]:
    """Let every transaction that records this act fail at its commit, and no sooner: a row that is owed a parent."""
    statements = (
        "CREATE TABLE fuse_parent (n INTEGER PRIMARY KEY)",
        "CREATE TABLE fuse (n INTEGER REFERENCES fuse_parent (n) DEFERRABLE INITIALLY DEFERRED)",
        f"CREATE TRIGGER blow AFTER INSERT ON audit WHEN NEW.act = '{act.value}' "  # noqa: S608
        "BEGIN INSERT INTO fuse VALUES (1); END",
    )
    path = desk.office.desk.paths.database
    execute(path, *statements)
    try:
        yield
    finally:
        execute(path, "DROP TRIGGER blow", "DROP TABLE fuse", "DROP TABLE fuse_parent")


@pytest.mark.parametrize("act", [act for act, road in ROADS.items() if road])
def test_an_act_whose_record_is_not_committed_was_not_done(desk: Desk, act: Act) -> None:
    """Neither row nor file nor record is there, and page or command says that it failed; then it can be done."""
    road = ROADS[act]
    assert road
    step = road(desk)
    with fuse(desk, act):
        before, files = desk.rows(), names(desk)
        failed = step()
        assert failed == 500 or failed == 1, failed
        after = desk.rows()
        assert {name: after[name] for name in after if after[name] != before[name]} == {}
        # The signing key is drawn before its record, and taken up by the next try (trail_key.py).
        assert names(desk) - files <= {"desk/audit-signing-key"}
        assert files <= names(desk)
    if act not in DONE_ALL_THE_SAME:
        seen = desk.count_acts()
        assert step() < 500
        assert act.value in [name for _who, name in desk.acts_since(seen)]


def test_the_first_record_is_that_of_the_set_up(desk: Desk) -> None:
    """Of a desk as it was made; and a trail that begins with anything else is broken, chain or no chain."""
    with desk.office.desk.database.reading() as connection:
        first = next(read_trail(connection, Wanted()))
    assert first.record.act == Act.SET_UP.value
    forge(lambda records: records[1:])(desk.office.folder)
    said = CliRunner().invoke(main, ["audit", "verify", "--data", str(desk.office.folder)])
    assert said.exit_code == 1
    assert "the first record is not that of the set-up" in said.output


ENDS = {
    "idle": f"last_used = last_used - {IDLE_MINUTES * 60 + 1}",
    "a working day old": f"begun_at = begun_at - {LONGEST_HOURS * 3600 + 1}",
}


@pytest.mark.parametrize("end", ENDS)
def test_a_session_that_ended_by_itself_is_recorded_once(desk: Desk, end: str) -> None:
    """Whose it was; when the next sign-in sweeps it out; and no second time."""
    desk.browser(REVIEWER)
    desk.browser(REVIEWER)
    with desk.office.desk.database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE sessions SET {ENDS[end]}")  # noqa: S608
    seen = desk.count_acts()
    desk.browser("amina")
    desk.browser("amina")
    own = [(REVIEWER, "end-session")] * 2
    assert desk.acts_since(seen) == [*own, ("amina", "sign-in"), ("amina", "sign-in")]
    with desk.office.desk.database.reading() as connection:
        ended = list(read_trail(connection, Wanted(act=Act.END_SESSION.value)))
    assert [link.record.note for link in ended] == ["by itself"] * 2


def checkpoint(desk: Desk, name: str, *more: str) -> tuple[int, str]:
    """Make a checkpoint."""
    out = desk.office.folder.parent / name
    done = CliRunner().invoke(
        main, ["audit", "checkpoint", "--data", str(desk.office.folder), "--out", str(out), *more]
    )
    return done.exit_code, done.output


def test_a_week_without_a_checkpoint_is_told(desk: Desk) -> None:
    """To the auditor on their page, to the administrator by `check`; until one is made, and again a week later."""
    auditor = desk.browser(AUDITOR)
    never = "No checkpoint of the audit trail was ever made."
    assert never in auditor.get("/audit").text
    checked = ["check", "--data", str(desk.office.folder)]
    assert f"{never}" in CliRunner().invoke(main, checked).output
    assert checkpoint(desk, "one.json")[0] == 0
    assert "checkpoint of the audit trail" not in auditor.get("/audit").text
    assert "checkpoint of the audit trail" not in CliRunner().invoke(main, checked).output
    with desk.office.desk.database.reading() as connection:
        [made] = read_trail(connection, Wanted(act=Act.CHECKPOINT.value))
        week = made.record.at + CHECKPOINT_DAYS * 86_400
        assert checkpoint_warning(connection, week - 1) == ""
        assert checkpoint_warning(connection, made.record.at - 10) == ""
        assert "was made 7 days ago" in checkpoint_warning(connection, week)
    forge(lambda records: [replace(record, at=record.at - 9 * 86_400) for record in records])(desk.office.folder)
    assert "was made 9 days ago" in auditor.get("/audit").text
    # Pressing the button says it once, among what was found.
    found = auditor.post("/audit/verify", data=form_to(auditor.get("/audit").text, "/audit/verify").data()).text
    assert found.count("was made 9 days ago") == 1


def test_a_checkpoint_names_whom_it_was_given_to(desk: Desk) -> None:
    """In the file, signed; and in the trail, so that it can be asked for."""
    code, _said = checkpoint(desk, "two.json", "--for", " Evan, the auditor ")
    assert code == 0
    made = read_checkpoint((desk.office.folder.parent / "two.json").read_bytes())
    made.check_signature()
    assert made.given_to == "Evan, the auditor"
    with desk.office.desk.database.reading() as connection:
        [record] = read_trail(connection, Wanted(last=1))
    assert (record.record.act, record.record.note) == ("checkpoint", "for Evan, the auditor")
    verified = CliRunner().invoke(
        main,
        ["audit", "verify", "--data", str(desk.office.folder), "--since", str(desk.office.folder.parent / "two.json")],
    )
    assert verified.exit_code == 0, verified.output
    for wrong in ("x" * 65, "a\nb", "a\x1b[2J"):
        code, said = checkpoint(desk, "three.json", "--for", wrong)
        assert (code, "one line of at most 64" in said) == (2, True)
    assert not (desk.office.folder.parent / "three.json").exists()
