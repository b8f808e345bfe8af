"""What colleagues are called outside the desk: by number, unless whoever takes the case out chose their names."""

from serving.language import gettext as _


class PeopleNamed:
    """Gives each user name one name for the bundle: "Reviewer 1" in the order in which they come up, or their own."""

    def __init__(self, *, by_name: bool) -> None:
        self._by_name = by_name
        self._numbers: dict[str, int] = {}

    def __call__(self, username: str) -> str:
        """Return what somebody is called; nobody is the desk itself."""
        if not username:
            return _("The desk, by itself")
        if self._by_name:
            return username
        number = self._numbers.setdefault(username, len(self._numbers) + 1)
        return _("Reviewer {n}").format(n=number)
