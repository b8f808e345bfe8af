"""The last step of a road on which an act is caused: a button pressed, a page looked at, a command run."""

from collections.abc import Callable

from click.testing import CliRunner

from journalist_interface.commands import main
from store.desk.roles import Role
from tests.desk_routes import Desk, form_to

SUPERVISOR = Role.SUPERVISOR.value
OFFICER, REVIEWER, AUDITOR = Role.INTAKE_OFFICER.value, Role.REVIEWER.value, Role.AUDITOR.value
ADMINISTRATOR = Role.ADMINISTRATOR.value

Step = Callable[[], int]
"""The last step of a road, which can be gone again if it failed: returns an HTTP status or an exit code."""


def fresh_code(desk: Desk) -> str:
    """Return amina's code of now, which can be used once more."""
    with desk.office.desk.database.writing() as connection:
        connection.exec_driver_sql("UPDATE reviewers SET last_totp_step = 0")
    return desk.office.code()


def press(desk: Desk, user: str, page: str, action: str, **fields: str) -> Step:
    """Press a button of a page."""
    browser = desk.browser(user)
    form = form_to(browser.get(page).text, action)
    return lambda: browser.post(action, data=form.data(**fields)).status_code


def in_case(action: str, **fields: str) -> Callable[[Desk], Step]:
    """Press a button in the reviewer's case."""
    return lambda desk: press(desk, REVIEWER, f"/case/{desk.mine}", f"/case/{desk.mine}/{action}", **fields)


def closed(action: str, **fields: str) -> Callable[[Desk], Step]:
    """Press a button in the reviewer's case once it is closed."""

    def road(desk: Desk) -> Step:
        desk.close()
        return in_case(action, **fields)(desk)

    return road


def look(who: str, address: Callable[[Desk], str]) -> Callable[[Desk], Step]:
    """Look at a page."""

    def road(desk: Desk) -> Step:
        browser = desk.browser(who)
        return lambda: browser.get(address(desk)).status_code

    return road


def run(words: str, *typed: str) -> Callable[[Desk], Step]:
    """Run a command, typing lines; words in braces are filled in."""

    def road(desk: Desk) -> Step:
        filled = {
            "out": str(desk.office.folder.parent / "out"),
            "mine": desk.mine,
            "code": fresh_code(desk),
            "again": "another long password",
        }
        filled |= {f"share{n}": share for n, share in enumerate(desk.office.recovery.shares)}
        arguments = [*words.format(**filled).split(), "--data", str(desk.office.folder)]
        lines = "".join(line.format(**filled) + "\n" for line in typed)
        return lambda: CliRunner().invoke(main, arguments, input=lines).exit_code

    return road


def sign_in(password: str) -> Callable[[Desk], Step]:
    """Have amina sign in with a password."""

    def road(desk: Desk) -> Step:
        form = {"username": "amina", "password": password, "code": fresh_code(desk)}
        return lambda: desk.app.test_client().post("/sign-in", data=form).status_code

    return road
