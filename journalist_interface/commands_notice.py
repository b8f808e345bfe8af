"""`candour-desk notice`: who gets the daily notice, when it goes, and the watch that sends it."""

import signal
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import FrameType

import click
from sqlalchemy.exc import SQLAlchemyError

from journalist_interface.commands_shared import data_option, sentences
from journalist_interface.desk_folder import opened_desk
from journalist_interface.notice_duty import LOOK_SECONDS, NoticeDuty, file_of
from journalist_interface.notice_errors import NoticeRefused
from journalist_interface.notice_mail import check_address
from journalist_interface.notice_reach import check_reach, is_walled
from journalist_interface.notice_recipients import keep_recipient, new_recipient, read_key_file
from journalist_interface.notice_relay import read_relay
from journalist_interface.notice_rhythm import keep_rhythm, read_clock, read_rhythm
from posture.machine import Machine
from serving.language import gettext as _
from store.desk.notices import Recipient, list_recipients, remove_recipient
from store.errors import Missing, StoreError
from store.plain_text import plain_name

_name = click.argument("name")


@click.group()
def notice() -> None:
    """A notice every day, sealed and of one length, whether something came or not: docs/guide-watching.md."""


@notice.command(short_help=_("Have somebody get the notice, sealed to their OpenPGP key"))
@data_option
@_name
@click.option("--key", type=click.Path(path_type=Path, dir_okay=False), required=True, help=_("Their public key."))
@click.option("--to", "address", metavar="ADDRESS", help=_("By mail, to this address."))
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help=_("Into a file in this folder, which somebody fetches."),
)
def add(data: Path, name: str, key: Path, address: str | None, folder: Path | None) -> None:
    """Have NAME get the notice every day, sealed to their OpenPGP public key."""
    with sentences(), opened_desk(data.resolve()) as desk:
        found = read_key_file(key)
        recipient = new_recipient(name, found, address, folder, int(time.time()))
        _check_reach(data, folder=recipient.folder)
        keep_recipient(desk.database, recipient)
    click.echo(_("{name} gets a notice every day: {where}").format(name=name, where=_where(recipient)))
    click.echo(_("Compare the key with them, aloud: {groups}").format(groups=" ".join(found.groups)))


@notice.command(short_help=_("Have somebody get it no more"))
@data_option
@_name
def remove(data: Path, name: str) -> None:
    """Have NAME get no notice any more."""
    with sentences(), opened_desk(data.resolve()) as desk:
        try:
            with desk.database.writing() as connection:
                remove_recipient(connection, name)
        except Missing as reason:
            raise NoticeRefused(_("Nobody of this name gets a notice. Nothing was changed.")) from reason
    click.echo(_("{name} gets no notice any more.").format(name=name))


@notice.command(short_help=_("Choose when notices go, and through what"))
@data_option
@click.option("--at", metavar="HH:MM", help=_("When the window begins, in UTC."))
@click.option("--within", type=int, metavar="MINUTES", help=_("How long it lasts; each day's moment is drawn in it."))
@click.option("--relay", metavar="WHERE", help=_("The mail relay of this machine: unix:/a/path or 127.0.0.1:PORT."))
@click.option("--sender", metavar="ADDRESS", help=_("In From; without it, each gets it from their own address."))
def rhythm(data: Path, at: str | None, within: int | None, relay: str | None, sender: str | None) -> None:
    """Choose when notices go, and through what. What is not given stays."""
    with sentences(), opened_desk(data.resolve()) as desk, desk.database.writing() as connection:
        chosen = read_rhythm(connection)
        chosen = replace(chosen, at=chosen.at if at is None else read_clock(at))
        chosen = replace(chosen, within=chosen.within if within is None else within)
        if relay is not None:
            read_relay(relay)
            _check_reach(data, relay=relay)
            chosen = replace(chosen, relay=relay)
        if sender is not None:
            chosen = replace(chosen, sender=check_address(sender))
        keep_rhythm(connection, chosen)
    click.echo(
        _("A notice goes every day between {begins} and {ends} UTC, from the next draw on.").format(
            begins=chosen.begins, ends=chosen.ends
        )
    )


@notice.command(short_help=_("Say who gets it, where to, when, and what became of the last"))
@data_option
def show(data: Path) -> None:
    """Say who gets the notice, where to, when, and what became of the last one."""
    with sentences(), opened_desk(data.resolve()) as desk, desk.database.reading() as connection:
        chosen, recipients = read_rhythm(connection), list_recipients(connection)
    click.echo(
        _("Every day between {begins} and {ends} UTC; mail relay: {relay}.").format(
            begins=chosen.begins, ends=chosen.ends, relay=chosen.relay or _("none")
        )
    )
    if not recipients:
        click.echo(_("Nobody gets a notice yet: notice add."))
    for recipient in recipients:
        click.echo(
            _("{name}: {where}; last sent: {day}. {problem}")
            .format(
                name=recipient.name,
                where=_where(recipient),
                day=recipient.sent or _("never"),
                problem=plain_name(_problem(recipient)),
            )
            .rstrip()
        )


@notice.command(short_help=_("Send somebody's notice of today now, to try the way out"))
@data_option
@_name
def send(data: Path, name: str) -> None:
    """Send NAME today's notice now, to try the way out. It is today's: no second one goes on this day.

    For setting up. Later it would go at a moment that a person chose, and may tell something by it.
    """
    with sentences():
        duty = NoticeDuty(data.resolve())
        try:
            now, recipient = int(time.time()), duty.recipient(name)
            duty.look(now)
            _check_reach(data, relay=duty.relay() if recipient.address else "", folder=recipient.folder)
            if not duty.send(recipient, now):
                raise NoticeRefused(_("Today's notice for {name} has gone already.").format(name=name))
        finally:
            duty.close()
    click.echo(_("Today's notice for {name} is on its way.").format(name=name))


@notice.command(short_help=_("Send them, and watch this host: the service candour-notice does it"))
@data_option
def run(data: Path) -> None:
    """Stay: look at this host every ten minutes, and send each day's notice at its moment, until SIGTERM."""
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    with sentences():
        duty = NoticeDuty(data.resolve(), is_over=stopped.is_set)
    seconds = 0
    while not stopped.wait(seconds):
        try:
            seconds = duty.step(int(time.time()))
        except (StoreError, SQLAlchemyError, OSError) as reason:
            # A full disk passes. Of a database's error the type alone: it spells out the values of its query.
            click.echo(
                _("The watch could not look ({why}); it tries again.").format(why=type(reason).__name__), err=True
            )
            seconds = LOOK_SECONDS
    duty.close()


def _check_reach(data: Path, *, relay: str = "", folder: str = "") -> None:
    """Raise NoticeRefused for what only a person at a shell could reach, and not the service."""
    if is_walled(data.resolve(), Machine()):
        check_reach(data.resolve(), relay=relay, folder=folder)


def _where(recipient: Recipient) -> str:
    return recipient.address or str(file_of(recipient))


def _problem(recipient: Recipient) -> str:
    if recipient.problem:
        return recipient.problem
    if recipient.tried not in ("", recipient.sent):
        return _("Of that of {day} nobody knows whether it left.").format(day=recipient.tried)
    return ""
