"""`candour-desk onion`: the reviewer host's Tor."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from journalist_interface.commands_shared import data_option, sentences
from journalist_interface.desk_folder import opened_desk
from journalist_interface.desk_onion import switch_off, switch_on
from journalist_interface.entrances import changing_keys, end_old_key, exchange_entrance
from journalist_interface.errors import SetUpRefused
from journalist_interface.officers_asked import ask_officer
from journalist_interface.pairing import move_door
from journalist_interface.tor_paths import desk_address, desk_service, desk_socket
from journalist_interface.tor_plan import draw_next_key, plan_of, set_up_road
from onion import clients
from onion.in_force import Force, tell_let_in, tell_shut_out, wait
from onion.running import run_tor
from serving.language import gettext as _
from serving.private_screen import keep_out_of_dumps, shown_once, stoppable
from store.errors import Missing
from store.plain_text import plain_name

_FILE = click.Path(path_type=Path, dir_okay=False)


def _courier_key_option(told: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the option of a command that writes a key to be carried; `told` is its help."""
    return click.option("--courier-key", type=_FILE, required=True, metavar="FILE", help=told)


@click.group()
def onion() -> None:
    """The reviewer host's Tor: the courier's road to the source host, and, if you like, the reviewers' to the desk."""


@onion.command("set-up", short_help=_("Make the courier's key for the door; safe to run again"))
@data_option
@_courier_key_option(_("Where to write the key to carry to the source host. Its name is this host's name there."))
def set_up(data: Path, courier_key: Path) -> None:
    """Make the key that opens the source host's door to this host's courier. Safe to run again: the key stays."""
    with sentences():
        set_up_road(data.resolve(), courier_key)
    click.echo(_("Carry {path} to the source host, for candour-drop onion set-up.").format(path=courier_key))


@onion.command("new-key", short_help=_("Draw a new key for the door, used once you pair anew: yearly"))
@data_option
@_courier_key_option(_("Where to write the new key to carry to the source host. Under a name that is new there."))
def new_key(data: Path, courier_key: Path) -> None:
    """Change the courier's key for the door: draw another, which is used once you pair anew. The one before holds until
    then. Safe to run again: the new one stays.
    """
    with sentences():
        draw_next_key(data.resolve(), courier_key)
    click.echo(
        _(
            "Carry {path} to the source host, for candour-drop pairing with --courier-key. The pairing file that it "
            "makes has the courier use the new key, and the door take the one before away. Until then nothing changes."
        ).format(path=courier_key)
    )


@onion.command("door", short_help=_("Follow the source host's door to its new address"))
@data_option
@click.argument("url")
def door(data: Path, url: str) -> None:
    """Follow the source host's door to the new address URL. Everything else of the pairing stays."""
    with sentences():
        moved = move_door(data.resolve(), url)
    click.echo(_("The courier goes to {url} from now on.").format(url=moved))


@onion.command("run", short_help=_("Run Tor: the service candour-tor does it"))
@data_option
@click.option("--beside", type=_FILE, metavar="FILE", help=_("Lines for Tor of your own: bridges, a test network."))
def run(data: Path, beside: Path | None) -> None:
    """Run Tor until SIGTERM, and look after it."""
    folder = data.resolve()
    with sentences():
        run_tor(plan_of(folder, beside), lambda: plan_of(folder, beside))


@onion.command("desk-on", short_help=_("Give the desk an address for reviewers who have a key"))
@data_option
@click.option("--new-address", is_flag=True, help=_("Forget the address that the desk had before it was switched off."))
def desk_on(data: Path, new_address: bool) -> None:
    """Give the desk an onion service of its own, which lets in nobody but people with a key. Safe to run again."""
    folder = data.resolve()
    with sentences(), opened_desk(folder):
        address = switch_on(folder, new_address=new_address)
    click.echo(_("The desk's onion service: http://{address}/").format(address=address))
    click.echo(_("Serve the desk where Tor brings people: candour-desk serve --bind unix:{path}").format(
        path=desk_socket(folder)
    ))  # fmt: skip
    click.echo(_("Nobody finds it without a key: candour-desk onion key NAME for those who are here already."))
    with sentences():
        _say_let_in(folder)


