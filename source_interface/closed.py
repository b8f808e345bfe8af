"""No room for anything: who comes to write is told so at once, not after an hour of writing."""

from flask import Flask, render_template, request

from source_interface.site_context import room

# Where a new report begins. Whoever has written already, or comes to read, gets the page that was asked for.
_BEGINNINGS = frozenset({"pages.codename", "report.report"})


def register(app: Flask) -> None:
    """Have `app` say that it is closed, in place of the pages where a report begins."""
    app.before_request(_say_closed)


def _say_closed() -> tuple[str, int] | None:
    if request.method in ("GET", "HEAD") and request.endpoint in _BEGINNINGS and not room().takes_text:
        return render_template("closed.html"), 507
    return None
