"""Pages that take nothing: the front page, advice, the codename, the intake key, the page after leaving."""

from flask import Blueprint, Response, render_template, send_file

from keys.codename import Codename
from source_interface.questions import topics
from source_interface.site_context import host, restart_visit, visit

pages = Blueprint("pages", __name__)


@pages.get("/")
def home() -> str:
    """Show what this is."""
    return render_template("home.html", topics=topics())


@pages.get("/safety")
def safety() -> str:
    """Show how to stay safe."""
    return render_template("safety.html")


@pages.get("/about")
def about() -> str:
    """Show who runs this and what happens to a report."""
    return render_template("about.html")


@pages.get("/codename")
def codename() -> str:
    """Show seven new words, once. Nothing is stored; the visit remembers a commitment to them."""
    drawn = Codename.draw()
    host().visits.commit(visit(), drawn)
    return render_template("codename.html", codename=drawn.reveal())


@pages.get("/left")
def left() -> str:
    """Show an unremarkable page, and begin a visit that knows nothing of the one before, except that it was left."""
    restart_visit()
    return render_template("left.html")


@pages.get("/intake-key.asc")
def intake_key() -> Response:
    """Give the intake public key, for those who seal by themselves first."""
    return send_file(
        host().drop.intake_key.path.resolve(),
        mimetype="application/pgp-keys",
        as_attachment=True,
        # It stays among the downloads: a name that does not say what the key is for.
        download_name="key.asc",
        conditional=False,
        etag=False,
        last_modified=0,
    )


@pages.get("/robots.txt")
def robots() -> Response:
    """Ask machines to stay away."""
    return Response("User-agent: *\nDisallow: /\n", mimetype="text/plain")
