"""Page of the auditor: what the others did, whether the trail of it is whole, and the trail as a file."""

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from journalist_interface.gate import needs, signed_in, works
from journalist_interface.trail_check import check_trail
from journalist_interface.trail_file import FORMATS
from journalist_interface.trail_page import Filters, TrailPage, export_for_auditor, read_trail_page
from serving.file_names import content_disposition
from store.desk.audit import Act
from store.desk.audit_reading import TrailBroken
from store.desk.roles import Role
from store.findings import Finding

pages = Blueprint("audit", __name__, url_prefix="/audit")


@pages.get("")
@needs(Role.AUDITOR)
def show() -> ResponseReturnValue:
    """Show one page of the trail, the newest first."""
    return _page(_filters())


@pages.post("/verify")
@needs(Role.AUDITOR)
def verify() -> ResponseReturnValue:
    """Say whether every record follows from the one before."""
    return _page(Filters(), tuple(check_trail(works().desk)))


@pages.post("/export")
@needs(Role.AUDITOR)
def export() -> Response:
    """Send the trail, or what the filters leave of it, as a file."""
    form = request.form.get("format", "")
    if form not in FORMATS:
        abort(400)
    response = Response(export_for_auditor(works().desk, signed_in(), form, _filters()), mimetype="text/plain")
    response.headers["Content-Disposition"] = content_disposition(f"audit-trail.{form}")
    return response


def _filters() -> Filters:
    return Filters(**{name: request.values.get(name, "") for name in ("actor", "act", "case", "since", "until")})


def _page(filters: Filters, findings: tuple[Finding, ...] = ()) -> ResponseReturnValue:
    broken, page = 0, TrailPage((), None, 0, ())
    try:
        page = read_trail_page(works().desk, filters, request.args.get("below", type=int))
    except TrailBroken as reason:
        broken = reason.number
    return render_template(
        "audit.html",
        page=page,
        filters=filters,
        acts=[act.value for act in Act],
        broken=broken,
        findings=findings,
        formats=sorted(FORMATS),
    )
