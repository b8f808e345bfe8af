"""The language people read. Today there is one; every sentence goes through here, so that more can come.

The standard library's `gettext.gettext` looks for a catalogue on the disk again for every sentence, four times: a
report page cost 12 ms in that alone. Here it is looked for once.
"""

from gettext import translation

DOMAIN = "candour"
_TRANSLATION = translation(DOMAIN, fallback=True)


def gettext(sentence: str) -> str:
    """Return a sentence in the reader's language."""
    return _TRANSLATION.gettext(sentence)


def ngettext(one: str, many: str, count: int) -> str:
    """Return the sentence that fits the count, in the reader's language."""
    return _TRANSLATION.ngettext(one, many, count)
