"""What is said to whoever meets the limit of one circuit: what happened, what is not lost, what to do. Knows no Flask.

Tor Browser calls a new circuit “New Tor circuit for this site”, and on Android “New circuit”. It loads the page again,
and what was typed may be gone with it: nobody is sent there without being told so.
"""

from serving.language import gettext as _


def codename_not_looked_at() -> str:
    """Return what to say beside a codename that was not looked at."""
    return " ".join(
        [
            _("There were too many tries in a short time, so we have not looked at this one yet."),
            _("Your report is safe, and what you typed is still here. Press the button again in ten minutes."),
            # Beside a message, too: whoever leaves must know that its words go.
            _(
                "You need not wait here. Press “Leave”, and come back after ten minutes. What you typed here is gone "
                "then."
            ),
            _(
                "If you cannot wait: choose “New Tor circuit for this site” (on a phone: “New circuit”) in the menu of "
                "Tor Browser. That can empty this page, so have your seven words on paper first."
            ),
        ]
    )


def form_not_sent() -> str:
    """Return what to say of a report or message that was not taken. Its files are held."""
    return " ".join(
        [
            _("A great deal came from your browser in a short time, so this is not sent yet."),
            _("Nothing is lost: what you wrote is still here, and files you added are kept if there is room."),
            _("Press Send again in ten minutes."),
            _new_circuit(),
        ]
    )


def too_many_forms() -> str:
    """Return what to say of a form that was not taken because its circuit sends so many. Its files were dropped."""
    return " ".join(
        [
            _("Several large forms are on their way to us from your browser already, so we could not take this one."),
            _("What you wrote is not lost; your files must be sent again."),
            _("Wait until the others have arrived, or some minutes. Then add your files and send again."),
            _new_circuit(),
        ]
    )


def _new_circuit() -> str:
    # What is copied stays behind on a phone, and goes to other machines of its owner.
    return _(
        "If you cannot wait: leave, and write it again another day. Do not copy it: phones and computers keep what you "
        "copy."
    )


def unread_form_again() -> str:
    """Return what else can be done where a form could not even be read, and so cannot be given back."""
    return _(
        "If you cannot wait: choose “New Tor circuit for this site” (on a phone: “New circuit”) in the menu of Tor "
        "Browser. It can lose what you wrote. Do not copy it first: phones and computers keep what you copy."
    )