@onion.command("desk-off", short_help=_("Shut reviewers' way to the desk, and take everybody's key away"))
@data_option
def desk_off(data: Path) -> None:
    """Shut the desk's onion service, and take everybody's key away. The address stays the desk's for the next time.

    Exit code 1 also if the Tor that runs has not taken that up after half a minute.
    """
    with sentences():
        with opened_desk(data.resolve()) as desk:
            switch_off(desk)
        click.echo(_("The desk's onion service is switched off, and everybody's key is taken away."))
        plan = plan_of(data.resolve())
        force = wait(plan.folder, plan.mark, Force.TAKEN)
        if force is Force.NOT_TAKEN:
            raise click.ClickException(tell_shut_out(force))
        click.echo(tell_shut_out(force))


@onion.command("key", short_help=_("Give somebody a key to the desk; any other of theirs ends"))
@data_option
@click.argument("name")
@click.option(
    "--beside",
    is_flag=True,
    help=_("The one before holds too, for 14 days, or until key-done: for a change without a gap."),
)
def key(data: Path, name: str, *, beside: bool) -> None:
    """Give NAME, who has an account, a key to the desk; any other of theirs opens nothing. An officer is asked first.

    For the first people of a desk, and to change a key that nobody lost (--beside). Else an administrator does it on
    the page of the person.
    """
    keep_out_of_dumps()
    with stoppable(_("Stopped. If a key was made, nobody has it: make another.")), sentences():
        with opened_desk(data.resolve()) as desk:
            proof = ask_officer(desk)
            with changing_keys(desk) as connection:
                proof.spend(connection)
                try:
                    entrance = exchange_entrance(connection, desk, proof.reviewer.username, name, beside=beside)
                except Missing as reason:
                    raise SetUpRefused(
                        _("There is no account “{name}” here. Nothing was changed.").format(name=name)
                    ) from reason
            desk.database.leave_no_trace()
        with shown_once(_("Taken down? Press Enter: the screen is cleared, and the key is never shown again.")):
            click.echo(_("Address, for Tor Browser: http://{address}/").format(address=entrance.address))
            click.echo(_("Key of {name}, when Tor Browser asks for it: {key}").format(name=name, key=entrance.key))
            click.echo(_("The same for reading aloud: {key}").format(key=entrance.spoken))
        _say_let_in(data.resolve())


@onion.command("key-done", short_help=_("They came with the new key: the one before ends"))
@data_option
@click.argument("name")
def key_done(data: Path, name: str) -> None:
    """NAME has come with the new key: the one before, which `key --beside` left, opens nothing from now on.

    Exit code 1 also if the Tor that runs has not taken that up after half a minute.
    """
    with sentences():
        with opened_desk(data.resolve()) as desk:
            end_old_key(desk, name)
        click.echo(_("The key of before of {name} is taken away.").format(name=name))
        plan = plan_of(data.resolve())
        force = wait(plan.folder, plan.mark, Force.TAKEN)
        if force is Force.NOT_TAKEN:
            raise click.ClickException(tell_shut_out(force))
        click.echo(tell_shut_out(force))


def _say_let_in(root: Path) -> None:
    """Wait until people can come in by what was changed, and say what is true then."""
    plan = plan_of(root)
    click.echo(tell_let_in(wait(plan.folder, plan.mark, Force.PUBLISHED)))


@onion.command("show", short_help=_("Show the desk's address, and who has a key to it"))
@data_option
def show(data: Path) -> None:
    """Print the address of the desk's onion service, and who has a key to it."""
    folder = data.resolve()
    with sentences():
        plan_of(folder)
        address = desk_address(folder)
        if address is None:
            raise SetUpRefused(_("The desk has no onion service."))
    click.echo(_("http://{address}/").format(address=address) if address else _("Tor has not made its keys yet."))
    for name in clients.names(desk_service(folder)):
        click.echo(plain_name(name))
