"""Pages of the desk's people: who is here, which links wait, inviting somebody."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from journalist_interface.errors import SetUpRefused
from journalist_interface.gate import needs, not_here, shown_this_once, signed_in, works
from journalist_interface.inviting import invite, take_link_back
from journalist_interface.links import LINK_DAYS
from journalist_interface.people import list_people, shows_people
from journalist_interface.views_person import address_of
from store.desk.roles import Role

pages = Blueprint("people", __name__)


@pages.get("/people")
@needs(Role.ADMINISTRATOR, Role.SUPERVISOR, Role.INTAKE_OFFICER)
def show() -> str:
    """List everybody. Intake officers see it while there is no supervisor: then they are the second person."""
    if not shows_people(works().desk, signed_in()):
        not_here()
    return _page()


@pages.post("/people")
@needs(Role.ADMINISTRATOR)
def invite_somebody() -> ResponseReturnValue:
    """Make a link, and show it this once, with the key to the desk: no address may hold them but the link's own."""
    name, roles = request.form.get("username", "").strip(), request.form.getlist("role")
    try:
        invited = invite(works().desk, signed_in(), name, roles)
    except SetUpRefused as refused:
        return _page(refused.sentence), 422
    (made,) = (each for each in list_people(works().desk).waiting if each.link.username == name)
    entrance = invited.entrance
    address = address_of(url_for("invitation.show", token=invited.link), entrance.address if entrance else None)
    page = render_template("invited.html", made=made, address=address, days=LINK_DAYS, entrance=entrance)
    return shown_this_once(page)


@pages.post("/links/take-back")
@needs(Role.ADMINISTRATOR)
def take_back() -> ResponseReturnValue:
    """Have a link open nothing any more."""
    take_link_back(works().desk, signed_in().username, request.form.get("username", ""))
    return redirect(url_for("people.show", _anchor="links"), 303)


def _page(sentence: str = "") -> str:
    return render_template(
        "people.html",
        people=list_people(works().desk),
        roles=tuple(Role),
        days=LINK_DAYS,
        typed={"username": request.form.get("username", ""), "roles": request.form.getlist("role")},
        sentence=sentence,
    )
