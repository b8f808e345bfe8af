"""The figures as they are shown, and as a file for spreadsheets: as they were published, for which no key is needed."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass

from journalist_interface.desk_folder import Desk
from journalist_interface.figures.counting import counted_since
from journalist_interface.figures.measures import MEASURES, Group, group_label, measure_label
from journalist_interface.figures.suppressing import BASE, LEAST_SHOWN, month_after
from serving.language import gettext as _
from store.desk.figures import Figure, list_figures

COLUMNS = ("group", "measure", "first_month", "last_month", "number")


@dataclass(frozen=True)
class MeasureRow:
    """One measure: what was published of it, the newest first, and since which month (YYYY-MM) the rest waits."""

    label: str
    figures: tuple[Figure, ...]
    waits_since: str


@dataclass(frozen=True)
class FiguresPage:
    """What the page shows: each group with its measures; nothing before anything was counted. `since`: YYYY-MM."""

    since: str
    groups: tuple[tuple[str, tuple[MeasureRow, ...]], ...]


def read_figures(desk: Desk) -> FiguresPage:
    """Return the figures."""
    with desk.database.reading() as connection:
        since, published = counted_since(connection) or "", list_figures(connection)
    if not since:
        return FiguresPage("", ())
    groups = []
    for group in Group:
        rows = [_row(name, published, since) for name, belongs in MEASURES.items() if belongs is group]
        groups.append((group_label(group), tuple(rows)))
    return FiguresPage(since, tuple(groups))


def figures_csv(desk: Desk) -> bytes:
    """Return what was published as CSV, after lines that say what the numbers are."""
    with desk.database.reading() as connection:
        published = list_figures(connection)
    text = io.StringIO()
    for line in said_of_them():
        text.write(f"# {line}\r\n")
    lines = csv.writer(text)
    lines.writerow(COLUMNS)
    for name, group in MEASURES.items():
        for each in (figure for figure in published if figure.measure == name):
            lines.writerow((group_label(group), measure_label(name), each.first_month, each.last_month, each.shown))
    return text.getvalue().encode("utf-8")


def said_of_them() -> tuple[str, ...]:
    """Return what must be known of the numbers, wherever they are shown."""
    return (
        _("Each number is rounded to the nearest {base}.").format(base=BASE),
        _(
            "A number under {least} is not shown: it waits, and is added to the next month's until together they are "
            "{least} or more."
        ).format(least=LEAST_SHOWN),
        _("Months are whole and over. What was published never changes."),
        _("They count acts: a letter may be about several topics, a case may be closed twice. There are no totals."),
    )


def _row(name: str, published: Iterable[Figure], since: str) -> MeasureRow:
    own = tuple(figure for figure in published if figure.measure == name)
    return MeasureRow(measure_label(name), own[::-1], month_after(own[-1].last_month) if own else since)
