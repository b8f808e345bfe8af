"""The order in which a demonstration is made and started: keys, pairing, three servers, the courier."""

import json
import os
import secrets
import socket
import sys
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path

from deploy.demo.child import Shown
from deploy.demo.errors import PortTaken
from deploy.demo.folder import Account, Addresses, Colleague, DemonstrationFolder
from deploy.demo.panel import panel
from deploy.demo.processes import Processes

USERNAME = "demo"
# One for each thing that one person alone may not do.
COLLEAGUES = {"ben": "reviewer", "cora": "supervisor,reviewer", "dora": "administrator", "evan": "auditor"}
PASSWORD_WORDS = 6  # 77 bits from 7,772 words
WORDS = Path(__file__).resolve().parents[2] / "keys" / "words" / "eff_large.txt"
DROP = str(Path(sys.executable).with_name("candour-drop"))
DESK = str(Path(sys.executable).with_name("candour-desk"))


@dataclass(frozen=True)
class Sockets:
    """Three sockets that listen on loopback already, each for one server."""

    source: socket.socket
    desk: socket.socket
    door: socket.socket


LOOPBACK = "127.0.0.1"


def url(listening: socket.socket, host: str = LOOPBACK) -> str:
    """The address of a server, without a slash at its end."""
    return f"http://{host}:{listening.getsockname()[1]}"


def another_name_of_loopback() -> str:
    """A second name for the same place, if this machine has one.

    Browsers keep cookies by name, not by port: when a source leaves the site, "clear everything" would sign the
    reviewer out of the desk in the next tab. On two hosts that cannot happen.
    """
    try:
        return "localhost" if socket.gethostbyname("localhost") == LOOPBACK else LOOPBACK
    except OSError:
        return LOOPBACK


def bind(listening: socket.socket) -> str:
    """What a command's --bind needs to take an inherited socket over."""
    return f"fd://{listening.fileno()}"


def open_sockets(*, source: int, desk: int, door: int) -> Sockets:
    """Opens the three ports, 0 for any free one. Raises PortTaken, which names the port and its option."""
    return Sockets(listen(source, "--source-port"), listen(desk, "--desk-port"), listen(door, "--door-port"))


def listen(port: int, option: str) -> socket.socket:
    """A socket that listens on a loopback port. Raises PortTaken."""
    try:
        return socket.create_server((LOOPBACK, port), backlog=128)
    except OSError as error:
        raise PortTaken(
            _(
                "port {port} cannot be used ({why}). Free it, or choose another with {option} (0 picks a free one)."
            ).format(port=port, why=os.strerror(error.errno or 0), option=option)
        ) from error


def open_the_road(folder: DemonstrationFolder, sockets: Sockets, processes: Processes) -> None:
    """Makes what is missing, starts everything, writes demo.json and tells the person where things are.

    Raises CommandFailed or FolderRefused, and StopAsked when a person has had enough.
    """
    account = folder.account() or make_both_halves(folder, processes)
    addresses = Addresses(
        source_url=url(sockets.source),
        desk_url=url(sockets.desk, another_name_of_loopback()),
        door_url=url(sockets.door),
    )
    start_everything(folder, sockets, processes)
    folder.announce(account, addresses)
    print(panel(account, addresses, folder.path), flush=True)


def make_both_halves(folder: DemonstrationFolder, processes: Processes) -> Account:
    """Makes the desk with its keys and people, then the drop that seals to them."""
    print(_("Making keys, and people to sign in as."), flush=True)
    words = WORDS.read_text(encoding="utf-8").split()
    password = " ".join(secrets.choice(words) for _word in range(PASSWORD_WORDS))
    folder.custodian.mkdir(mode=0o700, exist_ok=True)
    # One share of one: a real desk refuses that, and has its shares in the hands of several people.
    sharing = ["--demonstration", "--shares", "1", "--needed", "1", "--shares-to", str(folder.custodian)]
    account_of = ["--username", USERNAME, "--password-stdin", "--json"]
    account_of += [f"--colleague={name}={roles}" for name, roles in COLLEAGUES.items()]
    made = json.loads(
        processes.finish(
            "candour-desk init",
            [DESK, "init", "--data", str(folder.desk), *account_of, *sharing],
            stdin=(password + "\n") * (1 + len(COLLEAGUES)),
        )
    )
    intake_key = made["intake_key"]
    processes.finish(
        "candour-drop init",
        [DROP, "init", "--data", str(folder.drop), "--intake-key", intake_key, "--pairing", str(folder.pairing)],
    )
    account = Account(
        username=made["username"],
        password=password,
        totp_secret=made["totp_secret"],
        intake_key=intake_key,
        colleagues=[
            Colleague(username=each["username"], totp_secret=each["totp_secret"], roles=COLLEAGUES[each["username"]])
            for each in made["colleagues"]
        ],
    )
    folder.keep_account(account)
    return account


def start_everything(folder: DemonstrationFolder, sockets: Sockets, processes: Processes) -> None:
    """Pairs the halves at today's address, starts the servers, and the courier once all three answer."""
    drop, desk = ["--data", str(folder.drop)], ["--data", str(folder.desk)]
    # The door's port may differ from the last time, so the desk is told each time.
    processes.finish(
        "candour-desk pair",
        [DESK, "pair", *desk, "--pairing", str(folder.pairing), "--door-url", url(sockets.door)],
    )
    servers = {}
    for name, command, listening in (
        ("source's site", [DROP, "serve", *drop], sockets.source),
        ("door", [DROP, "door", *drop], sockets.door),
        ("desk", [DESK, "serve", *desk], sockets.desk),
    ):
        child = processes.start(
            name, [*command, "--bind", bind(listening)], fds=[listening.fileno()], shown=Shown.ERRORS
        )
        servers[child] = url(listening)
        listening.close()  # from here on the port is the child's alone: if it dies, callers are told at once
    print(_("Waiting for the source's site, the door and the desk to answer."), flush=True)
    processes.wait_until_answering(servers)
    processes.start("watch", [DESK, "notice", "run", *desk], shown=Shown.ERRORS)
    processes.start("courier", [DESK, "collect", *desk, "--every", "1m"], shown=Shown.ALL)
