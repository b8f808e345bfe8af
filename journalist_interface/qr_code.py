"""A QR code as part of a page: drawn in the page itself, for nothing else that is loaded may hold a secret."""

import segno
from markupsafe import Markup


def qr_svg(text: str) -> Markup:
    """Return the drawing, dark on light whatever the page's colours, as cameras want it."""
    code = segno.make(text, error="m", micro=False)
    drawing = code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None)
    return Markup(drawing)  # noqa: S704  (segno draws squares; of the text nothing is written)
