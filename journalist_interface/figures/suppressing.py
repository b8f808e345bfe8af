"""What of a count may be known: small numbers wait until they are not small, and the rest is rounded. No I/O.

Rules, after the method of NHS England for hospital statistics ("Disclosure control methodology for HES and ECDS",
2018: 1 to 7 are suppressed, all else is rounded to the nearest five), with nought suppressed too, because it tells of
everybody that they did not report:
- Only whole months that are over are counted.
- A number under eight is not published. It is added to the next month's, until together they are eight or more.
- What is published is the sum since the last publication, rounded to the nearest five; once, and never changed.
- Measures are independent of each other, and there is no total (measures.py).

So each published number stands for five possible ones, none under eight; and nothing is known of what waits but that
it is fewer than eight. Each publication begins with the one before: nothing follows from their difference.
"""

from dataclasses import dataclass

from store.desk.figures import Figure

LEAST_SHOWN = 8
BASE = 5


@dataclass(frozen=True)
class Pool:
    """What waits of one measure: since which month (YYYY-MM), and how many."""

    first_month: str
    count: int


def close_month(measure: str, pool: Pool, month: str, count: int) -> tuple[Figure | None, Pool]:
    """Return what is published of a measure at the end of a month, if anything is, and what waits from then on."""
    total = pool.count + count
    if total < LEAST_SHOWN:
        return None, Pool(pool.first_month, total)
    return Figure(measure, pool.first_month, month, rounded(total)), Pool(month_after(month), 0)


def rounded(count: int) -> int:
    """Return the nearest multiple of five."""
    return (count + BASE // 2) // BASE * BASE


def month_after(month: str) -> str:
    """Return the month after one, YYYY-MM."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04}-{number % 12 + 1:02}"
