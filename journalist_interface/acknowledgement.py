"""What a source is told by itself when their first letter is opened (DESIGN section 7). The one place for the text."""

from serving.language import gettext as _


def acknowledgement() -> str:
    """Return the text, in words that a child of nine can read."""
    return _(
        "Thank you. This note was sent by itself. A person has opened your report.\n"
        "\n"
        "If we have a question, it will be here when you come back. Come back in about three working days if you "
        "can do so safely. You do not need to find out more or take any risk for us.\n"
        "\n"
        "If anyone is in danger, call 999. We cannot send help."
    )
