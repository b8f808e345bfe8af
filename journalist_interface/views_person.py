"""Page of somebody else's account, for administrators: what they may do, suspending, coming back after a loss."""

from urllib.parse import urljoin

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.account_changes import (
    change_account_roles,
    look_at_person,
    readmit_account,
    suspend_account,
)
from journalist_interface.entrances import has_entrance, renew_entrance, take_entrance
from journalist_interface.errors import EntranceStays, SetUpRefused
from journalist_interface.gate import needs, shown_this_once, signed_in, works
from journalist_interface.links import LINK_DAYS
from journalist_interface.resetting import RESETS, ask_reset
from journalist_interface.roles import role_duty, role_name
from journalist_interface.tor_paths import desk_address
from journalist_interface.tor_warnings import keys_in_force
from serving.language import gettext as _
from store.desk.invitations import InvitationKind
from store.desk.roles import Role

pages = Blueprint("person", __name__, url_prefix="/people/<username>")


@pages.get("")
@needs(Role.ADMINISTRATOR)
def show(username: str) -> str:
    """Show the account."""
    return _page(username)


@pages.post("/roles")
@needs(Role.ADMINISTRATOR)
def roles(username: str) -> ResponseReturnValue:
    """Have them do other work, or ask for it."""
    chosen = request.form.getlist("role")
    try:
        done = change_account_roles(works().desk, signed_in(), username, chosen)
    except SetUpRefused as refused:
        return _page(username, refused.sentence, chosen), 422
    except EntranceStays:
        works().lock.forget_officer(username)
        raise
    if not done:
        return _back(username, "asked")
    works().lock.forget_officer(username)
    return _back(username, "roles")


@pages.post("/suspend")
@needs(Role.ADMINISTRATOR)
def suspend(username: str) -> ResponseReturnValue:
    """Shut the account."""
    try:
        suspend_account(works().desk, signed_in(), username)
    except SetUpRefused as refused:
        return _page(username, refused.sentence), 422
    except EntranceStays:
        works().lock.forget_officer(username)
        raise
    works().lock.forget_officer(username)
    return _back(username, "suspended")


@pages.post("/readmit")
@needs(Role.ADMINISTRATOR)
def readmit(username: str) -> ResponseReturnValue:
    """Open it again."""
    readmit_account(works().desk, signed_in(), username)
    return _back(username, "readmitted")


@pages.post("/reset")
@needs(Role.ADMINISTRATOR)
def reset(username: str) -> ResponseReturnValue:
    """Give out a link for somebody who lost something, and show it this once."""
    kind = request.form.get("kind", "")
    if kind not in RESETS:
        return _page(username, _("Say what was lost. Nothing was changed.")), 422
    try:
        token = ask_reset(works().desk, signed_in(), username, InvitationKind(kind))
    except SetUpRefused as refused:
        return _page(username, refused.sentence), 422
    by_key = has_entrance(works().desk, username)
    onion = desk_address(works().desk.paths.folder) if by_key else None
    link = address_of(url_for("reset.show", token=token.cookie()), onion)
    return shown_this_once(render_template("link.html", link=link, username=username, days=LINK_DAYS, by_key=by_key))


@pages.post("/key")
@needs(Role.ADMINISTRATOR)
def new_key(username: str) -> ResponseReturnValue:
    """Make a key to the desk in the place of any other, and show it this once."""
    try:
        entrance = renew_entrance(works().desk, signed_in(), username)
    except SetUpRefused as refused:
        return _page(username, refused.sentence), 422
    works().lock.forget_officer(username)
    opens = address_of("/", entrance.address)
    return shown_this_once(render_template("entrance.html", entrance=entrance, username=username, opens=opens))


@pages.post("/key/away")
@needs(Role.ADMINISTRATOR)
def take_key(username: str) -> ResponseReturnValue:
    """Have their key to the desk open nothing any more."""
    try:
        take_entrance(works().desk, signed_in(), username)
    except SetUpRefused as refused:
        return _page(username, refused.sentence), 422
    works().lock.forget_officer(username)
    return _back(username, "key-away")


def address_of(path: str, onion: str | None) -> str:
    """Return where a page is for somebody else: at the desk's onion address, or under the name of this request."""
    return f"http://{onion}{path}" if onion else urljoin(request.host_url, path)


def _back(username: str, done: str) -> ResponseReturnValue:
    return redirect(url_for("person.show", username=username, done=done), 303)


def _page(username: str, sentence: str = "", chosen: list[str] | None = None) -> str:
    person = look_at_person(works().desk, username)
    return render_template(
        "person.html",
        person=person,
        sentence=sentence,
        done=request.args.get("done", ""),
        chosen=person.account.roles if chosen is None else chosen,
        roles=[(role, role_name(role), role_duty(role)) for role in Role],
        kinds=InvitationKind,
        keys_in_force=keys_in_force(works().desk.paths.folder) if person.entrance is not None else None,
    )
