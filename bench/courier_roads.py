"""What several roads gain over a line as slow as Tor's: the same post collected over one, two and four of them.

    python -m bench.courier_roads

A stand-in for Tor carries each byte 150 ms late each way, 64 KiB at a time: some 400 kB a second and road. Prints a
table: seconds for twenty letters alone, and for one report with eight files of a megabyte.
"""

import os
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from journalist_interface.courier import Courier
from journalist_interface.door_address import read_socks
from journalist_interface.door_client import DoorClient
from journalist_interface.tor_road import TorRoad
from tests.courier.ground import TOKEN, Watching, make_desk_ground, make_drop_ground, serving
from tests.courier.stand_in_tor import ONION, StandInTor

DELAY_SECONDS = 0.15
LETTERS = 20
FILES = [bytes(1_000_000)] * 8


def collect(folder: Path, letters: int, files: list[bytes], roads: int) -> float:
    """Return the seconds that a collection takes."""
    drop, desk = make_drop_ground(folder / "drop"), make_desk_ground(folder / "desk")
    for _each in range(letters):
        drop.submit(bytes(4_600), *files)
    with (
        serving(drop.app()) as url,
        StandInTor(url, delay=DELAY_SECONDS).serving() as socks,
        closing(DoorClient(f"http://{ONION}", TOKEN, road=TorRoad(read_socks(socks)))) as door,
    ):
        began = time.monotonic()
        report = Courier(desk.database, desk.post, desk.outgoing, door, Watching(), roads).run()
        seconds = time.monotonic() - began
    if report.stored != letters or report.problems:
        raise SystemExit(report.sentence())
    drop.database.close()
    desk.database.close()
    return seconds


def main() -> None:
    """Print the table."""
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for what, letters, files in (("20 letters", LETTERS, []), ("8 files of 1 MB", 1, FILES)):
        for roads in (1, 2, 4):
            with TemporaryDirectory() as folder:
                print(f"{what}, {roads} roads: {collect(Path(folder), letters, list(files), roads):.1f} s", flush=True)


if __name__ == "__main__":
    main()
