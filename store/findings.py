"""What a check finds, on either host: a sentence, whether it is sound, and, if it can be mended, how.

Rules:
- A check changes nothing. What `mend` does is done only when somebody asked for it (`check --repair`), and it must lose
  nothing: no sealed file goes that may be the only copy of what somebody sent.
- Findings come one by one: what was mended is mended before the next thing is looked at.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from gettext import gettext as _

from store.plain_text import plain_name


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: a sentence, and whether it is as it should be.

    `warns`: it is sound as it stands, and somebody should do something about it all the same. `mend` puts right what
    is not sound, and raises if it cannot.
    """

    sentence: str
    sound: bool
    warns: bool = False
    mend: Callable[[], None] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Told:
    """A finding as a line for people, and whether it is still wrong after what was done about it."""

    line: str
    wrong: bool


def tell_findings(findings: Iterable[Finding], *, repair: bool) -> Iterator[Told]:
    """Yield a line for each finding; with `repair` what can be mended is mended first.

    What a finding quotes of the database moves no cursor: plain_text.py.
    """
    for finding in map(_plain, findings):
        if finding.sound:
            mark = _("warn ") if finding.warns else _("ok   ")
            yield Told(f"{mark} {finding.sentence}", wrong=False)
        elif finding.mend is None:
            yield Told(f"{_('FAULT')} {finding.sentence}", wrong=True)
        elif not repair:
            yield Told(f"{_('FAULT')} {finding.sentence} {_('check --repair mends this.')}", wrong=True)
        else:
            yield _mended(finding, finding.mend)


def _plain(finding: Finding) -> Finding:
    return replace(finding, sentence=plain_name(finding.sentence))


def _mended(finding: Finding, mend: Callable[[], None]) -> Told:
    try:
        mend()
    except Exception as reason:
        # Not the text of the error: a database's error spells out the values of its query.
        why = _("It could not be mended: {why}.").format(why=type(reason).__name__)
        return Told(f"{_('FAULT')} {finding.sentence} {why}", wrong=True)
    return Told(f"{_('fixed')} {finding.sentence} {_('It is mended.')}", wrong=False)
