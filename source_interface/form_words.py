"""What is said of a form as a whole: how much it holds, and what to do when it could not be taken. Knows no Flask.

Every page of ours is `no-store`: "Back" gives an empty form, while loading the answer again sends the form once more,
and a form that is sent twice is one submission. So nobody is ever told to do the first.
"""

from serving.language import gettext as _

_PAGE = 2_500  # characters, as people write a page


def room_for_words(characters: int) -> str:
    """Return how long a text may be, as people understand it."""
    pages = characters // _PAGE
    if pages < 2:
        return _("You can write up to {count} letters.").format(count=f"{characters:,}")
    return _("You can write up to {count} letters: about {pages} pages.").format(count=f"{characters:,}", pages=pages)


def try_again(*, was_sending: bool, framed: bool) -> list[str]:
    """Return what to do where a second try can succeed. `framed`: this is said in a frame of the form itself."""
    if framed:
        return [
            _("It has not been sent."),
            _("What you wrote is still on this page. Press “Send everything” once more."),
        ]
    reload = _("Press the round arrow of your browser (“Reload”). On a phone you find it in the menu.")
    if not was_sending:
        return [_("Nothing was lost."), reload]
    return [
        _("It has not been sent."),
        _("Do not press Back: that can empty the page."),
        " ".join([reload, _("If it asks whether to send again, say yes.")]),
    ]


def not_remembered() -> str:
    """Return what to say of a form with words that this browser's cookie does not know."""
    return _(
        "Your browser did not remember this page. Press Send once more. Add your files again first. If you see this "
        "again, use Tor Browser just as it comes: other browsers can be set to forget."
    )
