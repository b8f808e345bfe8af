"""`candour-desk collect` and `candour-desk pair`. Exit codes: 0 done, 1 could not (a sentence says why), 2 usage."""

import re
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

from journalist_interface.courier_duty import Duty
from journalist_interface.courier_errors import AnotherRun, CourierError
from journalist_interface.courier_progress import Progress
from journalist_interface.courier_report import Report
from journalist_interface.pairing import pair as pair_with
from keys.errors import IntakeKeyUnusable, OpenPGPFailed
from serving.language import gettext as _
from store.errors import StoreError

_DURATION = re.compile(r"([1-9][0-9]{0,4})([smh])\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_LONGEST_SECONDS = 24 * 3600
# So that collections follow no clock that somebody at the line could know.
_JITTER = 0.25
_LOOK_SECONDS = 1.0
_data = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="DIR",
    help=_("Data folder of the desk."),
)


class Duration(click.ParamType[int]):
    """A time such as 30s, 10m or 2h, as whole seconds; 24 hours at most."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the seconds. Fails with a sentence."""
        found = _DURATION.match(str(value))
        seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
        if not 0 < seconds <= _LONGEST_SECONDS:
            self.fail(
                _("“{value}” is not a time such as 30s, 10m or 2h (24h at most).").format(value=value), param, ctx
            )
        return seconds


class _Stopped(BaseException):
    """SIGTERM or SIGINT came. Not an Exception: nothing on the way may take it for an error of its own."""


@click.command()
@_data
@click.option(
    "--every",
    type=Duration(),
    metavar="TIME",
    help=_("Stay, and collect about this often: 30s, 10m, 2h. The button on the desk works at once."),
)
def collect(data: Path, every: int | None) -> None:
    """Take replies to the source host, and bring what waits there. Safe to stop at any moment."""
    with _sentences(), _Stop() as stop:
        duty = Duty(data.resolve(), Progress(sys.stderr, terminal=sys.stderr.isatty()))
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
@_data
@click.option(
    "--pairing",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE",
    help=_("The pairing file that candour-drop init wrote on the source host."),
)
@click.option("--door-url", required=True, metavar="URL", help=_("Where the door is, such as http://127.0.0.1:8082."))
def pair(data: Path, pairing: Path, door_url: str) -> None:
    """Tell the desk which source host is its own. Pairing again replaces the old pairing."""
    with _sentences():
        fingerprint = pair_with(data.resolve(), pairing, door_url)
    click.echo(_("Paired with the source host at {url}.").format(url=door_url))
    click.echo(_("It seals to this desk's intake key, {fingerprint}.").format(fingerprint=fingerprint))


def _collect_once(duty: Duty) -> None:
    report = duty.run()
    if report.problems:
        raise click.ClickException(report.sentence())
    click.echo(report.sentence())
    _warn(report)


def _keep_collecting(duty: Duty, every: int, stop: "_Stop") -> None:
    while True:
        try:
            _tell(duty.run())
        except AnotherRun as other:
            click.echo(str(other), err=True)
        _wait(duty, every * SystemRandom().uniform(1 - _JITTER, 1 + _JITTER), stop)


def _tell(report: Report) -> None:
    if not report.is_quiet:
        click.echo(report.sentence(), err=bool(report.problems))
        _warn(report)


def _warn(report: Report) -> None:
    if report.room_warning:
        click.echo(report.room_warning, err=True)


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
