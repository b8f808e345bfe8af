"""Page of the access keys: which letters reach what."""

from flask import Blueprint, render_template

from journalist_interface.access_keys import key_lines
from journalist_interface.gate import for_everybody

pages = Blueprint("keyboard", __name__)


@pages.get("/keyboard")
@for_everybody
def show() -> str:
    """Show it."""
    return render_template("keyboard.html", groups=key_lines())
