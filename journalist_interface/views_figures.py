"""Page of the figures for the whole desk, for supervisors and auditors, and the same as a file."""

from flask import Blueprint, Response, render_template

from journalist_interface.figures.page import figures_csv, read_figures, said_of_them
from journalist_interface.gate import needs, works
from serving.file_names import content_disposition
from store.desk.roles import Role

pages = Blueprint("figures", __name__, url_prefix="/figures")


@pages.get("")
@needs(Role.SUPERVISOR, Role.AUDITOR)
def show() -> str:
    """Show what was published."""
    return render_template("figures.html", page=read_figures(works().desk), said=said_of_them())


@pages.get("/csv")
@needs(Role.SUPERVISOR, Role.AUDITOR)
def as_csv() -> Response:
    """Send what was published as a file."""
    response = Response(figures_csv(works().desk), mimetype="text/plain")
    response.headers["Content-Disposition"] = content_disposition("figures.csv")
    return response
