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
    is not sound, and raises if it cannot. `name` says to machines what was looked at; several findings may share it.
    `group` is a heading for people. `why` it matters, and `how` somebody mends it by hand, are told where it is not
    right. `unseen`: it warns because nobody can tell.
    """

    sentence: str
    sound: bool
    warns: bool = False
    mend: Callable[[], None] | None = field(default=None, repr=False)
    name: str = ""
    group: str = ""
    why: str = ""
    how: str = ""
    unseen: bool = False


@dataclass(frozen=True)
class Told:
    """A finding as lines for people, whether it is still wrong after what was done about it, and its grade for
    machines: docs/check-json.md."""

    line: str
    wrong: bool
    grade: str
    finding: Finding


def named(name: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings, those without a name of their own under this one."""
    for finding in findings:
        yield finding if finding.name else replace(finding, name=name)


def graded(*, name: str, group: str, grade: str, sentence: str, why: str, how: str) -> Finding:
    """Return what somebody else judged as a finding. `grade`: right, warning, fault or unseen; raises ValueError."""
    if grade not in ("right", "warning", "fault", "unseen"):
        raise ValueError(grade)
    return Finding(
        sentence,
        sound=grade != "fault",
        warns=grade in ("warning", "unseen"),
        name=name,
        group=group,
        why=why,
        how=how,
        unseen=grade == "unseen",
    )


def tell_findings(findings: Iterable[Finding], *, repair: bool) -> Iterator[Told]:
    """Yield a line for each finding; with `repair` what can be mended is mended first.

    What a finding quotes of the database moves no cursor: plain_text.py.
    """
    group = ""
    for finding in map(_plain, findings):
        told = _told(finding, repair=repair)
        if finding.group != group:
            group = finding.group
            told = replace(told, line=f"\n{group}\n{told.line}" if group else told.line)
        yield told


def _told(finding: Finding, *, repair: bool) -> Told:
    if finding.sound and not finding.warns:
        return Told(f"{_('ok   ')} {finding.sentence}", wrong=False, grade="right", finding=finding)
    if finding.sound:
        grade = "unseen" if finding.unseen else "warning"
        return Told(f"{_('warn ')} {finding.sentence}{_advice(finding)}", wrong=False, grade=grade, finding=finding)
    if finding.mend is None:
        line = f"{_('FAULT')} {finding.sentence}{_advice(finding)}"
        return Told(line, wrong=True, grade="fault", finding=finding)
    if not repair:
        by = _("check --repair mends this.")
        line = f"{_('FAULT')} {finding.sentence} {by}"
        return Told(line, wrong=True, grade="fault", finding=replace(finding, how=by))
    return _mended(finding, finding.mend)


def _advice(finding: Finding) -> str:
    said = " ".join(part for part in (finding.why, finding.how) if part)
    return f"\n      {said}" if said else ""


def _plain(finding: Finding) -> Finding:
    return replace(finding, sentence=plain_name(finding.sentence))


def _mended(finding: Finding, mend: Callable[[], None]) -> Told:
    try:
        mend()
    except Exception as reason:
        # Not the text of the error: a database's error spells out the values of its query.
        why = _("It could not be mended: {why}.").format(why=type(reason).__name__)
        return Told(f"{_('FAULT')} {finding.sentence} {why}", wrong=True, grade="fault", finding=finding)
    line = f"{_('fixed')} {finding.sentence} {_('It is mended.')}"
    return Told(line, wrong=False, grade="mended", finding=finding)
