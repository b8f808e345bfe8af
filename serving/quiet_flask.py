"""Flask that tells nobody what went wrong: a traceback can hold what somebody wrote, and a log line tells when."""

from typing import Any

from flask import Flask


class QuietFlask(Flask):
    """An application whose errors are pages and never log lines."""

    def log_exception(self, exc_info: Any) -> None:
        """Say nothing."""
