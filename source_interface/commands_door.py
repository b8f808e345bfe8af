"""`candour-drop door`: the entrance of the reviewer host's courier."""

from pathlib import Path

import click

from serving.server import serve
from source_interface.commands_shared import data_option, sentences
from source_interface.door_app import create_door
from source_interface.drop_folder import DropFolder, check_drop
from source_interface.listening import bind_option, check_place

_DOOR_THREADS = 8


@click.command("door")
@data_option
@bind_option
def serve_door(data: Path, bind: str) -> None:
    """Serve the door, through which the courier collects, until SIGTERM."""
    folder = data.resolve()
    with sentences():
        check_place(folder, bind, DropFolder(folder).door_socket, from_tor=None)
        check_drop(folder)
        serve(lambda: create_door(folder), bind, threads=_DOOR_THREADS)
