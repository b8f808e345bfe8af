"""Page: the list of cases."""

from flask import Blueprint, render_template, request

from journalist_interface.case_list import read_case_list
from journalist_interface.gate import signed_in, works
from store.desk.waiting_post import count_waiting

pages = Blueprint("cases", __name__)


@pages.get("/")
def show() -> str:
    """Show one page of the list, the newest change first."""
    number = request.args.get("page", 1, type=int)
    desk = works().desk
    with desk.database.reading() as connection:
        waiting = count_waiting(connection)
    return render_template("cases.html", page=read_case_list(desk, signed_in(), number), waiting=waiting)
