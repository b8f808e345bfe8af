"""How long verifying and exporting the audit trail takes: `python -m bench.audit_trail [--records 100000]`.

And how much memory Python takes for it at the peak, which must not grow with the trail. Nothing is asserted.
"""

import argparse
import tempfile
import time
import tracemalloc
from collections import deque
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import insert

from journalist_interface.trail_file import as_csv, as_jsonl
from store.database import Database, open_database
from store.desk.account_tables import audit
from store.desk.audit import START, Act, Record
from store.desk.audit_reading import Wanted, read_trail, verify_trail

_AT_ONCE = 10_000  # rows
_ACTS = (Act.SIGN_IN, Act.UNLOCK, Act.QUEUE, Act.OPEN, Act.READ, Act.DOWNLOAD, Act.REPLY, Act.LOCK)


def write_long_trail(database: Database, records: int) -> None:
    """Write a trail of so many records, chained as a desk does."""
    chain, rows = START, []
    for number in range(1, records + 1):
        act = Act.SET_UP if number == 1 else _ACTS[number % len(_ACTS)]
        record = Record(number, 1_790_000_000 + number, f"officer-{number % 7}", act.value, "ABCD-2345", "0f" * 16)
        chain = record.link(chain)
        rows.append({**vars(record), "chain": chain})
        if len(rows) == _AT_ONCE or number == records:
            with database.writing() as connection:
                connection.execute(insert(audit), rows)
            rows = []


def verify(database: Database) -> None:
    """Verify the whole trail."""
    with database.reading() as connection:
        verify_trail(connection)


def export_csv(database: Database) -> None:
    """Make the whole trail a table, and throw it away."""
    with database.reading() as connection:
        deque(as_csv(read_trail(connection, Wanted())), maxlen=0)


def export_jsonl(database: Database) -> None:
    """The same for programs."""
    with database.reading() as connection:
        deque(as_jsonl(read_trail(connection, Wanted())), maxlen=0)


WORK: dict[str, Callable[[Database], None]] = {"verify": verify, "csv": export_csv, "jsonl": export_jsonl}


def peak_of_reading(database: Database) -> int:
    """Return the peak of Python's memory, in bytes, over all of WORK."""
    tracemalloc.start()
    try:
        for work in WORK.values():
            work(database)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000, help="length of the longest trail")
    most = parser.parse_args().records
    print(f"{'records':>10} {'verify s':>9} {'csv s':>7} {'jsonl s':>8} {'peak KB':>8}")
    with tempfile.TemporaryDirectory(prefix="candour-bench-") as folder:
        for records in (max(1, most // 100), max(1, most // 10), most):
            database = open_database(Path(folder) / f"{records}.sqlite", "store.desk.migrations")
            write_long_trail(database, records)
            taken = []
            for work in WORK.values():
                before = time.monotonic()
                work(database)
                taken.append(time.monotonic() - before)
            peak = peak_of_reading(database)
            database.close()
            print(f"{records:>10,} {taken[0]:>9.2f} {taken[1]:>7.2f} {taken[2]:>8.2f} {peak / 1000:>8.0f}", flush=True)


if __name__ == "__main__":
    main()
