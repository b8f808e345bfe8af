"""`candour-drop onion`: the onion services of the source host."""

from pathlib import Path

import click

from onion.clients import names, revoke
from onion.in_force import Force, tell_let_in, tell_shut_out, wait
from onion.running import Plan, run_tor
from serving.language import gettext as _
from source_interface.commands_shared import data_option, sentences
from source_interface.door_keys import DOOR, door_of
from source_interface.drop_folder import DropFolder
from source_interface.silenced import refuse_if_silenced
from source_interface.tor_plan import SITE, bring_back, let_in, plan_of, renew, set_up_onions
from store.folder import check_private_folder

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def onion() -> None:
    """The onion services: the site, open to all, and the door, for the reviewer host alone."""


@onion.command("set-up", short_help=_("Make both addresses, and their keys; safe to run again"))
@data_option
@click.option("--courier-key", type=_FILE, help="The reviewer host's key, from `candour-desk onion set-up`.")
@click.option("--pairing", type=_FILE, help="The pairing file that `init` wrote: the door's address is added to it.")
def set_up(data: Path, courier_key: Path | None, pairing: Path | None) -> None:
    """Make the keys and addresses of both onion services, without any network. Safe to run again."""
    with sentences():
        addresses = set_up_onions(data.resolve(), courier_key, pairing)
    click.echo(_("The site for sources: {address}").format(address=addresses["site"]))
    click.echo(_("The door, which only the reviewer host finds: {address}").format(address=addresses["door"]))
    if courier_key is not None:
        click.echo(_("The reviewer host “{name}” is let in.").format(name=courier_key.stem))
        _say_let_in(data.resolve())


@onion.command("run", short_help=_("Run Tor: the service candour-tor does it"))
@data_option
@click.option("--beside", type=_FILE, help="Lines for Tor of your own: bridges, a firewall, a test network.")
def run(data: Path, beside: Path | None) -> None:
    """Run Tor until SIGTERM, and look after it: start it again when somebody is let in or out, end when silenced."""
    root = data.resolve()
    with sentences():
        plan = plan_of(root, beside)
        run_tor(plan, lambda: _unless_silenced(root, plan))


@onion.command("allow", short_help=_("Let a reviewer host in at the door"))
@data_option
@click.argument("name")
@click.argument("key", type=_FILE)
def allow(data: Path, name: str, key: Path) -> None:
    """Let the reviewer host NAME, whose public key is in the file KEY, in at the door."""
    with sentences():
        let_in(data.resolve(), name, key)
        click.echo(_("“{name}” is let in at the door.").format(name=name))
        _say_let_in(data.resolve())


@onion.command("revoke", short_help=_("Let a reviewer host in at the door no more"))
@data_option
@click.argument("name")
def take_out(data: Path, name: str) -> None:
    """Let the reviewer host NAME in at the door no more. Its open circuits are closed.

    Exit code 1 also if the Tor that runs has not taken that up after half a minute.
    """
    with sentences():
        revoke(_door_of(data.resolve()), name)
        click.echo(_("The key of “{name}” is taken away.").format(name=name))
        _say_shut_out(data.resolve())


@onion.command("new-address", short_help=_("Give site or door a new address; the old keys are laid aside"))
@data_option
@click.argument("service", type=click.Choice([SITE, DOOR]))
def new_address(data: Path, service: str) -> None:
    """Give the SERVICE, site or door, a new address. The old keys are laid aside, not destroyed."""
    with sentences():
        done = renew(data.resolve(), service)
    _tell_address(data, service, *done)


@onion.command("old-address", short_help=_("Give site or door an old address back"))
@data_option
@click.argument("service", type=click.Choice([SITE, DOOR]))
@click.argument("address")
def old_address(data: Path, service: str, address: str) -> None:
    """Give the SERVICE, site or door, its old ADDRESS back, whose keys were laid aside."""
    with sentences():
        done = bring_back(data.resolve(), service, address)
    _tell_address(data, service, *done)


def _unless_silenced(root: Path, plan: Plan) -> Plan:
    """Return the plan; asked every second while Tor runs. Raises Silenced: then Tor is ended."""
    refuse_if_silenced(root)
    return plan


def _tell_address(data: Path, service: str, address: str, aside: Path) -> None:
    click.echo(_("The address from now on: {address}").format(address=address))
    click.echo(_("The other keys are in {path}. Destroy them once nobody should come there.").format(path=aside))
    if service == SITE:
        click.echo(_("Start “serve” again: until then the site does not answer under its new address."))
    else:
        click.echo(_("On the reviewer host: candour-desk onion door http://{address}").format(address=address))
        click.echo(_("A pairing file made before this leads to the old door: make another."))
    _say_let_in(data.resolve())


def _door_of(root: Path) -> Path:
    return door_of(DropFolder(check_private_folder(root)))


def _say_let_in(root: Path) -> None:
    """Wait until people can come in by what was changed, and say what is true then."""
    plan = plan_of(root)
    click.echo(tell_let_in(wait(plan.folder, plan.mark, Force.PUBLISHED)))


def _say_shut_out(root: Path) -> None:
    """Wait until a key that was taken away opens nothing, and say what is true then; end with 1 if it may open yet."""
    plan = plan_of(root)
    force = wait(plan.folder, plan.mark, Force.TAKEN)
    if force is Force.NOT_TAKEN:
        raise click.ClickException(tell_shut_out(force))
    click.echo(tell_shut_out(force))


@onion.command("show", short_help=_("Show the addresses, and who is let in at the door"))
@data_option
def show(data: Path) -> None:
    """Show the addresses, and who is let in at the door."""
    with sentences():
        addresses, clients = plan_of(data.resolve()).addresses(), names(_door_of(data.resolve()))
    for name, address in addresses.items():
        click.echo(f"{name}: http://{address}")
    click.echo(_("Let in at the door: {names}").format(names=", ".join(clients) or _("nobody")))
