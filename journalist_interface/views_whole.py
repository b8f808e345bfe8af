"""Page: the whole, for supervisors."""

from flask import Blueprint, render_template

from journalist_interface.casework.whole import FEW, look_at_whole
from journalist_interface.gate import needs, signed_in, works
from store.desk.roles import Role

pages = Blueprint("whole", __name__)


@pages.get("/whole")
@needs(Role.SUPERVISOR)
def show() -> str:
    """Show the figures."""
    held = works()
    return render_template("whole.html", whole=look_at_whole(held.desk, held.lock, signed_in()), few=FEW)
