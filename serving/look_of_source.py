"""What a source is shown of a reply, and its look: the site shows it, the desk previews it, and both from one place.

The two interfaces never import each other, so that what they share lies here: the templates of a reply and of a box
for an answer, and the site's style sheet. A preview that was written a second time would be right on the day it was
written.
"""

from pathlib import Path

from flask import Response, send_from_directory
from jinja2 import ChoiceLoader, FileSystemLoader

from serving.quiet_flask import QuietFlask

FOLDER = Path(__file__).parent / "source_look"
SHEET = "site.css"


class SourceLookFlask(QuietFlask):
    """An application that has these templates besides its own, and the sheet among its static files."""

    def __init__(self, import_name: str) -> None:
        super().__init__(import_name)
        own = self.jinja_loader
        shared = FileSystemLoader(FOLDER / "templates")
        self.jinja_loader = ChoiceLoader([own, shared]) if own else shared

    def send_static_file(self, filename: str) -> Response:
        """Answer with a static file."""
        if filename == SHEET:
            return send_from_directory(FOLDER, SHEET, max_age=self.get_send_file_max_age(SHEET))
        return super().send_static_file(filename)
