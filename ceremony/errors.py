"""What can go wrong in the sitting. The text is a sentence for the people round the table."""


class CeremonyRefused(Exception):
    """The sitting cannot go on in this way: say what was not done, and what to do next."""


class ClosedForNow(Exception):
    """Somebody chose to go on later: nothing is wrong, and the same command goes on at the same step."""
