"""`candour-desk collect` and `candour-desk pair`. Exit codes: 0 done, 1 could not (a sentence says why), 2 usage."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import SystemRandom
from types import FrameType, TracebackType

import click
from sqlalchemy.exc import SQLAlchemyError

from journalist_interface.commands_shared import data_option
from journalist_interface.courier_duty import Duty
from journalist_interface.courier_errors import AnotherRun, CourierError
from journalist_interface.courier_options import Duration, Rate, Size
from journalist_interface.courier_plan import Plan
from journalist_interface.courier_progress import Progress
from journalist_interface.courier_report import Report
from journalist_interface.courier_roads import MOST_ROADS
from journalist_interface.door_address import shared_port_warning
from journalist_interface.pairing import pair as pair_with
from journalist_interface.pairing import read_pairing
from keys.errors import IntakeKeyUnusable, OpenPGPFailed
from serving.language import gettext as _
from store.errors import StoreError

# So that collections follow no clock that somebody at the line could know.
_JITTER = 0.25
_LOOK_SECONDS = 1.0


class _Stopped(BaseException):
    """SIGTERM or SIGINT came. Not an Exception: nothing on the way may take it for an error of its own."""


@click.command()
@data_option
@click.option(
    "--every",
    type=Duration(),
    metavar="TIME",
    help=_("Stay, and collect about this often: 30s, 10m, 2h. The button on the desk works at once."),
)
@click.option(
    "--least",
    type=Size(),
    metavar="SIZE",
    help=_(
        "How much a collection weighs on the line at least, with padding if need be, so that nobody sees whether "
        "something waited: 500kB, 2MB; 0 for no padding. Default: 2MB through Tor, 0 on this machine."
    ),
)
@click.option(
    "--at-most",
    type=Rate(),
    metavar="RATE",
    help=_("How fast it may go: 500kB/s, 2MB/s; 0 for no limit. Default: 2MB/s through Tor, 0 on this machine."),
)
@click.option(
    "--roads",
    type=click.IntRange(1, MOST_ROADS),
    default=MOST_ROADS,
    show_default=True,
    metavar="N",
    help=_("How many files of a submission may be fetched at once, each over circuits of its own: 1 to 4."),
)
def collect(data: Path, every: int | None, least: int | None, at_most: int | None, roads: int) -> None:
    """Take replies to the source host, and bring what waits there. Safe to stop at any moment.

    Away from a terminal it says problems alone: a log that tells when something came would outlive everything else.
    """
    with _sentences(), _Stop() as stop:
        progress = Progress(sys.stderr, terminal=sys.stderr.isatty())
        duty = Duty(data.resolve(), progress, Plan(roads, least, at_most))
        try:
            if every is None:
                _collect_once(duty)
            else:
                _keep_collecting(duty, every, stop)
        except _Stopped as stopped:
            if every is None:
                raise click.ClickException(_("Stopped before the end. Nothing is lost.")) from stopped
        finally:
            duty.close()


@click.command()
@data_option
@click.option(
    "--pairing",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE",
    help=_("The pairing file that candour-drop init wrote on the source host."),
)
@click.option(
    "--door-url",
    metavar="URL",
    help=_(
        "Where the door is: http://….onion, or on this very machine http://127.0.0.1:8082. Not needed if the pairing "
        "file says it."
    ),
)
@click.option(
    "--socks",
    metavar="WHERE",
    help=_(
        "Where this host's Tor takes SOCKS: unix:/a/path, or 127.0.0.1:9050 for the one of Debian. "
        "Default: unix:DIR/tor/socks.sock."
    ),
)
def pair(data: Path, pairing: Path, door_url: str | None, socks: str | None) -> None:
    """Tell the desk which source host is its own. Pairing again replaces the old pairing."""
    with _sentences():
        url, fingerprint = pair_with(data.resolve(), pairing, door_url, socks)
        used = read_pairing(data.resolve()).socks
    click.echo(_("Paired with the source host at {url}.").format(url=url))
    if used is not None and (warning := shared_port_warning(used)):
        click.echo(_("Warning: {said}").format(said=warning), err=True)
    click.echo(_("It seals to this desk's intake key, {fingerprint}.").format(fingerprint=fingerprint))


def _collect_once(duty: Duty) -> None:
    report = duty.run()
    if report.problems:
        raise click.ClickException(report.sentence() if _is_seen() else report.trouble())
    if _is_seen():
        click.echo(report.sentence())
    _warn(report)


def _keep_collecting(duty: Duty, every: int, stop: "_Stop") -> None:
    while True:
        began, interval = time.monotonic(), draw_interval(every)
        try:
            _tell(duty.run())
        except AnotherRun as other:
            click.echo(str(other), err=True)
        _wait(duty, pause_after(interval, began, time.monotonic()), stop)


def draw_interval(every: int) -> float:
    """Return about so many seconds, drawn anew for each run."""
    return every * SystemRandom().uniform(1 - _JITTER, 1 + _JITTER)


def pause_after(interval: float, began: float, now: float) -> float:
    """Return the seconds until the next run, from beginning to beginning; one at least.

    How long a run took must not show in when the next one comes.
    """
    return max(_LOOK_SECONDS, began + interval - now)


def _tell(report: Report) -> None:
    if _is_seen() and not report.is_quiet:
        click.echo(report.sentence(), err=bool(report.problems))
    elif report.problems:
        click.echo(report.trouble(), err=True)
    _warn(report)


def _is_seen() -> bool:
    """Tell whether what is said goes to a person, and into no journal."""
    return sys.stdout.isatty() and sys.stderr.isatty()


def _warn(report: Report) -> None:
    for warning in (report.room_warning, report.cover_warning):
        if warning:
            click.echo(warning, err=True)


def _wait(duty: Duty, seconds: float, stop: "_Stop") -> None:
    """Wait, or less if the desk asks for a collection."""
    ends = time.monotonic() + seconds
    duty.wait_for(seconds)
    while (left := ends - time.monotonic()) > 0:
        duty.beat()
        # Before the look: while another run holds the lock, a wish of the desk must not make this loop spin.
        time.sleep(min(left, _LOOK_SECONDS))
        stop.check()
        if duty.is_wanted():
            return


class _Stop:
    """As a context: SIGTERM and SIGINT raise _Stopped in the middle of whatever is done; every step can bear it."""

    def __init__(self) -> None:
        self._asked = False

    def __enter__(self) -> "_Stop":
        self._before = {number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, was in self._before.items():
            signal.signal(number, was)

    def check(self) -> None:
        """Raise _Stopped if a signal came whose exception was lost: Python drops those raised in a finaliser."""
        if self._asked:
            raise _Stopped

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True
        raise _Stopped


@contextmanager
def _sentences() -> Iterator[None]:
    try:
        yield
    except (CourierError, IntakeKeyUnusable, OpenPGPFailed, StoreError) as reason:
        raise click.ClickException(str(reason)) from reason
    except SQLAlchemyError as reason:
        raise click.ClickException(
            _("The desk's database cannot be used ({why}).").format(why=type(reason).__name__)
        ) from reason
    except OSError as reason:
        raise click.ClickException(f"{reason.strerror}: {reason.filename}") from reason
