"""Why a server does not start."""


class ServingRefused(Exception):
    """The server cannot start; the text is a sentence for the administrator."""
