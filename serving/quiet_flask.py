"""Flask that tells nobody what went wrong: a traceback can hold what somebody wrote, and a log line tells when."""

from typing import Any

from flask import Flask
from werkzeug.datastructures import ImmutableDict


class QuietFlask(Flask):
    """An application whose errors are pages and never log lines, and which answers no OPTIONS with a list."""

    default_config = ImmutableDict({**Flask.default_config, "PROVIDE_AUTOMATIC_OPTIONS": False})

    def log_exception(self, exc_info: Any) -> None:
        """Say nothing."""
